"""Two classifiers on the same rows: McNemar's mid-p test and the interval of the difference of their accuracies.

Fagerland, Lydersen & Laake 2013 (BMC Medical Research Methodology 13:91): of 9,595 scenarios the mid-p test exceeded its
nominal level in none, while the exact conditional test wastes half of it. Only rows where exactly one is right count.
"""

import math
from typing import NamedTuple

from scipy.special import bdtr

from mlops_actions.statistics.normal import Interval, z


class Difference(NamedTuple):
    """Accuracy of the second minus accuracy of the first, in accuracy points of one."""

    change: float
    low: float
    high: float
    error: float


def one_sided_mid_p(lost: int, won: int) -> float:
    """Return the mid-p value of "the second is no worse": small when `lost` rows outnumber `won` rows.

    Twice the smaller of both sides is the two-sided value (Fagerland 2013, equation 3).
    """
    discordant = lost + won
    if discordant == 0:
        return 0.5
    up_to, below = bdtr(won, discordant, 0.5), bdtr(won - 1, discordant, 0.5) if won else 0.0
    return float((up_to + below) / 2)


def compare(lost: int, won: int, rows: int, alpha: float) -> Difference:
    """Compare two accuracies on the same rows.

    The interval is Wald with Bonett & Price's Laplace adjustment (2012, JEBS 37:479), recommended by Fagerland 2014. Where
    it excludes zero and the mid-p test does not, it is drawn out to zero: the sign is claimed only when both agree.

    Args:
        lost: rows that only the first got right.
        won: rows that only the second got right.
        rows: all rows, at least one.
        alpha: error on each side.
    """
    interval, error = _bonett_price(lost, won, rows, alpha)
    low = interval.low if one_sided_mid_p(won, lost) <= alpha else min(interval.low, 0.0)
    high = interval.high if one_sided_mid_p(lost, won) <= alpha else max(interval.high, 0.0)
    return Difference((won - lost) / rows, low, high, error)


def _bonett_price(lost: int, won: int, rows: int, alpha: float) -> tuple[Interval, float]:
    first, second = (lost + 1) / (rows + 2), (won + 1) / (rows + 2)
    change = second - first
    error = math.sqrt((first + second - change**2) / (rows + 2))
    half = z(alpha) * error
    return Interval(max(-1.0, change - half), min(1.0, change + half)), error
