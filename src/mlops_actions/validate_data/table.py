"""The rows under checks, and what one scan of them says: the profile of each column and the count of each check."""

from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v2 as nw
import polars as pl

from mlops_actions.errors import DataError

Kind = Literal["integer", "float", "decimal", "string", "boolean", "datetime", "other"]
NUMBERS: frozenset[Kind] = frozenset({"integer", "float", "decimal"})
COUNTED: frozenset[Kind] = frozenset({"integer", "string", "boolean"})
Frame = nw.DataFrame[Any] | nw.LazyFrame[Any]


@dataclass(frozen=True)
class Column:
    """A column: `key` is its name inside `Table.frame`, where no name can be mistaken for a pattern."""

    key: str
    name: str
    dtype: str
    kind: Kind

    @property
    def values(self) -> nw.Expr:
        """The column as an expression."""
        return nw.col(self.key)


@dataclass(frozen=True)
class Table:
    """Rows, lazy or not, with columns renamed to their position; NaN is null in them."""

    frame: Frame
    columns: dict[str, Column]


@dataclass(frozen=True)
class Profile:
    """What the scan says of a column.

    Attributes:
        nulls: rows without a value, NaN included.
        smallest, largest: of numbers, and of dates as text; None for other kinds and where there is no value.
        distinct: exact number of different values; None where nobody asked and it would take too much memory.
    """

    column: Column
    nulls: int
    smallest: Any
    largest: Any
    distinct: int | None


@dataclass(frozen=True)
class Scan:
    """Result of one pass over a table; `counts` answers the conditions in their order."""

    rows: int
    profiles: dict[str, Profile]
    counts: list[int]


def table(native: Any) -> Table:
    """Wrap a Polars, pandas, PyArrow or any other frame that Narwhals knows.

    Raises:
        DataError: not a frame, or its column names are no text or not unique.
    """
    try:
        frame: Frame = nw.from_native(native)
        schema = frame.collect_schema()
    except (TypeError, ValueError) as error:
        raise DataError(
            f"These are no rows that can be checked: {str(error).splitlines()[0]}.",
            fix="pass a DataFrame of Polars, pandas or PyArrow with different column names.",
        ) from None
    if not all(isinstance(name, str) for name in schema):
        raise DataError("The columns have names that are no text.", fix="rename them: frame.columns.map(str).")
    columns = [Column(str(at), name, str(dtype), kind(dtype)) for at, (name, dtype) in enumerate(schema.items())]
    renamed = frame.rename({column.name: column.key for column in columns})
    floats = [column.values.fill_nan(None) for column in columns if column.kind == "float"]
    return Table(renamed.with_columns(*floats) if floats else renamed, {column.name: column for column in columns})


def kind(dtype: nw.dtypes.DType) -> Kind:
    """Return the kind of a type, as mlops.yaml names it."""
    tests: dict[Kind, bool] = {
        "integer": dtype.is_integer(),
        "float": dtype.is_float(),
        "decimal": dtype.is_decimal(),
        "string": isinstance(dtype, nw.String | nw.Categorical | nw.Enum),
        "boolean": isinstance(dtype, nw.Boolean),
        "datetime": isinstance(dtype, nw.Date | nw.Datetime),
    }
    return next((name for name, holds in tests.items() if holds), "other")


def scan(rows: Table, conditions: list[nw.Expr], counted: set[str]) -> Scan:
    """Profile every column and count every condition in one pass.

    Args:
        rows: what to read.
        conditions: each true on the rows to count.
        counted: columns whose distinct values are counted whatever their kind. Exact counting holds all distinct values
            of a column in memory, so floats and dates are counted only if they are named here.
    """
    expressions = [nw.len().alias("rows")]
    for column in rows.columns.values():
        expressions.extend(_profile_of(column, distinct=column.kind in COUNTED or column.name in counted))
    expressions.extend(condition.sum().alias(f"count:{at}") for at, condition in enumerate(conditions))
    found = collected(rows.frame.select(*expressions)).rows(named=True)[0]
    profiles = {name: _read_profile(column, found) for name, column in rows.columns.items()}
    return Scan(int(found["rows"]), profiles, [int(found[f"count:{at}"] or 0) for at in range(len(conditions))])


def _profile_of(column: Column, *, distinct: bool) -> list[nw.Expr]:
    values, key = column.values, column.key
    expressions = [values.is_null().sum().alias(f"nulls:{key}")]
    if column.kind in NUMBERS or column.kind == "datetime":
        ends = {"smallest": values.min(), "largest": values.max()}
        expressions += [as_python(column, end).alias(f"{name}:{key}") for name, end in ends.items()]
    if distinct:
        expressions.append(values.n_unique().alias(f"distinct:{key}"))
    return expressions


def as_python(column: Column, values: nw.Expr) -> nw.Expr:
    """Return values that Python can hold: it has no dates after the year 9999, files have, so dates become text."""
    return values.cast(nw.String) if column.kind == "datetime" else values


def _read_profile(column: Column, found: dict[str, Any]) -> Profile:
    key, nulls = column.key, int(found[f"nulls:{column.key}"] or 0)
    distinct = found.get(f"distinct:{key}")
    # Null counts as one of n_unique's values.
    known = None if distinct is None else int(distinct) - (nulls > 0)
    return Profile(column, nulls, found.get(f"smallest:{key}"), found.get(f"largest:{key}"), known)


def collected(frame: Frame) -> nw.DataFrame[Any]:
    """Compute a frame; Polars does it streaming, with memory that does not grow with the rows."""
    native = frame.to_native()
    if isinstance(native, pl.LazyFrame):
        return nw.from_native(native.collect(engine="streaming"))
    return frame.collect() if isinstance(frame, nw.LazyFrame) else frame
