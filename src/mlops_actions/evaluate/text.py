"""Values as text: ids and class names, so that 1, 1.0 and "1" from three tools are the same row; numbers for people."""

import math
from pathlib import Path

import numpy as np
import polars as pl

from mlops_actions.errors import DataError
from mlops_actions.evaluate.rows import Codes


def as_text(values: pl.Series, path: Path | None = None) -> pl.Series:
    """Return values as text: true and false in small letters, whole numbers without .0; NaN counts as missing.

    Args:
        values: a column.
        path: of its file, for messages.

    Raises:
        DataError: lists, structs and other nested values, or bytes that are not UTF-8.
    """
    if values.dtype.is_nested():
        raise _no_text(values, path, f"is a {values.dtype.base_type()}, not one text or number a row")
    if values.dtype == pl.Binary:
        try:
            return values.cast(pl.String)
        except pl.exceptions.ComputeError:
            raise _no_text(values, path, "holds bytes that are not UTF-8") from None
    if values.dtype.is_float():
        whole = values.cast(pl.Int64, strict=False)
        plain = whole.cast(pl.String).zip_with((whole == values).fill_null(value=False), values.cast(pl.String))
        return plain.set(values.is_nan().fill_null(value=False), None)
    text = values.cast(pl.String)
    return text.str.replace(r"\.0*$|(\.\d*[1-9])0+$", "$1") if values.dtype.is_decimal() else text


def _no_text(values: pl.Series, path: Path | None, what: str) -> DataError:
    where = f" of {path}" if path else ""
    return DataError(f"The column {values.name[:60]!r}{where} {what}.", fix="write it as text or as numbers.")


def coded(text: pl.Series) -> tuple[pl.Series, Codes]:
    """Return the distinct values [K], sorted, and the place of each row's value [N]; a missing one has place K."""
    values = text.drop_nulls().unique().sort()
    places = pl.DataFrame({"value": values, "place": pl.int_range(len(values), dtype=pl.Int64, eager=True)})
    found = pl.DataFrame({"value": text}).join(places, on="value", how="left", maintain_order="left")["place"]
    return values, np.asarray(found.fill_null(len(values)).to_numpy(), dtype=np.int64)


def in_order(names: set[str]) -> list[str]:
    """Sort class names: as numbers when all are numbers, else as text; names of one number (1 and 1.0) by their text."""
    try:
        numbers = {name: float(name) for name in names}
    except ValueError:
        return sorted(names)
    if any(math.isnan(number) for number in numbers.values()):
        return sorted(names)
    return sorted(names, key=lambda name: (numbers[name], name))


def decimals(low: float, high: float) -> int:
    """Return how many decimals show an interval's width with two digits, so that its middle and ends look different."""
    width = high - low
    return min(max(1 - math.floor(math.log10(width)), 0), 12) if 0 < width < math.inf else 4


def shown(values: pl.Series) -> str:
    """Return up to three values for a message."""
    return ", ".join(repr(value[:60]) for value in values.head(3).to_list())


def listed(names: list[str]) -> str:
    """Return names in quotes, at most 300 characters."""
    return ", ".join(map(repr, names))[:300]
