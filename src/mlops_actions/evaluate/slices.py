"""The slices that mlops.yaml names: the values of columns, numbers between edges, and crossings of them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from mlops_actions.config.evaluate_section import EvaluateSection, SliceBins, SlicePart
from mlops_actions.data import shown
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.rows import Codes, Flags
from mlops_actions.evaluate.text import as_text, coded

MOST_SLICES = 1000
MOST_VALUE = 60


@dataclass(frozen=True)
class NamedSlice:
    """Some of the rows under a name for people, such as `origin = EWR`.

    Attributes:
        rows: [N], which of all test rows.
    """

    name: str
    rows: Flags


@dataclass(frozen=True)
class Cut:
    """Rows cut into parts that do not overlap: each row is in one.

    Attributes:
        names: [K], of the parts.
        codes: [N], which part.
        column: where they come from, for messages.
    """

    names: list[str]
    codes: Codes
    column: str


@dataclass(frozen=True)
class Slices:
    """What is judged apart, and what has too few rows for it.

    Attributes:
        judged: those with enough rows.
        small: names of the others.
        overlapping: rows are in several of the judged ones.
    """

    judged: list[NamedSlice]
    small: list[str]
    overlapping: bool


def columns_of(settings: EvaluateSection) -> list[str]:
    """Return the columns that slices go by, each once."""
    parts = [part for by in settings.slices for part in (by if isinstance(by, list) else [by])]
    return list(dict.fromkeys(part if isinstance(part, str) else part.column for part in parts))


def sliced(settings: EvaluateSection, columns: pl.DataFrame) -> Slices:
    """Return the slices of mlops.yaml.

    Args:
        settings: the section of mlops.yaml.
        columns: [N] rows, with every column that slices go by.

    Raises:
        ConfigError: more than 1000 slices.
        DataError: bins of a column without numbers, or a bin without rows.
    """
    cuts = _distinct([_crossed([_cut(part, columns) for part in _parts(by)]) for by in settings.slices])
    if sum(len(cut.names) for cut in cuts) > MOST_SLICES:
        most = max(cuts, key=lambda cut: len(cut.names))
        raise _too_many(most.column, sum(len(cut.names) for cut in cuts))
    judged, small = list[NamedSlice](), list[str]()
    for cut in cuts:
        large = np.bincount(cut.codes, minlength=len(cut.names)) >= settings.min_slice_rows
        judged += [NamedSlice(name, cut.codes == code) for code, name in enumerate(cut.names) if large[code]]
        small += [name for code, name in enumerate(cut.names) if not large[code]]
    return Slices(judged, small, overlapping=len(cuts) > 1)


def _parts(by: SlicePart | list[SlicePart]) -> list[SlicePart]:
    return by if isinstance(by, list) else [by]


def _distinct(cuts: list[Cut]) -> list[Cut]:
    """Leave out what is named twice."""
    return list({tuple(cut.names): cut for cut in reversed(cuts)}.values())[::-1]


def _cut(part: SlicePart, columns: pl.DataFrame) -> Cut:
    if isinstance(part, SliceBins):
        return _binned(part, columns)
    text = as_text(columns.get_column(part))
    if text.n_unique() > MOST_SLICES:
        raise _too_many(part, text.n_unique())
    values, codes = coded(text)
    names = [f"{part} = {value if len(value) <= MOST_VALUE else value[:MOST_VALUE] + '…'}" for value in values]
    return _without_empty([*_told_apart(names), f"{part} missing"], codes, part)


def _told_apart(names: list[str]) -> Iterator[str]:
    """Number names that are equal because long values were cut."""
    seen = dict[str, int]()
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _binned(part: SliceBins, columns: pl.DataFrame) -> Cut:
    column = columns.get_column(part.column)
    if not column.dtype.is_numeric():
        raise DataError(
            f"evaluate.slices has bins of {shown(part.column)}, which is {column.dtype}, not a number.",
            fix="name the column without bins: each of its values is a slice.",
        )
    numbers = column.cast(pl.Float64).fill_nan(None)
    codes = np.searchsorted(part.bins, numbers.fill_null(0).to_numpy(), side="right")
    codes[numbers.is_null().to_numpy()] = len(part.bins) + 1
    edges = [_plain(edge) for edge in part.bins]
    between = [f"{part.column} {low} to {high}" for low, high in itertools.pairwise(edges)]
    names = [f"{part.column} < {edges[0]}", *between, f"{part.column} ≥ {edges[-1]}"]
    empty = [names[code] for code in range(len(names)) if not (codes == code).any()]
    if empty:
        raise DataError(
            f"No test row is in the slice {shown(empty[0])}.",
            why="evaluate.slices asks for it, and a slice that is not there cannot be judged.",
            fix="change its bins, or find out where the rows went.",
        )
    return _without_empty([*names, f"{part.column} missing"], codes, part.column)


def _plain(edge: float) -> str:
    return str(int(edge)) if edge.is_integer() else repr(edge)


def _crossed(cuts: list[Cut]) -> Cut:
    """Return the combinations that occur."""
    found = cuts[0]
    for cut in cuts[1:]:
        names = [f"{first}, {second}" for first in found.names for second in cut.names]
        codes = found.codes * len(cut.names) + cut.codes
        most = max(found, cut, key=lambda one: len(one.names))
        found = _without_empty(names, codes, most.column)
        if len(found.names) > MOST_SLICES:
            raise _too_many(most.column, len(found.names))
    return found


def _without_empty(names: list[str], codes: Codes, column: str) -> Cut:
    there = np.bincount(codes, minlength=len(names)) > 0
    places = np.cumsum(there) - 1
    return Cut([name for name, known in zip(names, there, strict=True) if known], places[codes], column)


def _too_many(column: str, count: int) -> ConfigError:
    return ConfigError(
        f"evaluate.slices makes {count:,} slices, most by {shown(column)}; {MOST_SLICES:,} are the most.",
        why="a column of ids or of fine numbers has a value for almost every row.",
        fix=f"give {shown(column)} bins, or leave it out.",
    )
