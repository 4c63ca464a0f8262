"""From JSON values to the columns that the model wants. Null text travels as "", a null number as NaN."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_actions.serve.errors import RefusedError
from mlops_actions.serve.signature import Feature

Column = NDArray[Any]
Values = Sequence[Any]
_NUMBERS: set[type] = {int, float, bool}
_MISSING = object()


def columns_from_rows(features: Sequence[Feature], rows: Sequence[Any]) -> list[Column]:
    """Return one [N] column for each feature, float32 or text; columns that the model does not know are ignored.

    Raises:
        RefusedError: 422 with a sentence that names row and column.
    """
    for index, row in enumerate(rows):
        if type(row) is not dict:
            raise RefusedError(422, f"Row {index} is {_kind(row)}, not an object of column and value.")
    return [column(feature, [row.get(feature.name, _MISSING) for row in rows]) for feature in features]


def column(feature: Feature, values: Values) -> Column:
    """Return the values of one feature as float32 (null: NaN) or text (null: "").

    Raises:
        RefusedError: 422: missing, null where training saw none, of another type, or too large for float32.
    """
    kinds = set(map(type, values))
    if object in kinds:
        raise RefusedError(422, f"Row {values.index(_MISSING)} has no column {feature.name!r}.")
    if type(None) in kinds and not feature.nullable:
        raise RefusedError(422, f"Row {values.index(None)}: {feature.name!r} is null; training saw no null in it.")
    allowed: set[type] = _NUMBERS if feature.dtype == "float" else {str}
    if not kinds <= allowed | {type(None)}:
        raise _wrong_type(feature, values, allowed)
    return _numbers(feature, values) if feature.dtype == "float" else _texts(values)


def nulls(feature: Feature, values: Column) -> int:
    """Return how many values of a column are null."""
    return int(np.count_nonzero(np.isnan(values) if feature.dtype == "float" else values == ""))


def _numbers(feature: Feature, values: Values) -> Column:
    wide = np.array(values, dtype=np.float64)
    with np.errstate(over="ignore"):
        narrow = wide.astype(np.float32)
    if np.isinf(narrow).any():
        index = int(np.flatnonzero(np.isinf(narrow))[0])
        raise RefusedError(422, f"Row {index}: {feature.name!r} is {values[index]!r}: too large for a 32-bit float.")
    return narrow


def _texts(values: Values) -> Column:
    return np.array(["" if value is None else value for value in values], dtype=object)


def _wrong_type(feature: Feature, values: Values, allowed: set[type]) -> RefusedError:
    index, value = next(
        (i, value) for i, value in enumerate(values) if value is not None and type(value) not in allowed
    )
    wanted = "a number" if feature.dtype == "float" else "text"
    return RefusedError(422, f"Row {index}: {feature.name!r} is {_kind(value)}, not {wanted}.")


def _kind(value: object) -> str:
    names: dict[type, str] = {str: "text", bool: "a boolean", dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(value), "a number")
