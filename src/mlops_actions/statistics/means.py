"""The mean of one number a row."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit


class Mean(NamedTuple):
    """A mean with its two-sided interval and standard error."""

    value: float
    low: float
    high: float
    error: float


def mean(values: npt.NDArray[np.float64], alpha: float) -> Mean:
    """Return the mean of at least two values with Student's t interval; of differences of pairs it is the paired t."""
    value, error = float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))
    half = -float(stdtrit(len(values) - 1, alpha)) * error
    return Mean(value, value - half, value + half, error)
