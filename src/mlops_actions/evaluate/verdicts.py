"""What a comparison with the base means: five words, the first that holds (design: the pull-request gate)."""

import math
from typing import NamedTuple

from mlops_actions.evaluate.metrics import Change, Metric, detectable

FEWEST_ROWS = 30
WORDS = {
    "regressed": "worse",
    "improved": "better",
    "non_inferior": "no worse",
    "small_drop": "slightly worse",
    "undecided": "cannot tell",
    "unpowered": "too few rows to tell",
    "identical": "identical by construction",
    "no_base": "nothing to compare with",
}


class Gain(NamedTuple):
    """A change turned so that + is better, with its interval and standard error."""

    value: float
    low: float
    high: float
    error: float


def oriented(change: Change, metric: Metric) -> Gain:
    """Turn a change so that + is better."""
    if metric.higher_is_better:
        return Gain(*change)
    return Gain(-change.value, -change.high, -change.low, change.error)


def compared(gain: Gain, margin: float, support: int) -> str:
    """Return the first word that holds.

    Args:
        gain: oriented change; its interval is two-sided, so each side errs with probability alpha.
        margin: the drop that is allowed, at least 0.
        support: rows that the claim rests on.
    """
    if support < FEWEST_ROWS:
        return "unpowered"
    if gain.high < 0 and gain.value <= -margin:
        return "regressed"
    if gain.low > 0:
        return "improved"
    if gain.low > -margin:
        return "non_inferior"
    return "small_drop" if gain.high < 0 else "undecided"


def rows_needed(gain: Gain, margin: float, rows: int, alpha: float) -> int | None:
    """Return about how many rows would show, with power 0.8, that a model as good as its base is within the margin.

    None for a margin of 0: no number of rows shows that two models are exactly equal.
    """
    if margin <= 0:
        return None
    return math.ceil(rows * (detectable(gain.error, alpha) / margin) ** 2)
