"""The two numbers of the normal distribution that intervals and power need."""

from typing import NamedTuple

from scipy.special import ndtri


class Interval(NamedTuple):
    """A two-sided interval, `alpha` left out on each side."""

    low: float
    high: float


def z(alpha: float) -> float:
    """Return the value that a standard normal variable exceeds with probability `alpha`."""
    return float(-ndtri(alpha))


def wald(value: float, error: float, alpha: float) -> Interval:
    """Return `value` plus and minus z standard errors."""
    return Interval(value - z(alpha) * error, value + z(alpha) * error)
