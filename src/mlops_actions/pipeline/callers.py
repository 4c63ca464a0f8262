"""The workflows of a repository that call ours, as `mlops init` writes them."""

import json
from pathlib import Path

from mlops_actions import __version__
from mlops_actions.pipeline.survey import Survey

TOOLKIT = "mlops-actions/mlops-actions"
PULL_REQUEST = """\
name: {title}
on:
  pull_request:
  push:
    branches: ["{branch}"]

permissions: {{}}

# Of a pull request the newest commit counts; on the default branch each commit keeps its run.
concurrency:
  group: ${{{{ github.workflow_ref }}}}-${{{{ github.event.pull_request.number || github.sha }}}}
  cancel-in-progress: true

jobs:
  model:
    name: Model
    permissions:
      contents: read # check the repository out
      checks: write # post the check that says what became of the model
      pull-requests: write # write the comment
    uses: {toolkit}/.github/workflows/model-pull-request.yml@{ref}
"""
COMMENT = """\
name: {title} comment
on:
  # zizmor: ignore[dangerous-triggers] nothing of the pull request is checked out or run: what it left is data, read with bounds
  workflow_run:
    workflows: [{title}]
    types: [completed]
{accept}
permissions: {{}}

concurrency:
  group: ${{{{ github.workflow_ref }}}}-${{{{ github.event.workflow_run.id || github.event.comment.id }}}}
  cancel-in-progress: false

jobs:
  comment:
    name: Comment
    cache-mode: read # what others wrote led here, so nothing of it is kept for later runs
    permissions:
      actions: read # fetch what a run of a fork left
      contents: read # check the default branch out
      checks: write # post the check that says what became of the model
      pull-requests: write # write the comment
    uses: {toolkit}/.github/workflows/model-comment.yml@{ref}
"""
# In one workflow of a repository: two would answer every `/mlops accept` twice.
ACCEPT = """\
  issue_comment:
    types: [created]
"""
RELEASE = """\
name: {title} release
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

TEMPLATES = {"pull-request": PULL_REQUEST, "model-comment": COMMENT, "release": RELEASE}
WORKFLOWS = ".github/workflows"
UNKNOWN = "<SHA>"


def callers(found: Survey, folder: Path, repository: Path, commit: str | None, branch: str) -> dict[str, str]:
    """Return the workflows as a user would copy them, by path below the repository.

    They are called after the model where it is one of several, or where a workflow of the plain name is somebody else's.
    """
    below = folder.resolve().relative_to(repository.resolve())
    plain = [repository / WORKFLOWS / f"{name}.yml" for name in TEMPLATES]
    named = below != Path() or any(path.exists() and not _ours(path) for path in plain)
    prefix, title = (f"{found.model}-", f"Model {found.model}") if named else ("", "Model")
    ref = f"{commit} # version {__version__}" if commit else UNKNOWN
    known = {"toolkit": TOOLKIT, "title": title, "ref": ref, "branch": branch}
    accept = "" if prefix and _answered(repository, prefix) else ACCEPT
    tail = _inputs(below, found.requirements)
    return {
        f"{WORKFLOWS}/{prefix}{name}.yml": text.format(**known, accept=accept) + tail
        for name, text in TEMPLATES.items()
    }


def _answered(repository: Path, prefix: str) -> bool:
    """Say whether another workflow of ours answers comments."""
    found = (repository / WORKFLOWS).glob("*model-comment.yml")
    return any(
        path.name != f"{prefix}model-comment.yml" and _ours(path) and ACCEPT in path.read_text(encoding="utf-8")
        for path in found
    )


def _inputs(below: Path, requirements: str | None) -> str:
    given = {
        "config": (below / "mlops.yaml").as_posix() if below != Path() else None,
        "requirements": (below / requirements).as_posix() if requirements else None,
    }
    lines = [f"      {name}: {json.dumps(path) if ' ' in path else path}\n" for name, path in given.items() if path]
    return "    with:\n" + "".join(lines) if lines else ""


def _ours(workflow: Path) -> bool:
    return TOOLKIT in workflow.read_text(encoding="utf-8", errors="replace")
