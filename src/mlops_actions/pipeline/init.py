"""Write mlops.yaml and the workflows for a repository; nothing of its own is ever overwritten unasked."""

from pathlib import Path
from typing import Any

import yaml

from mlops_actions import __version__
from mlops_actions.config import load
from mlops_actions.errors import ConfigError
from mlops_actions.files import write_text
from mlops_actions.pipeline.survey import Survey, survey

TOOLKIT = "mlops-actions/mlops-actions"
PULL_REQUEST = """\
name: Model
on:
  pull_request:

permissions: {{}}

concurrency:
  group: ${{{{ github.workflow_ref }}}}
  cancel-in-progress: true

jobs:
  model:
    name: Model
    permissions:
      contents: read # check the repository out
    uses: {toolkit}/.github/workflows/model-pull-request.yml@{ref}
"""
RELEASE = """\
name: Model release
on:
  push:
    tags: ["v*"]

permissions: {{}}

concurrency:
  group: ${{{{ github.workflow_ref }}}}
  cancel-in-progress: false

jobs:
  model:
    name: Model
    permissions:
      contents: read # check the repository out
    uses: {toolkit}/.github/workflows/model-release.yml@{ref}
"""


def init(root: Path, *, force: bool = False) -> list[str]:
    """Write mlops.yaml, .github/workflows/{pull-request,release}.yml, and `.mlops/` into .gitignore.

    Args:
        root: a repository's folder.
        force: replace files that are there.

    Returns:
        what was guessed and what was written, a line each.

    Raises:
        ConfigError: a file is there already, or there are no data; nothing was written.
        DataError: the data cannot be read.
    """
    found = survey(root)
    files = {"mlops.yaml": mlops_yaml(found), **workflows(found.requirements)}
    present = [name for name in files if (root / name).exists()]
    if present and not force:
        raise ConfigError(
            f"{', '.join(present)} is there already; nothing was written.",
            fix="move it away, or run `mlops init --force` to replace it.",
        )
    for name, text in files.items():
        write_text(root / name, text)
    load(root / "mlops.yaml")
    return [*(f"guessed {line}" for line in found.guesses), *(f"wrote {name}" for name in files), *_ignore(root)]


def mlops_yaml(found: Survey) -> str:
    """Return a whole mlops.yaml: a section a line."""
    sections: dict[str, Any] = {"model": found.model, "data": found.data, "train": found.train}
    if found.classes:
        metric = {"roc_auc": {"max_drop_abs": 0.005}} if found.classes == 2 else {"accuracy": {"max_drop_abs": 0.01}}
        sections["evaluate"] = metric
    flow = {
        name: yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
        for name, value in sections.items()
    }
    return "".join(
        f"{name}: {text.removesuffix(chr(10)).removesuffix(chr(10) + '...')}\n" for name, text in flow.items()
    )


def workflows(requirements: str | None, ref: str = f"v{__version__}") -> dict[str, str]:
    """Return the two workflows as a user would copy them, by path."""
    inputs = f"    with:\n      requirements: {requirements}\n" if requirements else ""
    return {
        f".github/workflows/{name}.yml": text.format(toolkit=TOOLKIT, ref=ref) + inputs
        for name, text in (("pull-request", PULL_REQUEST), ("release", RELEASE))
    }


def _ignore(root: Path) -> list[str]:
    path = root / ".gitignore"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if ".mlops/" in text.splitlines():
        return []
    write_text(path, f"{text.rstrip()}\n.mlops/\n".lstrip())
    return ["wrote .mlops/ into .gitignore"]
