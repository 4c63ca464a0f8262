"""Open what is to be evaluated: bundles or plain Parquet files, from options or from mlops.yaml."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.text import as_text

SCORE = "score_"


@dataclass(frozen=True)
class Source:
    """Predictions as they lie on the disk.

    Attributes:
        path: for messages.
        frame: `id` text, and any of label, prediction, score, score_<class>.
        config: identity, when it is a bundle.
    """

    path: Path
    frame: pl.DataFrame
    config: ModelConfig | None

    def scored(self) -> list[str]:
        """Return the classes that have a score column, in order of the file."""
        return [name.removeprefix(SCORE) for name in self.frame.columns if name.startswith(SCORE)]


@dataclass(frozen=True)
class Sources:
    """What is compared: candidate, base if any, and labels if they are in a file of their own."""

    candidate: Source
    base: Source | None
    labels: Source | None


def open_sources(config: Config, candidate: Path | None, base: Path | None, labels: Path | None) -> Sources:
    """Open what the options name, else what `evaluate.files` names, else the bundle that train wrote.

    Raises:
        DataError: a file or bundle is missing or cannot be read, or lacks a column.
        ConfigError: plain files without labels.
    """
    files = config.evaluate.files
    if files:
        candidate = candidate or config.resolve(files.candidate)
        base = base or (config.resolve(files.base) if files.base else None)
        labels = labels or config.resolve(files.labels)
    found = Sources(
        open_source(candidate or config.work / "bundle"),
        open_source(base) if base else None,
        open_source(labels) if labels else None,
    )
    if found.labels is None and "label" not in found.candidate.frame.columns:
        raise ConfigError(
            f"{found.candidate.path} has no labels to compare with.",
            fix="pass --labels PATH (columns id and label), or name evaluate.files.labels.",
        )
    if found.labels is not None and "label" not in found.labels.frame.columns:
        raise DataError(
            f"{found.labels.path} has no column 'label'; its columns are {listed(found.labels.frame.columns)}.",
            fix="write columns id and label.",
        )
    return found


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
        bundle = Bundle(path)
        config = bundle.config()
        _refuse_changed(bundle)
        return Source(path, _read(bundle.predictions), config)
    return Source(path, _read(path), None)


def _refuse_changed(bundle: Bundle) -> None:
    changed = bundle.changed_files()
    if changed:
        raise DataError(
            f"The bundle {bundle.path} is not as it was written: {listed(changed)} changed, came or went.",
            why="it was edited, or its artifact is incomplete.",
            fix="train again, or download it again.",
        )


def _read(path: Path) -> pl.DataFrame:
    try:
        # Bytes, since a path could be taken for a glob.
        frame = pl.read_parquet(path.read_bytes())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{path} cannot be read as Parquet: {(str(error) or type(error).__name__).splitlines()[0]}.",
            why="the file is missing, truncated, a Git LFS pointer, or of another kind.",
            fix="write it again as Parquet.",
        ) from None
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
    ids = as_text(frame["id"])
    if ids.null_count():
        raise DataError(f"{ids.null_count()} rows of {path} have no id.", fix="give every row an id.")
    repeated = ids.filter(ids.is_duplicated()).unique(maintain_order=True)
    if len(repeated):
        raise DataError(
            f"{len(repeated)} ids of {path} are there more than once, such as {shown(repeated)}.",
            why="rows were joined or appended twice.",
            fix="keep one row an id.",
        )
    return frame.with_columns(ids.alias("id"))


def shown(values: pl.Series) -> str:
    """Return up to three values for a message."""
    return ", ".join(repr(value[:60]) for value in values.head(3).to_list())


def listed(names: list[str]) -> str:
    """Return names in quotes, at most 300 characters."""
    return ", ".join(map(repr, names))[:300]
