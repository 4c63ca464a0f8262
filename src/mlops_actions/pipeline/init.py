"""Write mlops.yaml and the workflows for a repository; nothing of its own is ever overwritten unasked."""

from pathlib import Path
from typing import Any

import yaml

from mlops_actions import git
from mlops_actions.config import load
from mlops_actions.errors import ConfigError
from mlops_actions.files import write_text
from mlops_actions.pipeline.callers import UNKNOWN, callers
from mlops_actions.pipeline.origin import our_commit
from mlops_actions.pipeline.survey import Survey, survey


def init(folder: Path, *, force: bool = False) -> list[str]:
    """Write mlops.yaml, and for the repository that holds it the workflows, and `.mlops/` into .gitignore.

    Args:
        folder: where the model is: a repository, or a folder of one.
        force: replace files that are there.

    Returns:
        what was guessed and what was written, a line each.

    Raises:
        ConfigError: a file is there already, or there are no data; nothing was written.
        DataError: the data cannot be read.
    """
    found, repository, commit = survey(folder), _repository(folder), our_commit()
    branch, why = git.default_branch(repository)
    called = callers(found, folder, repository, commit, branch)
    files = {folder / "mlops.yaml": mlops_yaml(found), **{repository / name: text for name, text in called.items()}}
    present = [_shown(path, repository) for path in files if path.exists()]
    if present and not force:
        raise ConfigError(
            f"{', '.join(present)} is there already; nothing was written.",
            fix="move it away, or run `mlops init --force` to replace it.",
        )
    for path, text in files.items():
        write_text(path, text)
    load(folder / "mlops.yaml")
    written = [f"wrote {_shown(path, repository)}" for path in files]
    guesses = [*found.guesses, *_limits(found), *([f"default branch: {branch}, {why}"] if why else [])]
    return [*(f"guessed {line}" for line in guesses), *written, *_ignore(repository), *_to_pin(commit)]


def mlops_yaml(found: Survey) -> str:
    """Return a whole mlops.yaml: a section a line, and as a comment how groups of rows are judged apart."""
    sections: dict[str, Any] = {"model": found.model, "data": found.data, "train": found.train}
    limit = _limit(found)
    if limit:
        sections["evaluate"] = limit
    lines = [f"{name}: {_flow(value)}\n" for name, value in sections.items()]
    if limit and found.groups:
        lines += ["# In place of the line above, to judge the rows of each value of a column apart as well:\n"]
        lines += [f"# evaluate: {_flow({**limit, 'slices': [found.groups]})}\n"]
    return "".join(lines)


def _limit(found: Survey) -> dict[str, dict[str, float]]:
    """Return the metric that may not fall, and by how much it may; none for a regression, whose unit nobody knows here."""
    if not found.classes:
        return {}
    return {"roc_auc": {"max_drop_abs": 0.005}} if found.classes == 2 else {"accuracy": {"max_drop_abs": 0.01}}


def _limits(found: Survey) -> list[str]:
    """Say each limit, since it is a guess as well."""
    return [
        f"limit: {name} may fall by {limit['max_drop_abs']} at most; write what matters to you under evaluate"
        for name, limit in _limit(found).items()
    ]


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")


def _repository(folder: Path) -> Path:
    """Return the repository that holds a folder, or the folder where there is none."""
    whole = folder.resolve()
    return next((each for each in (whole, *whole.parents) if (each / ".git").exists()), whole)


def _shown(path: Path, repository: Path) -> str:
    return path.resolve().relative_to(repository).as_posix()


def _to_pin(commit: str | None) -> list[str]:
    if commit:
        return [f"pinned mlops-actions at {commit}, the commit that runs here; look at it before you trust it"]
    return [f"to do: put a commit of mlops-actions that you looked at in place of {UNKNOWN} in the workflows"]


def _ignore(repository: Path) -> list[str]:
    path = repository / ".gitignore"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if ".mlops/" in text.splitlines():
        return []
    write_text(path, f"{text.rstrip()}\n.mlops/\n".lstrip())
    return ["wrote .mlops/ into .gitignore"]
