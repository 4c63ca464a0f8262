"""What intervals and power need of the normal distribution."""

from typing import NamedTuple

from scipy.special import ndtri


class Interval(NamedTuple):
    """A two-sided interval, `alpha` left out on each side."""

    low: float
    high: float


def z(alpha: float) -> float:
    """Return the value that a standard normal variable exceeds with probability `alpha`."""
    return float(-ndtri(alpha))
