"""Row ids: the column the team names, or the hash of the row's content."""

import hashlib

import polars as pl

from mlops_actions.errors import DataError

ROW_ID = "id"


def with_row_id(frame: pl.DataFrame, id_column: str | None) -> pl.Series:
    """Return the ids of the rows as text, named `id`.

    A row without an id column is known by the sha256 of its content (16 bytes, hex); equal rows are numbered in order.

    Raises:
        DataError: the id column has nulls or duplicates.
    """
    return _from_column(frame, id_column) if id_column else _from_content(frame)


def _from_column(frame: pl.DataFrame, name: str) -> pl.Series:
    ids = frame[name].cast(pl.String)
    if ids.null_count():
        raise DataError(
            f"{ids.null_count()} rows have no {name}, which is data.id.", fix="fill it, or leave data.id out."
        )
    repeated = len(ids) - ids.n_unique()
    if repeated:
        raise DataError(
            f"{repeated} values of {name}, which is data.id, are there more than once.",
            fix="name a column whose values are unique, or leave data.id out.",
        )
    return ids.alias(ROW_ID)


def _from_content(frame: pl.DataFrame) -> pl.Series:
    names = sorted(frame.columns)
    text = frame.select(
        pl.concat_str([pl.col(name).cast(pl.String).fill_null("\x00") for name in names], separator="\x1f")
    )
    hashes = [hashlib.sha256(row.encode()).hexdigest()[:32] for row in text.to_series()]
    numbered = pl.DataFrame({ROW_ID: hashes}).with_columns(occurrence=pl.int_range(pl.len()).over(ROW_ID))
    repeated = pl.col("occurrence") > 0
    return numbered.select(
        pl.when(repeated)
        .then(pl.col(ROW_ID) + "-" + pl.col("occurrence").cast(pl.String))
        .otherwise(ROW_ID)
        .alias(ROW_ID)
    ).to_series()
