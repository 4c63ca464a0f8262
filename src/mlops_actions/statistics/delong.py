"""Area under the ROC curve: its value, and what each row adds to it, from which variances and paired differences follow.

DeLong, DeLong & Clarke-Pearson 1988 (Biometrics 44:837), by the midranks of Sun & Xu 2014 (IEEE Signal Processing Letters
21:1389), so a million rows take a second. More than two classes: the plain mean of the one-vs-rest areas, whose variance
follows from the same placement values, class by class (the rows of a class are one sample of a generalised U-statistic).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


class Area(NamedTuple):
    """An area and its parts.

    Attributes:
        value: the area, 0 to 1.
        parts: [N], what each row adds; parts of the same rows under two models may be subtracted.
    """

    value: float
    parts: Floats


def area(labels: Codes, scores: Floats) -> Area:
    """Return the area of two classes, or the macro one-vs-rest area of more.

    Args:
        labels: [N] class codes 0 … K-1, each there at least once.
        scores: [N, K] finite scores.
    """
    classes = scores.shape[1]
    judged = [1] if classes == 2 else list(range(classes))
    value, parts = 0.0, np.zeros(len(labels))
    for code in judged:
        positive = labels == code
        one, placed = _one_against_rest(positive, scores[:, code])
        value += one / len(judged)
        parts += placed / np.where(positive, positive.sum(), (~positive).sum()) / len(judged)
    return Area(value, parts)


def standard_error(labels: Codes, parts: Floats) -> float:
    """Return the standard error of the sum of `parts` (of an area, or of a difference of two areas).

    Each class needs at least two rows.
    """
    groups = (parts[labels == code] for code in np.unique(labels))
    return float(np.sqrt(sum(len(group) * np.var(group, ddof=1) for group in groups)))


def _one_against_rest(positive: npt.NDArray[np.bool_], scores: Floats) -> tuple[float, Floats]:
    """Return the area and each row's placement: the share of the other side that it is ranked rightly against."""
    everywhere = midranks(scores)
    placed = np.empty(len(scores))
    placed[positive] = (everywhere[positive] - midranks(scores[positive])) / (~positive).sum()
    placed[~positive] = 1 - (everywhere[~positive] - midranks(scores[~positive])) / positive.sum()
    return float(placed[positive].mean()), placed


def midranks(values: Floats) -> Floats:
    """Return ranks counted from 1; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = np.cumsum(counts) - (counts - 1) / 2
    return ranks[inverse]
