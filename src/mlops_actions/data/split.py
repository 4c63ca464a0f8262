"""Which rows train and which rows test."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mlops_actions.config.models import DataSection, HoldOut
from mlops_actions.data.read import collect, scan
from mlops_actions.data.rows import with_row_id
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


def feature_names(columns: list[str], data: DataSection) -> list[str]:
    """Return the columns that the model sees, in order of the file.

    Raises:
        DataError: a column that mlops.yaml names is not in the file.
    """
    named = [
        data.label,
        *(data.features or []),
        *data.exclude,
        *(name for name in (data.id, data.weight, data.group) if name),
    ]
    missing = [name for name in named if name not in columns]
    if missing:
        raise DataError(
            f"The data have no column {', '.join(map(repr, missing))}.",
            why="the column was renamed or dropped.",
            fix=f"the columns are: {', '.join(columns)[:500]}.",
        )
    if data.features is not None:
        return list(data.features)
    hidden = {data.label, data.id, data.weight, data.group, *data.exclude}
    return [name for name in columns if name not in hidden]


def split(root: Path, data: DataSection) -> Split:
    """Read the labelled rows and split them.

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
    labelled = rows.filter(pl.col(data.label).is_not_null())
    train, test = _divide(labelled, data)
    for name, part in (("train", train), ("test", test)):
        if part.is_empty():
            raise DataError(
                f"The {name} split has no rows ({labelled.height} rows have a label).",
                why="the condition in data.test holds for all rows or for none.",
                fix="change data.test.",
            )
    if train[data.label].n_unique() < 2:
        raise DataError(
            f"All {train.height} training rows have the same {data.label}.",
            why="the split or an export lost a class.",
            fix="check data.test and the data.",
        )
    return Split(train, test, with_row_id(test, data.id), rows.height - labelled.height)


def _divide(rows: pl.DataFrame, data: DataSection) -> tuple[pl.DataFrame, pl.DataFrame]:
    if isinstance(data.test, HoldOut):
        shuffled = rows.sample(fraction=1.0, shuffle=True, seed=data.test.seed)
        size = round(rows.height * data.test.fraction)
        return shuffled.slice(size), shuffled.slice(0, size)
    try:
        condition = pl.sql_expr(data.test)
        in_test = rows.select(condition.alias("test")).to_series()
    except pl.exceptions.PolarsError as error:
        raise DataError(
            f"data.test, {data.test!r}, cannot be used: {str(error).splitlines()[0]}.",
            fix='write a SQL condition over the columns, such as "month >= 10".',
        ) from None
    if in_test.dtype != pl.Boolean:
        raise DataError(
            f"data.test, {data.test!r}, is no condition: its values are {in_test.dtype}.",
            fix='compare something, such as "month >= 10".',
        )
    # A row whose condition is null belongs nowhere; training on it could leak the future.
    return rows.filter(in_test == False), rows.filter(in_test)  # noqa: E712 (elementwise, and null is neither)
