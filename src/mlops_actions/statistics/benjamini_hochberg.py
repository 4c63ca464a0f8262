"""Several hypotheses at once: the false discovery rate (Benjamini & Hochberg 1995, JRSS B 57:289).

Valid for independent tests and for positively dependent ones (Benjamini & Yekutieli 2001, Annals of Statistics 29:1165).
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def rejected(p_values: Floats, rate: float) -> Flags:
    """Return which of M hypotheses are rejected, so that the expected share of false ones among them is at most `rate`."""
    ordered = np.sort(p_values)
    small = np.flatnonzero(ordered <= rate * np.arange(1, len(ordered) + 1) / len(ordered))
    largest = ordered[small[-1]] if small.size else -1.0
    return np.asarray(p_values <= largest, dtype=np.bool_)
