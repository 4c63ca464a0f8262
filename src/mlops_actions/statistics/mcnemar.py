"""Two classifiers on the same rows: McNemar's mid-p test and the interval of the difference of their accuracies.

Fagerland, Lydersen & Laake 2013 (BMC Medical Research Methodology 13:91): of 9,595 scenarios the mid-p test exceeded its
nominal level in none, while the exact conditional test wastes half of it. Only rows where exactly one is right count.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, ndtr

from mlops_actions.statistics.change import Change, Floats
from mlops_actions.statistics.normal import Interval, wald

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Counted(Change):
    """Accuracy of the second minus accuracy of the first, in accuracy points of one.

    The interval is Wald with Bonett & Price's Laplace adjustment (2012, JEBS 37:479), recommended by Fagerland 2014. Where
    it excludes zero and the mid-p test does not, it is drawn out to zero: the sign is claimed only when both agree.

    Attributes:
        lost: rows that only the first got right.
        won: rows that only the second got right.
        centre: the middle of the interval, nearer to 0 than `value`.
    """

    lost: int
    won: int
    centre: float

    def interval(self, alpha: float) -> Interval:
        """Return the interval, drawn out to 0 where the test does not claim a sign."""
        interval = wald(self.centre, self.error, alpha)
        low = interval.low if one_sided_mid_p(self.won, self.lost) <= alpha else min(interval.low, 0.0)
        high = interval.high if one_sided_mid_p(self.lost, self.won) <= alpha else max(interval.high, 0.0)
        return Interval(max(-1.0, low), min(1.0, high))

    def p_above(self) -> float:
        """Return the larger of the mid-p value and the p-value of the interval."""
        return max(one_sided_mid_p(self.won, self.lost), float(ndtr(-self.centre / self.error)))

    def p_below(self) -> float:
        """Return the larger of the mid-p value and the p-value of the interval."""
        return max(one_sided_mid_p(self.lost, self.won), float(ndtr(self.centre / self.error)))


def counted(lost: int, won: int, rows: int, parts: Floats | None = None) -> Counted:
    """Compare two accuracies by counts.

    Args:
        lost: rows that only the first got right.
        won: rows that only the second got right.
        rows: all rows, at least one.
        parts: [N] what each row adds, where somebody wants to know.
    """
    first, second = (lost + 1) / (rows + 2), (won + 1) / (rows + 2)
    centre = second - first
    return Counted(
        value=(won - lost) / rows,
        error=math.sqrt((first + second - centre**2) / (rows + 2)),
        method="mid-p McNemar, Bonett-Price interval",
        parts=parts,
        lost=lost,
        won=won,
        centre=centre,
    )


def changed(first: Flags, second: Flags) -> Counted:
    """Compare two accuracies on N rows, of which `first` and `second` [N] say whether the model was right."""
    lost, won, rows = int((first & ~second).sum()), int((~first & second).sum()), len(first)
    parts = (second.astype(np.float64) - first - (won - lost) / rows) / rows
    return counted(lost, won, rows, parts)


def one_sided_mid_p(lost: int, won: int) -> float:
    """Return the mid-p value of "the second is no worse": small when `lost` rows outnumber `won` rows.

    Twice the smaller of both sides is the two-sided value (Fagerland 2013, equation 3).
    """
    discordant = lost + won
    if discordant == 0:
        return 0.5
    up_to, below = bdtr(won, discordant, 0.5), bdtr(won - 1, discordant, 0.5) if won else 0.0
    return float((up_to + below) / 2)
