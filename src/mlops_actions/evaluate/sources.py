"""Open what is to be evaluated: bundles or plain Parquet files, from options or from mlops.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.text import as_text, listed, shown
from mlops_actions.evaluate.trusted import labels_of_data

SCORE, PREDICTION, LABEL = "score_", "prediction_", "label_"
Labels = Path | Literal["data"] | None


@dataclass(frozen=True)
class Source:
    """Predictions as they lie on the disk.

    Attributes:
        path: for messages.
        frame: `id` text, and any of label, prediction, score, score_<class>, and label_<name>, prediction_<name> of several labels.
        config: identity, when it is a bundle.
    """

    path: Path
    frame: pl.DataFrame
    config: ModelConfig | None

    def scored(self) -> list[str]:
        """Return the classes that have a score column, in order of the file."""
        return self.named(SCORE)

    def named(self, prefix: str) -> list[str]:
        """Return what follows a prefix in the names of columns, in order of the file."""
        return [name.removeprefix(prefix) for name in self.frame.columns if name.startswith(prefix)]

    @property
    def labelled(self) -> bool:
        """Whether it brings the answers."""
        return "label" in self.frame.columns or bool(self.named(LABEL))


@dataclass(frozen=True)
class Sources:
    """What is compared: candidate, base if any, and labels if they are not the candidate's own.

    Attributes:
        from_data: the labels are those of `data`, so nothing that the candidate says of the rows is believed.
    """

    candidate: Source
    base: Source | None
    labels: Source | None
    from_data: bool = False

    @property
    def answers(self) -> Source:
        """What holds the labels."""
        return self.labels or self.candidate


def open_sources(config: Config, candidate: Path | None, base: Path | None, labels: Labels) -> Sources:
    """Open what the options name, else what `evaluate.files` names, else the bundle that train wrote.

    Raises:
        DataError: a file or bundle is missing or cannot be read, or lacks a column.
        ConfigError: plain files without labels, or labels of `data` without that section.
    """
    files = config.evaluate.files
    if files:
        candidate = candidate or config.resolve(files.candidate)
        base = base or (config.resolve(files.base) if files.base else None)
        labels = labels or config.resolve(files.labels)
    found = Sources(
        open_source(candidate or config.work / "bundle"),
        _open_base(config, base) if base else None,
        _open_labels(config, labels),
        from_data=labels == "data",
    )
    if found.labels is None and not found.candidate.labelled:
        raise ConfigError(
            f"{found.candidate.path} has no labels to compare with.",
            fix="pass --labels PATH (columns id and label), or name evaluate.files.labels.",
        )
    if not found.answers.labelled:
        raise DataError(
            f"{found.answers.path} has no column 'label'; its columns are {listed(found.answers.frame.columns)}.",
            fix="write columns id and label.",
        )
    return found


def _open_base(config: Config, base: Path) -> Source:
    if not base.exists():
        kept = config.work / "base"
        raise DataError(
            f"There is nothing at {base}.",
            why="the base is a bundle folder or a Parquet file; a branch has to be trained before it can be compared with.",
            fix=f"check the path; for a branch: `git switch BRANCH && mlops train && mlops keep --bundle {config.work / 'bundle'} --to {kept}`,"
            f" then back on your own branch `mlops train && mlops evaluate --base {kept}`.",
        )
    return open_source(base)


def _open_labels(config: Config, labels: Labels) -> Source | None:
    if labels == "data":
        return Source(*labels_of_data(config), None)
    return open_source(labels) if labels else None


def open_source(path: Path) -> Source:
    """Open one bundle (a folder) or one Parquet file.

    Raises:
        DataError: missing, unreadable, empty, without usable ids, or a bundle with a file that is not as recorded.
    """
    if not path.exists():
        raise DataError(
            f"There is nothing at {path}.",
            why="the step that makes it has not run here, or its artifact was not downloaded.",
            fix="check the path, or run train first.",
        )
    if path.is_dir():
        if not (path / "model_config.yaml").exists():
            raise DataError(
                f"There is no bundle at {path}.",
                why="the folder has no model_config.yaml: train has not run here, or its artifact was not downloaded.",
                fix="run train first, or name a Parquet file.",
            )
        bundle = Bundle(path)
        config = bundle.config()
        _refuse_changed(bundle)
        return Source(path, _read(bundle.predictions), config)
    return Source(path, _read(path), None)


def _refuse_changed(bundle: Bundle) -> None:
    changed = bundle.changed_files()
    if not bundle.model.exists():  # a slim copy, kept for its predictions: only what is there can be checked
        changed = [name for name in changed if (bundle.path / name).exists()]
    if changed:
        raise DataError(
            f"The bundle {bundle.path} is not as it was written: {listed(changed)} changed, came or went.",
            why="it was edited, or its artifact is incomplete.",
            fix="train again, or download it again.",
        )


def read_table(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """Read a Parquet file, or those of `columns` that it has.

    Raises:
        DataError: missing, damaged, or no Parquet.
    """
    try:
        # Bytes, since a path could be taken for a glob.
        content = path.read_bytes()
        there = None if columns is None else [name for name in pl.read_parquet_schema(content) if name in columns]
        return pl.read_parquet(content, columns=there)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{path} cannot be read as Parquet: {(str(error) or type(error).__name__).splitlines()[0]}.",
            why="the file is missing, truncated, a Git LFS pointer, or of another kind.",
            fix="write it again as Parquet.",
        ) from None


def _read(path: Path) -> pl.DataFrame:
    frame = read_table(path)
    if "id" not in frame.columns:
        raise DataError(
            f"{path} has no column 'id'; its columns are {listed(frame.columns)}.",
            why="rows are paired by id, never by position.",
            fix="write the id of each row.",
        )
    if frame.is_empty():
        raise DataError(f"{path} has no rows.", why="the split or the export lost them.", fix="write it again.")
    return _with_ids(frame, path)


def _with_ids(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    ids = as_text(frame["id"], path)
    if ids.null_count():
        raise DataError(f"{ids.null_count()} rows of {path} have no id.", fix="give every row an id.")
    # Integers are told apart in a fifth of the time of their texts.
    told_apart = frame["id"] if frame["id"].dtype.is_integer() else ids
    if told_apart.n_unique() < len(ids):
        repeated = ids.filter(ids.is_duplicated()).unique(maintain_order=True)
        raise DataError(
            f"{len(repeated)} ids of {path} are there more than once, such as {shown(repeated)}.",
            why="rows were joined or appended twice.",
            fix="keep one row an id.",
        )
    return frame.with_columns(ids.alias("id"))
