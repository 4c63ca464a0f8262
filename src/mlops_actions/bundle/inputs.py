"""What an input digest covers that can be said without the environment that trains."""

from pathlib import Path, PurePath
from typing import Any

from mlops_actions.config.models import DataSection, TrainSection
from mlops_actions.files import sha256_file

OURS = Path(__file__).resolve().parent.parent
MAKERS = ("bundle", "data", "train")  # rooms that decide what a bundle holds
LISTED_BY_HAND = ("__pycache__", "node_modules")
NO_CODE = (".md", ".rst")


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
    """Whether user code may read a file, by its path from the folder of mlops.yaml: all but prose and hidden folders.

    Too much costs a training that was not needed; too little would take a model for one that the code no longer makes.
    """
    hidden = any(part.startswith(".") or part in LISTED_BY_HAND for part in path.parts[:-1])
    return path.suffix not in NO_CODE and not hidden
