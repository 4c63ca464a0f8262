"""A job: the folder that the worker is given. Rows, what to do with them, and nothing of the test rows' labels."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mlops_actions.bundle import Feature
from mlops_actions.config.models import DataSection, TrainSection
from mlops_actions.data import Split
from mlops_actions.data.write import write_parquet
from mlops_actions.errors import ConfigError
from mlops_actions.files import explained
from mlops_actions.train.rows import Target, canonical


@dataclass(frozen=True)
class Job:
    """What is to be trained, and on which rows.

    Attributes:
        root: folder of mlops.yaml, absolute.
        data: the section of mlops.yaml.
        train: the section of mlops.yaml.
        rows: the split.
        features: inputs, in order.
        target: the label.
    """

    root: Path
    data: DataSection
    train: TrainSection
    rows: Split
    features: list[Feature]
    target: Target

    @property
    def way(self) -> str:
        """One of estimator, architecture, function, command."""
        return way(self.train)

    def variables(self, folder: Path) -> dict[str, str]:
        """Return what a command is told through its environment."""
        paths = {"MLOPS_TRAIN_DATA": "train.parquet", "MLOPS_TEST_DATA": "test.parquet", "MLOPS_OUTPUT": "output"}
        told = {name: str(folder / path) for name, path in paths.items()}
        return {
            **told,
            "MLOPS_PARAMETERS": json.dumps(self.train.parameters),
            "MLOPS_SEED": str(self.train.seed),
            "MLOPS_LABEL": self.data.label,
        }


def way(train: TrainSection) -> str:
    """Return which of the four ways a section names."""
    ways = {"estimator": train.estimator, "architecture": train.base_architecture, "function": train.function}
    return next((name for name, given in ways.items() if given is not None), "command")


def write(job: Job, folder: Path, *, parquet: bool) -> None:
    """Write a job.

    Args:
        job: what is to be done.
        folder: an empty folder.
        parquet: whether the worker's interpreter reads Parquet; it gets CSV otherwise. A command always gets Parquet.

    Raises:
        ConfigError: the command is no command line, or a command's rows would have two columns `id`.
        OutsideError: the disk is full.
    """
    with explained(folder):
        (folder / "output" / "model").mkdir(parents=True)
        ending = "parquet" if parquet or job.way == "command" else "csv"
        for name, frame in (_for_command(job) if job.way == "command" else _for_worker(job)).items():
            write_table(frame, folder / f"{name}.{ending}")
        _write_target(job, folder)
        (folder / "job.json").write_text(json.dumps(_description(job, ending)), encoding="utf-8")


def write_table(frame: pl.DataFrame, path: Path) -> None:
    """Write Parquet, or CSV in which a missing number is an empty cell."""
    if path.suffix == ".parquet":
        write_parquet(frame, path, compression="uncompressed")
    else:
        frame.with_columns(pl.selectors.float().fill_nan(None)).write_csv(path)


def _for_worker(job: Job) -> dict[str, pl.DataFrame]:
    """Return features as they travel; a function also gets the label, and weights where there are any, as they are in the data."""
    frames = {
        name: canonical(rows, job.features, fill=True)
        for name, rows in (("train", job.rows.train), ("test", job.rows.test))
    }
    if job.way == "function":
        extra = [_label(job), *([job.rows.train[job.data.weight].cast(pl.Float64)] if job.data.weight else [])]
        frames["train"] = frames["train"].with_columns(extra)
    return frames


def _label(job: Job) -> pl.Series:
    column = job.rows.train[job.target.name]
    return column if _label_kind(job) != "string" else job.target.text(job.rows.train).alias(column.name)


def _label_kind(job: Job) -> str:
    dtype = job.rows.train[job.target.name].dtype
    if dtype == pl.Boolean:
        return "boolean"
    return "integer" if dtype.is_integer() else "value" if dtype.is_numeric() else "string"


def _for_command(job: Job) -> dict[str, pl.DataFrame]:
    """Return the columns as they are in the data; of the test rows their id, and no label."""
    names = [feature.name for feature in job.features]
    if "id" in names:
        raise ConfigError(
            "A command's test rows are known by a column `id`, and the data have another one.",
            fix="name it in data.id, or in data.exclude.",
        )
    extra = [name for name in (job.data.weight, job.data.group) if name]
    test = [
        job.rows.test_ids.alias("id"),
        *_columns(job.rows.test, [*names, *(name for name in extra if name != "id")]),
    ]
    return {
        "train": pl.DataFrame(_columns(job.rows.train, [*names, job.data.label, *extra])),
        "test": pl.DataFrame(test),
    }


def _columns(rows: pl.DataFrame, names: list[str]) -> list[pl.Series]:
    return [rows.get_column(name) for name in names]


def _write_target(job: Job, folder: Path) -> None:
    """Write what is learned as raw numbers in the machine's order: int64 indices, float64 values, float64 weights."""
    train = job.rows.train
    if job.target.classes is not None:
        (folder / "classes.bin").write_bytes(job.target.indices(train).to_numpy().tobytes())
    if job.target.numeric:
        (folder / "values.bin").write_bytes(job.target.values(train).to_numpy().tobytes())
    if job.data.weight:
        (folder / "weights.bin").write_bytes(train[job.data.weight].cast(pl.Float64).to_numpy().tobytes())


def _description(job: Job, ending: str) -> dict[str, Any]:
    train = job.train
    return {
        "way": job.way,
        "name": train.estimator or train.base_architecture or train.function,
        "command": _command_line(train.command),
        "parameters": train.parameters,
        "seed": train.seed,
        "task": job.target.task,
        "label": job.target.name,
        "label_kind": _label_kind(job),
        "classes": job.target.classes,
        "weight": job.data.weight,
        "features": [{"name": feature.name, "dtype": feature.dtype} for feature in job.features],
        "root": str(job.root),
        "train": f"train.{ending}",
        "test": f"test.{ending}",
        "test_rows": job.rows.test.height,
    }


def _command_line(command: str | None) -> list[str] | None:
    if command is None:
        return None
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"train.command cannot be read: {error}.", fix="close its quotes.") from None
    if not words:
        raise ConfigError("train.command is empty.", fix="such as: python train.py")
    return words
