"""Intervals of changes on one scale for a whole table: 1 is the drop that is allowed, so zero and the limit stand in line."""

import math
from dataclasses import dataclass

from mlops_actions.report.evaluation import Gain

WIDTH = 25
FURTHEST = 8.0  # of the scale, in allowed drops; what lies beyond gets an arrow
SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Scale:
    """Where the picture begins and ends, in units of the allowed drop."""

    low: float
    high: float


@dataclass(frozen=True)
class Interval:
    """One whisker: point, interval and the interval that decides, in the scale's unit; `limited`: -1 is marked."""

    value: float
    low: float
    high: float
    decides_low: float
    decides_high: float
    limited: bool
    scale: Scale


def intervals(gains: list[tuple[Gain | None, float | None]]) -> list[Interval | None]:
    """Return the whiskers of a table, on one scale.

    Args:
        gains: change and allowed drop of each row. Where no drop is limited there is no unit in common with other rows,
            and the whisker has a scale of its own.
    """
    scaled = [_scaled(gain, margin) for gain, margin in gains]
    ends = [end for one in scaled if one for end in (one[3], one[4])]
    scale = Scale(max(min([-1.5, *ends]), -FURTHEST), min(max([0.75, *ends]), FURTHEST))
    return [
        Interval(*one, limited=bool(margin), scale=scale) if one else None
        for one, (_, margin) in zip(scaled, gains, strict=True)
    ]


def _scaled(gain: Gain | None, margin: float | None) -> tuple[float, float, float, float, float] | None:
    if gain is None:
        return None
    numbers = (gain.value, gain.low, gain.high, gain.adjusted_low, gain.adjusted_high)
    if not all(math.isfinite(one) for one in numbers):
        return None
    unit = margin or max(map(abs, numbers)) or 1.0
    low, high = min(gain.low, gain.adjusted_low), max(gain.high, gain.adjusted_high)
    return gain.value / unit, gain.low / unit, gain.high / unit, low / unit, high / unit


def draw(interval: Interval) -> str:
    """Return the whisker in characters of one width: │ no change, ┆ the allowed drop, ├──●──┤, and ╌ what decides beyond."""
    cells = [SPACE] * WIDTH
    zero = _cell(0.0, interval.scale)
    for cell in range(_cell(interval.decides_low, interval.scale), _cell(interval.decides_high, interval.scale) + 1):
        cells[cell] = "╌"
    first, last = _cell(interval.low, interval.scale), _cell(interval.high, interval.scale)
    cells[first : last + 1] = ["─"] * (last + 1 - first)
    cells[first], cells[last] = "├", "┤"
    if interval.limited:
        cells[max(min(_cell(-1.0, interval.scale), zero - 1), 0)] = "┆"
    cells[zero] = "│" if cells[zero] in {SPACE, "┆"} else "┼"
    _arrows(cells, interval)
    cells[_cell(interval.value, interval.scale)] = "●"
    return "".join(cells)


def _arrows(cells: list[str], interval: Interval) -> None:
    if interval.decides_low < interval.scale.low:
        cells[0] = "←"
    if interval.decides_high > interval.scale.high:
        cells[-1] = "→"


def _cell(value: float, scale: Scale) -> int:
    share = (value - scale.low) / (scale.high - scale.low)
    return round(min(max(share, 0.0), 1.0) * (WIDTH - 1))
