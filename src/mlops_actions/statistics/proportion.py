"""Interval of one proportion."""

import math

from mlops_actions.statistics.normal import Interval, z


def wilson(share: float, rows: float, alpha: float) -> Interval:
    """Return the score interval of a share of `rows` (Wilson 1927, JASA 22:209).

    It stays inside 0 to 1 and keeps a width when every row agrees, where the textbook interval has none.
    """
    square = z(alpha) ** 2
    centre = (share + square / (2 * rows)) / (1 + square / rows)
    half = z(alpha) / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))
