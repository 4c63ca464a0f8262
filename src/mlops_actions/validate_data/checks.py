"""The checks. A check of values is a condition on rows, counted in the one scan; add one here and to `ColumnChecks`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import narwhals.stable.v2 as nw

from mlops_actions.config.models import ColumnChecks
from mlops_actions.validate_data.table import NUMBERS, Column, Kind

INTEGER_TEXT = r"^\s*[+-]?\d+\s*$"
NUMBER_TEXT = r"^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$"
FITTING: dict[str, frozenset[Kind]] = {
    "integer": frozenset({"integer"}),
    "float": frozenset({"float"}),
    "number": NUMBERS,
    "string": frozenset({"string"}),
    "boolean": frozenset({"boolean"}),
    "datetime": frozenset({"datetime"}),
}


@dataclass(frozen=True)
class Check:
    """One check of the values of one column.

    Attributes:
        key: key of `ColumnChecks` that asks for it.
        reason: stable word for a failure.
        breaks: what is true on the rows that break it; a null breaks nothing but the check of nulls.
        says: what those rows do, after "12 rows".
        allowed: share of the rows that may break it.
        of_type: it fails whatever the values are, since the column has another type.
    """

    column: Column
    key: str
    reason: str
    breaks: nw.Expr
    says: str
    allowed: float = 0.0
    of_type: bool = False


def max_null_share(column: Column, asked: ColumnChecks) -> Iterator[Check]:
    """Missing values, NaN included."""
    if asked.max_null_share is not None:
        says = f"have no value (at most {100 * asked.max_null_share:.3g} % of the rows may have none)"
        yield Check(column, "max_null_share", "nulls", column.values.is_null(), says, asked.max_null_share)


def value_type(column: Column, asked: ColumnChecks) -> Iterator[Check]:
    """The type of the column; numbers kept as text are counted where they are none."""
    if asked.type is None:
        return
    says = f"hold no {asked.type}; the column is {column.dtype}"
    if asked.type == "integer" and column.kind == "float":
        yield Check(column, "type", "type", _present(column, column.values % 1 != 0), says)
    elif column.kind in FITTING[asked.type]:
        yield Check(column, "type", "type", _present(column, nw.lit(value=False)), says)
    elif asked.type in {"integer", "float", "number"} and column.kind == "string":
        pattern = INTEGER_TEXT if asked.type == "integer" else NUMBER_TEXT
        odd = ~column.values.cast(nw.String).str.contains(pattern)
        yield Check(column, "type", "type", _present(column, odd), says, of_type=True)
    else:
        yield Check(column, "type", "type", ~column.values.is_null(), says, of_type=True)


def smallest(column: Column, asked: ColumnChecks) -> Iterator[Check]:
    """Numbers below `min`."""
    if asked.min is not None:
        limit = asked.min
        yield _limit(column, "min", lambda values: values < limit, f"are below {limit:g}")


def largest(column: Column, asked: ColumnChecks) -> Iterator[Check]:
    """Numbers above `max`."""
    if asked.max is not None:
        limit = asked.max
        yield _limit(column, "max", lambda values: values > limit, f"are above {limit:g}")


ALL: tuple[Callable[[Column, ColumnChecks], Iterator[Check]], ...] = (max_null_share, value_type, smallest, largest)


def checks_of(column: Column, asked: ColumnChecks) -> list[Check]:
    """Return the checks of values that a column's keys ask for."""
    return [check for build in ALL for check in build(column, asked)]


def _limit(column: Column, key: str, breaks: Callable[[nw.Expr], nw.Expr], says: str) -> Check:
    if column.kind in NUMBERS:
        return Check(column, key, "range", _present(column, breaks(column.values)), says)
    says = f"hold no number, so {key} cannot be checked; the column is {column.dtype}"
    return Check(column, key, "type", ~column.values.is_null(), says, of_type=True)


def _present(column: Column, breaks: nw.Expr) -> nw.Expr:
    # pandas answers true for NaN in some comparisons; a missing value is the null check's matter alone.
    return ~column.values.is_null() & breaks
