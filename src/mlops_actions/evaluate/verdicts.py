"""What a comparison with the base means: five words, the first that holds (design: the pull-request gate)."""

import math
from typing import NamedTuple

from mlops_actions.report.evaluation import Gain, Word
from mlops_actions.statistics.change import Change
from mlops_actions.statistics.normal import Interval, z

FEWEST_ROWS = 30
WORDS: dict[Word, str] = {
    "regressed": "worse",
    "improved": "better",
    "non_inferior": "no worse",
    "small_drop": "slightly worse",
    "undecided": "cannot tell",
    "unpowered": "too few rows to tell",
    "identical": "identical by construction",
    "no_base": "nothing to compare with",
    "no_limit": "no limit",
    "different_test_set": "other test rows",
}
# The first of these that is there is the word of the whole: what stops before what does not, what was compared before what was not.
WORST_FIRST: tuple[Word, ...] = (
    "regressed",
    "small_drop",
    "undecided",
    "unpowered",
    "different_test_set",
    "improved",
    "non_inferior",
    "identical",
    "no_base",
    "no_limit",
)


class Levels(NamedTuple):
    """The one-sided levels at which a loss and a gain are claimed, after multiplicity."""

    worse: float
    better: float


def p_worse(change: Change, *, higher_is_better: bool) -> float:
    """Return the one-sided p-value against "no worse than the base"."""
    return change.p_below() if higher_is_better else change.p_above()


def p_better(change: Change, *, higher_is_better: bool) -> float:
    """Return the one-sided p-value against "no better than the base"."""
    return change.p_above() if higher_is_better else change.p_below()


def gain_of(change: Change, alpha: float, levels: Levels, *, higher_is_better: bool) -> Gain:
    """Turn a change so that + is better.

    Args:
        change: in the metric's own direction.
        alpha: error on each side of the plain interval.
        levels: of the claims; the adjusted interval's upper end is that of a loss, its lower end that of a gain.
        higher_is_better: direction.
    """
    plain = _turned(change.interval(alpha), higher_is_better=higher_is_better)
    return Gain(
        value=change.value if higher_is_better else -change.value,
        low=plain.low,
        high=plain.high,
        adjusted_low=_turned(change.interval(levels.better), higher_is_better=higher_is_better).low,
        adjusted_high=_turned(change.interval(levels.worse), higher_is_better=higher_is_better).high,
        error=change.error,
        p_worse=p_worse(change, higher_is_better=higher_is_better),
        p_better=p_better(change, higher_is_better=higher_is_better),
    )


def _turned(interval: Interval, *, higher_is_better: bool) -> Interval:
    return interval if higher_is_better else Interval(-interval.high, -interval.low)


def compared(gain: Gain, margin: float, support: int) -> Word:
    """Return the first word that holds.

    A loss and a gain are claimed by the adjusted interval: one of many may not be found by chance. "No worse" is claimed by
    the plain one, since all metrics have to pass (decision 12).

    Args:
        gain: oriented change.
        margin: the drop that is allowed, at least 0.
        support: rows that the claim rests on.
    """
    if support < FEWEST_ROWS:
        return "unpowered"
    if gain.adjusted_high < 0 and gain.value <= -margin:
        return "regressed"
    if gain.adjusted_low > 0:
        return "improved"
    if gain.low > -margin:
        return "non_inferior"
    return "small_drop" if gain.adjusted_high < 0 else "undecided"


def worst_of(words: list[Word]) -> Word:
    """Return the word of the whole; without any, `no_limit`."""
    return min(words, key=WORST_FIRST.index, default="no_limit")


def rows_needed(error: float, noise: float, margin: float, rows: int, *, alpha: float, power: float) -> int | None:
    """Return about how many rows would show, with this power, that a model as good as its base is within the margin.

    None where no number of rows would: for a margin of 0, and where the noise of training alone is too large.

    Args:
        error: standard error of the change on the rows there are, noise of training left out.
        noise: standard error that training adds, whatever the rows.
        margin: the drop that is allowed.
        rows: how many there are.
        alpha: one-sided level.
        power: chance of showing it.
    """
    largest = margin / (z(alpha) + z(1 - power))
    if not 0 <= noise < largest:
        return None
    return math.ceil(rows * error**2 / (largest**2 - noise**2))
