"""Row ids: the column the team names, or the hash of the row's content."""

import hashlib
from collections.abc import Iterator

import polars as pl

from mlops_actions.data.names import shown
from mlops_actions.errors import DataError

ROW_ID = "id"
SLICE_ROWS = 50_000  # rows turned into Python objects at a time


def with_row_id(frame: pl.DataFrame, id_column: str | None) -> pl.Series:
    """Return the ids of the rows as text, named `id`.

    A row without an id column is known by the sha256 of its content (first 16 bytes, hex) over all columns in order of
    name; equal rows are numbered in order. Such an id is the same on every run; it is another one when a column is added
    or dropped, and when its type changes (1 in Parquet, 1.0 in CSV): name data.id where that happens.

    Raises:
        DataError: the id column has nulls or duplicates.
    """
    return _from_column(frame, id_column) if id_column else _from_content(frame)


def row_keys(frame: pl.DataFrame, id_column: str | None) -> list[str]:
    """Return what a row is known by before equal rows are numbered: the id column's text, or the content's hash."""
    if id_column:
        return _from_column(frame, id_column).to_list()
    return [hashlib.sha256(repr(row).encode()).hexdigest()[:32] for row in _contents(frame)]


def _contents(frame: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    columns = [_comparable(frame.get_column(name).alias("")) for name in sorted(frame.columns)]
    for start in range(0, frame.height, SLICE_ROWS):
        yield from zip(*(column.slice(start, SLICE_ROWS).to_list() for column in columns), strict=True)


def _comparable(column: pl.Series) -> pl.Series:
    # Python has no dates after the year 9999; files have.
    return column.to_physical() if column.dtype.is_temporal() else column


def as_text(frame: pl.DataFrame, name: str, key: str) -> pl.Series:
    """Return a column that names rows as text.

    Raises:
        DataError: its type has no text, such as a list.
    """
    column = frame.get_column(name)
    try:
        return column.cast(pl.String)
    except pl.exceptions.PolarsError:
        raise DataError(
            f"{shown(name)} is {column.dtype}, which cannot be {key}.", fix="name a column of text or numbers."
        ) from None


def _from_column(frame: pl.DataFrame, name: str) -> pl.Series:
    ids = as_text(frame, name, "data.id")
    if ids.null_count():
        raise DataError(
            f"{ids.null_count()} rows have no {shown(name)}, which is data.id.", fix="fill it, or leave data.id out."
        )
    repeated = len(ids) - ids.n_unique()
    if repeated:
        raise DataError(
            f"{repeated} values of {shown(name)}, which is data.id, are there more than once.",
            fix="name a column whose values are unique, or leave data.id out.",
        )
    return ids.alias(ROW_ID)


def _from_content(frame: pl.DataFrame) -> pl.Series:
    keys = pl.DataFrame({ROW_ID: row_keys(frame, None)}, schema={ROW_ID: pl.String})
    numbered = keys.with_columns(occurrence=pl.int_range(pl.len()).over(ROW_ID))
    repeated = pl.col("occurrence") > 0
    return numbered.select(
        pl.when(repeated)
        .then(pl.col(ROW_ID) + "-" + pl.col("occurrence").cast(pl.String))
        .otherwise(ROW_ID)
        .alias(ROW_ID)
    ).to_series()
