"""What an input digest covers that can be said without the environment that trains."""

from pathlib import Path, PurePath
from typing import Any

from mlops_actions.config.models import DataSection, TrainSection
from mlops_actions.files import sha256_file

OURS = Path(__file__).resolve().parent.parent
MAKERS = ("bundle", "data", "train")  # rooms that decide what a bundle holds
NEVER_READ = (".git", ".mlops", "__pycache__", "node_modules")
WORKFLOWS = (".github", "workflows")
PROSE = (".md", ".rst")
ABOUT = (
    "README",
    "CHANGELOG",
    "CHANGES",
    "CONTRIBUTING",
    "CODE_OF_CONDUCT",
    "SECURITY",
    "LICENSE",
    "LICENCE",
    "NOTICE",
)


def settings(data: DataSection | None, train: TrainSection | None) -> dict[str, Any]:
    """Return what mlops.yaml says about rows and training, as JSON; not where the data lie and not how long it may take."""
    return {
        "rows": data.model_dump(mode="json", exclude={"path"}) if data else None,
        "train": train.model_dump(mode="json", exclude={"timeout_minutes", "python"}) if train else None,
    }


def maker() -> dict[str, str]:
    """Return the sha256 of our own code that makes bundles, by path."""
    paths = sorted(path for room in MAKERS for path in (OURS / room).glob("*.py"))
    return {path.relative_to(OURS).as_posix(): sha256_file(path) for path in paths}


def is_theirs(train: TrainSection | None) -> bool:
    """Whether code of the user's trains."""
    return train is not None and (train.function is not None or train.command is not None)


def is_code(path: PurePath) -> bool:
    """Whether user code may read a file, by its path from the top of the repository: nearly any file, hidden or not.

    Nobody sees from outside what code imports, opens or starts, be it beside the folder of mlops.yaml. Too much costs a training
    that was not needed; too little would take a model for one that the code no longer makes.
    """
    folders, suffix = path.parts[:-1], path.suffix.lower()
    if set(folders) & set(NEVER_READ) or folders[:2] == WORKFLOWS or (folders[:1] == ("docs",) and suffix in PROSE):
        return False
    return not (path.stem.upper() in ABOUT and suffix in {"", ".txt", *PROSE})
