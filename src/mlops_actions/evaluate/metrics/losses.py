"""Means of one loss a row: log loss, Brier score, mean absolute error."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from mlops_actions.evaluate.metrics.metric import CLASSES, NUMBERS, Linear, Metric, all_rows, difference, mean
from mlops_actions.evaluate.rows import ClassRows, Floats, LabelRows, NumberRows, Rows, Task
from mlops_actions.statistics.change import Change, linear
from mlops_actions.statistics.estimate import Estimate

# One rounding of single precision, in which models are served: nobody is surer than 1 - 1.2e-7, and a row costs at most 15.9.
SUREST = float(np.finfo(np.float32).eps)
SUM_TOLERANCE = 1e-3


def log_loss(rows: ClassRows | LabelRows) -> Floats:
    """Return minus the logarithm of the probability of the truth: [N]; of several labels the mean over them.

    Probabilities of a row are divided by their sum, then moved into SUREST … 1 - SUREST.
    """
    return -_over_labels(np.log(np.clip(_of_truth(rows), SUREST, 1 - SUREST)))


def brier(rows: ClassRows | LabelRows) -> Floats:
    """Return the squared error of the probabilities: [N].

    Of two classes that of one of them, 0 to 1; of more the sum over classes, 0 to 2 (Brier 1950, Monthly Weather Review
    78:1); of several labels the mean over them.
    """
    if isinstance(rows, LabelRows) or len(rows.classes) == 2:
        return _over_labels((1 - _of_truth(rows)) ** 2)
    total, truth = _total(rows), _of_truth(rows)
    assert rows.scores is not None
    return np.asarray(np.einsum("ij,ij->i", rows.scores, rows.scores) / total**2 - 2 * truth + 1)


def dearest_log_loss(rows: ClassRows | LabelRows) -> float:
    """Return the log loss of a row if the surest answer among all rows were wrong."""
    return -math.log(max(1 - _surest(rows), SUREST)) / _labels(rows)


def dearest_brier(rows: ClassRows | LabelRows) -> float:
    """Return the Brier score of a row if the surest answer among all rows were wrong."""
    binary = isinstance(rows, LabelRows) or len(rows.classes) == 2
    return (1 if binary else 2) * _surest(rows) ** 2 / _labels(rows)


def absolute_error(rows: NumberRows) -> Floats:
    """Return |predicted - label| of each row: [N]."""
    return np.abs(rows.predicted - rows.labels)


def of_mean(
    title: str,
    tasks: frozenset[Task],
    loss: Callable[[Any], Floats],
    obstacle: Callable[[Any], str] = lambda _: "",
    dearest: Callable[[Any], float] = lambda _: 0.0,
) -> Metric:
    """Make a metric of the mean of one loss a row; intervals by Student's t, paired for the comparison.

    Args:
        title: for people.
        tasks: see `Metric`.
        loss: of each row: [N].
        obstacle: see `Metric`.
        dearest: the loss of one row more, where scores tell what it can be: a sure and wrong answer that no row shows.
    """

    @lru_cache(maxsize=2)  # base and candidate: each is estimated, then both are compared
    def measured(rows: Rows) -> Linear:
        return mean(loss(rows), rows.extent)

    def estimate(rows: Rows) -> Estimate:
        value, parts = measured(rows)
        return linear(value, parts, "", rows.extent.groups)

    def compare(base: Rows, candidate: Rows) -> Change:
        weights = base.extent.weights
        heaviest = 1 / len(base.labels) if weights is None else float(weights.max() / weights.sum())
        most = heaviest * max(dearest(rows) for rows in (base, candidate))
        return difference(measured(base), measured(candidate), "paired t", base.extent, most)

    return Metric(
        title,
        tasks,
        estimate,
        compare,
        all_rows,
        higher_is_better=False,
        needs_scores=tasks == CLASSES,
        obstacle=obstacle,
        detail=lambda rows: "mean over labels" if isinstance(rows, LabelRows) else "",
    )


@lru_cache(maxsize=2)  # base and candidate, of two metrics
def no_probabilities(rows: ClassRows | LabelRows) -> str:
    """Return why scores are no probabilities, or ""."""
    assert rows.scores is not None, "the caller checks needs_scores"
    low, high = float(rows.scores.min()), float(rows.scores.max())
    if low < -SUM_TOLERANCE or high > 1 + SUM_TOLERANCE:
        return f"the scores are no probabilities: they go from {low:.4g} to {high:.4g}"
    off = 0 if isinstance(rows, LabelRows) else int((np.abs(_total(rows) - 1) > SUM_TOLERANCE).sum())
    return f"the scores of {off:,} rows do not sum to 1, so they are no probabilities" if off else ""


@lru_cache(maxsize=2)  # base and candidate, of two metrics
def _of_truth(rows: ClassRows | LabelRows) -> Floats:
    """Return the probability that the model gave to what is true: [N], or [N, L] of several labels."""
    assert rows.scores is not None, "the caller checks needs_scores"
    if isinstance(rows, LabelRows):
        return np.asarray(np.where(rows.labels, rows.scores, 1 - rows.scores))
    return np.asarray(rows.scores[np.arange(len(rows.labels)), rows.labels] / _total(rows))


@lru_cache(maxsize=2)  # base and candidate, of two metrics
def _total(rows: ClassRows) -> Floats:
    """Return the sum of each row's scores: [N]; einsum takes a fifth of the time of a sum over the short axis."""
    assert rows.scores is not None, "the caller checks needs_scores"
    return np.asarray(np.einsum("ij->i", rows.scores))


@lru_cache(maxsize=2)  # base and candidate, of two metrics
def _surest(rows: ClassRows | LabelRows) -> float:
    """Return the largest probability that any answer was given."""
    assert rows.scores is not None, "the caller checks needs_scores"
    if isinstance(rows, LabelRows):
        return float(np.clip(max(rows.scores.max(), 1 - rows.scores.min()), 0, 1))
    return float((rows.scores / _total(rows)[:, None]).max())


def _labels(rows: ClassRows | LabelRows) -> int:
    """Return over how many labels the loss of a row is a mean."""
    return len(rows.classes) if isinstance(rows, LabelRows) else 1


def _over_labels(losses: Floats) -> Floats:
    """Return the mean of each row: [N, L] to [N]; [N] stays."""
    return losses if losses.ndim == 1 else np.asarray(losses.mean(axis=1))


METRICS = {
    "log_loss": of_mean("Log loss", CLASSES, log_loss, no_probabilities, dearest_log_loss),
    "brier": of_mean("Brier score", CLASSES, brier, no_probabilities, dearest_brier),
    "mae": of_mean("Mean absolute error", NUMBERS, absolute_error),
}
