"""Intervals of changes on one scale for a whole table: 1 is the drop that is allowed, so zero and the limit stand in line."""

import math
from dataclasses import dataclass

from mlops_actions.comment.numbers import decimals, signed
from mlops_actions.report.evaluation import Gain

WIDTH = 21
FURTHEST = 8.0  # of the scale, in allowed drops; what lies beyond gets an arrow
SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Scale:
    """Where the picture begins and ends, in units of the allowed drop."""

    low: float
    high: float


@dataclass(frozen=True)
class Interval:
    """One whisker: point, interval and the interval that decides, in the scale's unit.

    Attributes:
        ends: the interval's ends as text, in the metric's own unit.
        limited: the allowed drop, -1, is marked.
    """

    value: float
    low: float
    high: float
    decides_low: float
    decides_high: float
    ends: str
    limited: bool
    scale: Scale


def intervals(gains: list[tuple[Gain | None, float | None]]) -> list[Interval | None]:
    """Return the whiskers of a table, on one scale.

    Args:
        gains: change and allowed drop of each row. A row without an allowed drop has no unit in common with those that
            have one, and is drawn only where no row has one, each then on a scale of its own; so is one that allows no drop.
    """
    gated = any(margin is not None for _, margin in gains)
    scaled = [_scaled(gain, margin) if gain and (margin is not None or not gated) else None for gain, margin in gains]
    furthest = [end for one in scaled if one for end in (one[3], one[4])]
    scale = Scale(max(min([-1.5, *furthest]), -FURTHEST), min(max([0.75, *furthest]), FURTHEST))
    return [
        Interval(*one, ends=_ends(gain), limited=bool(margin), scale=scale) if one and gain else None
        for one, (gain, margin) in zip(scaled, gains, strict=True)
    ]


def _ends(gain: Gain) -> str:
    digits = decimals(gain.low, gain.high)
    return f"{signed(gain.low, digits)} to {signed(gain.high, digits)}"


def _scaled(gain: Gain, margin: float | None) -> tuple[float, float, float, float, float] | None:
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
    if interval.limited:
        cells[max(min(_cell(-1.0, interval.scale), zero - 1), 0)] = "┆"
    cells[first], cells[last] = "├", "┤"
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
