"""Which rows train and which rows test."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mlops_actions.config.models import DataSection, HoldOut
from mlops_actions.data.condition import holds
from mlops_actions.data.names import listed, nearest, shown
from mlops_actions.data.read import collect, scan
from mlops_actions.data.rows import as_text, row_keys, with_row_id
from mlops_actions.errors import DataError


@dataclass(frozen=True)
class Split:
    """Rows in memory.

    Attributes:
        train: rows to learn from, all columns.
        test: rows to judge with, all columns.
        test_ids: their ids, text, in order.
        unlabelled: rows left out because their label is missing.
    """

    train: pl.DataFrame
    test: pl.DataFrame
    test_ids: pl.Series
    unlabelled: int


def named_columns(data: DataSection) -> dict[str, list[str]]:
    """Return the columns that the section names, by its key."""
    single = {key: getattr(data, key) for key in ("label", "id", "weight", "group")}
    named = {key: [name] for key, name in single.items() if name is not None}
    return named | {"features": list(data.features or []), "exclude": list(data.exclude)}


def feature_names(columns: list[str], data: DataSection) -> list[str]:
    """Return the columns that the model sees, in order of the file (or of data.features).

    Raises:
        DataError: a column that mlops.yaml names is not in the file, or no column is left.
    """
    missing = [name for names in named_columns(data).values() for name in names if name not in columns]
    if missing:
        raise DataError(
            f"The data have no column {listed(missing)}.",
            why="the column was renamed or dropped.",
            fix=nearest(missing[0], columns),
        )
    hidden = {data.label, data.id, data.weight, data.group, *data.exclude}
    features = [name for name in columns if name not in hidden] if data.features is None else list(data.features)
    if not features:
        raise DataError("No column is left for the model to see.", fix="shorten data.exclude.")
    return features


def split(root: Path, data: DataSection) -> Split:
    """Read the labelled rows and split them, each part in order of the file.

    Args:
        root: folder that `data.path` starts from.
        data: the section of mlops.yaml.

    Raises:
        DataError: unreadable, a column missing, an unusable condition, an empty part, or a label with one class in training.
    """
    path = root / data.path
    frame = scan(path)
    feature_names(frame.collect_schema().names(), data)
    rows = collect(frame, path)
    # Polars takes a name like ^y$ for a pattern, even that of a Series.
    label = rows.get_column(data.label).alias("label")
    labelled = rows.filter(label.is_not_null())
    train, test = _divide(labelled, data)
    for name, part in (("train", train), ("test", test)):
        if part.is_empty():
            raise DataError(
                f"The {name} split has no rows ({labelled.height} of {rows.height} rows have a label).",
                why="the data are nearly empty, or the condition in data.test holds for all rows or for none.",
                fix="change data.test.",
            )
    if train.get_column(data.label).n_unique() < 2:
        raise DataError(
            f"All {train.height} training rows have the same {shown(data.label)}.",
            why="the split or an export lost a class.",
            fix="check data.test and the data.",
        )
    return Split(train, test, with_row_id(test, data.id), rows.height - labelled.height)


def _divide(rows: pl.DataFrame, data: DataSection) -> tuple[pl.DataFrame, pl.DataFrame]:
    in_test = _held_out(rows, data, data.test) if isinstance(data.test, HoldOut) else holds(rows, data.test)
    # A row whose condition is null belongs nowhere; training on it could leak the future.
    return rows.filter(~in_test), rows.filter(in_test)


def _held_out(rows: pl.DataFrame, data: DataSection, hold: HoldOut) -> pl.Series:
    """Draw each row (or group) by the hash of what it is known by.

    So a row stays on its side when rows are added, equal rows and the rows of a group stay together, and no library's
    random numbers are involved. The share is exact only on average.
    """
    keys = as_text(rows, data.group, "data.group").to_list() if data.group else row_keys(rows, data.id)
    limit = hold.fraction * 2**64
    drawn = (hashlib.sha256(f"{hold.seed}:{key}".encode()).digest()[:8] for key in keys)
    return pl.Series([int.from_bytes(number, "big") < limit for number in drawn], dtype=pl.Boolean)
