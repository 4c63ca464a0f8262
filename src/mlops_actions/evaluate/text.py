"""Values as text: ids and class names, so that 1, 1.0 and "1" from three tools are the same row; numbers for people."""

import math

import polars as pl


def as_text(values: pl.Series) -> pl.Series:
    """Return values as text: true and false in small letters, whole numbers without .0; NaN counts as missing."""
    if values.dtype.is_float():
        whole = values.cast(pl.Int64, strict=False)
        plain = whole.cast(pl.String).zip_with((whole == values).fill_null(value=False), values.cast(pl.String))
        return plain.set(values.is_nan().fill_null(value=False), None)
    return values.cast(pl.String)


def in_order(names: set[str]) -> list[str]:
    """Sort class names: as numbers when all are numbers, else as text."""
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def decimals(low: float, high: float) -> int:
    """Return how many decimals show an interval's width with two digits, so that its middle and ends look different."""
    width = high - low
    return min(max(1 - math.floor(math.log10(width)), 0), 12) if 0 < width < math.inf else 4
