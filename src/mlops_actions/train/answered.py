"""What the worker left: its word on how it went, and the predictions; checked before anything is believed."""

import errno
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mlops_actions.errors import ConfigError, MlopsError, OutsideError, UserCodeError
from mlops_actions.progress import Progress
from mlops_actions.train import command
from mlops_actions.train.job import Job

Matrix = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Answered:
    """A trained model's answers to the test rows.

    Attributes:
        task: classification or regression.
        framework: sklearn, keras or opaque.
        architecture: a short name of the kind of model.
        hyperparameters: in effect, JSON-ready.
        classes: labels as text, in the order of the columns; empty for regression.
        matrix: [rows, classes] scores between 0 and 1, or [rows, 1] values.
    """

    task: Literal["classification", "regression"]
    framework: Literal["sklearn", "keras", "opaque"]
    architecture: str
    hyperparameters: dict[str, Any]
    classes: list[str]
    matrix: Matrix


class MissingModuleError(UserCodeError):
    """User code asked for a module that its interpreter does not have."""

    def __init__(self, module: str, what: str, **told: Any) -> None:
        super().__init__(what, **told)
        self.module = module


def read(job: Job, folder: Path, code: int, executable: Path, progress: Progress) -> Answered:
    """Read what the worker left.

    Args:
        job: what was asked.
        folder: the job's folder.
        code: exit code of the worker; negative for a signal.
        executable: its interpreter, for messages.
        progress: gets the traceback of user code.

    Raises:
        UserCodeError: it failed, was killed, or answered with the wrong shape.
        ConfigError: what mlops.yaml asks for cannot be done.
    """
    result = _result(folder, code)
    if "refused" in result:
        refused = result["refused"]
        kind = UserCodeError if job.way in {"function", "command"} else ConfigError
        raise kind(refused["what"], why=refused["why"], fix=refused["fix"])
    if "raised" in result:
        raise _raised(job, result["raised"], executable, progress)
    answered = _of_command(job, folder / "output") if job.way == "command" else _of_worker(folder, result)
    _check(answered, job)
    return answered


def _result(folder: Path, code: int) -> dict[str, Any]:
    path = folder / "result.json"
    if path.exists():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    if code == -signal.SIGKILL:
        raise UserCodeError(
            "Training was killed (signal 9).",
            why="the machine ran out of memory.",
            fix="train on fewer rows or columns, or on a larger runner.",
        )
    if code == os.EX_IOERR:
        raise _disk_full()
    ended = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"left with exit code {code} and no answer"
    raise UserCodeError(
        f"Training {ended}.",
        why="a library crashed, or the code called os._exit.",
        fix="its output above says more; run it by hand to see it.",
    )


def _disk_full() -> OutsideError:
    return OutsideError(
        "The disk is full: training could not write what it made.",
        fix="free some space and run again; it writes beside the bundle, below .mlops.",
    )


def _raised(job: Job, raised: dict[str, Any], executable: Path, progress: Progress) -> MlopsError:
    who = job.train.function or job.train.estimator or f"the {job.train.base_architecture} network"
    file = raised["file"] and _relative(raised["file"], job.root)
    told = {"file": file, "line": raised["line"]}
    if raised["type"] == "InvalidParameterError":  # scikit-learn's own check of an estimator's arguments
        return ConfigError(f"train.parameters: {raised['text']}", fix="see the estimator in scikit-learn's reference.")
    progress(raised["traceback"].rstrip() + f"\n{raised['type']}: {raised['text']}")
    if raised["errno"] in {errno.ENOSPC, errno.EDQUOT}:
        return _disk_full()
    if raised["module"]:
        return MissingModuleError(
            raised["module"],
            f"{who} needs the module {raised['module']!r}, which {executable} does not have.",
            why="it runs in another environment than yours.",
            fix="name your interpreter in train.python, such as .venv/bin/python, or install the module there.",
            **told,
        )
    if raised["type"] == "SystemExit":
        return UserCodeError(
            f"{who} called sys.exit({raised['text']}).",
            why="it is written as a program.",
            fix="return the model instead.",
            **told,
        )
    where = f" in {file}:{raised['line']}" if file else ""
    return UserCodeError(
        f"{who} raised {raised['type']}{where}: {raised['text'] or 'no message'}",
        fix="the traceback is in the log.",
        **told,
    )


def _relative(file: str, root: Path) -> str:
    return str(Path(file).relative_to(root)) if root in Path(file).parents else file


def _of_worker(folder: Path, result: dict[str, Any]) -> Answered:
    header = json.loads((folder / "predictions.json").read_text(encoding="utf-8"))
    matrix = np.fromfile(folder / "predictions.bin", dtype=np.float64)
    return Answered(
        task=result["task"],
        framework=result["framework"],
        architecture=result["architecture"],
        hyperparameters=result["hyperparameters"],
        classes=header["classes"],
        matrix=matrix.reshape(header["rows"], header["columns"]),
    )


def _of_command(job: Job, output: Path) -> Answered:
    task = job.target.task or "classification"
    classes = (job.target.classes or []) if task == "classification" else []
    return Answered(
        task=task,
        framework=command.framework(output / "model"),
        architecture="command",
        hyperparameters=job.train.parameters,
        classes=classes,
        matrix=command.predictions(output, job.rows.test_ids, classes),
    )


def _check(answered: Answered, job: Job) -> None:
    rows = job.rows.test.height
    if len(answered.matrix) != rows:
        raise UserCodeError(f"The model answered {len(answered.matrix)} of {rows} test rows.")
    bad = int((~np.isfinite(answered.matrix)).any(axis=1).sum())
    if bad:
        raise UserCodeError(
            f"The predictions of {bad} of {rows} test rows are NaN or infinite.",
            why="the learning rate is too high, or the test rows have missing values that training never saw.",
            fix="lower it, fill the values, or use an estimator that takes missing values.",
        )
    outside = (answered.matrix < -1e-6) | (answered.matrix > 1 + 1e-6)
    if answered.task == "classification" and outside.any():
        raise UserCodeError(
            f"The scores of {int(outside.any(axis=1).sum())} of {rows} test rows are not between 0 and 1.",
            why="they are logits or distances.",
            fix="answer with probabilities (a softmax).",
        )
