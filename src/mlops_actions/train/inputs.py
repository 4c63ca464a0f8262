"""The input digest: equal inputs make equal models, so a run seen before is restored."""

import json
from pathlib import Path
from typing import Any

from mlops_actions import git
from mlops_actions.bundle import inputs
from mlops_actions.config import Config
from mlops_actions.config.models import DataSection, TrainSection
from mlops_actions.data.read import find
from mlops_actions.environments import Interpreter
from mlops_actions.files import sha256_file, sha256_text
from mlops_actions.train.assemble import MATTERING


def digest(config: Config, data: DataSection, train: TrainSection, data_sha256: str, interpreter: Interpreter) -> str:
    """Return the digest over data, code, parameters, split, features, installed versions and seed.

    Args:
        config: the whole file.
        data: its section.
        train: its section.
        data_sha256: of the data.
        interpreter: what runs the training.
    """
    theirs = inputs.is_theirs(train)
    covered: dict[str, Any] = {
        "data": data_sha256,
        **inputs.settings(data, train),
        "maker": inputs.maker(),
        "code": _code(config, data) if theirs else {},
        "python": interpreter.python,
        "packages": {
            name: version for name, version in interpreter.packages.items() if theirs or name.lower() in MATTERING
        },
    }
    return sha256_text(json.dumps(covered, sort_keys=True))


def _code(config: Config, data: DataSection) -> dict[str, str]:
    """Return the sha256 of what user code may read beside the data: nearly every file that git tracks or would add, by path.

    From the top of the repository: code may read what lies beside the folder of mlops.yaml. Without git, that folder is all.
    """
    root = (git.top(config.root) or config.root).resolve()
    listed = git.files(root)
    paths = [path for path in (_walk(root) if listed is None else listed) if inputs.is_code(path.relative_to(root))]
    work, left_out = config.work.resolve(), {path.resolve() for path in (config.file, *find(config.resolve(data.path)))}
    code = [path for path in paths if path.resolve() not in left_out and not path.is_relative_to(work)]
    return {path.relative_to(root).as_posix(): sha256_file(path) for path in code}


def _walk(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and not _in_environment(path, root))


def _in_environment(path: Path, root: Path) -> bool:
    """A virtual environment is known by its pyvenv.cfg; its packages are in the digest already."""
    return any((parent / "pyvenv.cfg").exists() for parent in path.parents if root in parent.parents)
