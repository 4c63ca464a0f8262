"""The metrics. A new one is one function and one line in METRICS, and its key in `EvaluateSection` (config/models.py).

Functions of the confusion table become metrics by `of_cells` (bootstrap), means of one number a row by `of_mean` (paired t);
both bring value, interval and paired comparison. `alpha` is the error on each side of an interval.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from mlops_actions.evaluate.rows import ClassRows, Codes, Floats, NumberRows, Rows, Task
from mlops_actions.statistics import cells, delong, mcnemar, means
from mlops_actions.statistics.normal import Interval, wald, z
from mlops_actions.statistics.proportion import wilson

NO_ERROR = 1e-12  # a standard error below this is rounding: no row tells the two apart


class Estimate(NamedTuple):
    """A value with its two-sided interval."""

    value: float
    low: float
    high: float


class Change(NamedTuple):
    """Candidate minus base, in the metric's own unit and direction, with interval and standard error."""

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        title: its name for people, with the averaging said.
        task: which kind of model it judges.
        method: how the paired interval is made.
        estimate: (rows, alpha) to value and interval.
        compare: (base, candidate, alpha) on the same rows to the change.
        support: rows that the claim rests on; below 30 the metric is unpowered.
        higher_is_better: direction.
        needs_scores: predictions alone are not enough.
    """

    title: str
    task: Task
    method: str
    # Any: a classification metric takes ClassRows, a regression metric NumberRows; `task` says which.
    estimate: Callable[[Any, float], Estimate]
    compare: Callable[[Any, Any, float], Change]
    support: Callable[[Any], int]
    higher_is_better: bool = True
    needs_scores: bool = False


def accuracy(rows: ClassRows, alpha: float) -> Estimate:
    """Return the share of rows whose prediction is the label, with Wilson's interval."""
    share = float(rows.right.mean())
    return Estimate(share, *wilson(share, len(rows.labels), alpha))


def compare_accuracy(base: ClassRows, candidate: ClassRows, alpha: float) -> Change:
    """Return the change of accuracy (mid-p McNemar, Bonett-Price interval)."""
    lost, won = int((base.right & ~candidate.right).sum()), int((~base.right & candidate.right).sum())
    return Change(*mcnemar.compare(lost, won, len(base.labels), alpha))


def roc_auc(rows: ClassRows, alpha: float) -> Estimate:
    """Return the area under the ROC curve with DeLong's interval on the logit scale, which stays inside 0 to 1."""
    area = delong.area(rows.labels, _scores(rows))
    error = delong.standard_error(rows.labels, area.parts)
    if error < NO_ERROR:
        return Estimate(area.value, *wilson(area.value, rows.fewest, alpha))
    odds, spread = math.log(area.value / (1 - area.value)), error / (area.value * (1 - area.value))
    low, high = (1 / (1 + math.exp(-edge)) for edge in wald(odds, spread, alpha))
    return Estimate(area.value, low, high)


def compare_roc_auc(base: ClassRows, candidate: ClassRows, alpha: float) -> Change:
    """Return the change of the area (paired DeLong)."""
    first, second = (delong.area(rows.labels, _scores(rows)) for rows in (base, candidate))
    change, error = second.value - first.value, delong.standard_error(base.labels, second.parts - first.parts)
    if error < NO_ERROR:
        return _same(change, base.fewest, alpha)
    return Change(change, *wald(change, error, alpha), error)


def _scores(rows: ClassRows) -> Floats:
    assert rows.scores is not None, "the caller checks needs_scores"
    return rows.scores


def _same(change: float, rows: int, alpha: float) -> Change:
    """Give a change without spread the width it has when no row of `rows` differs: no difference seen is not none."""
    unseen = mcnemar.compare(0, 0, rows, alpha)
    return Change(change, change + unseen.low, change + unseen.high, unseen.error)


class Confusion(NamedTuple):
    """Counts of R tables, each [R, K]: rows that are the class and were called it, that were called it, that are it."""

    hits: Floats
    predicted: Floats
    actual: Floats


def f1_weighted(table: Confusion) -> Floats:
    """Return F1 of each class, 0 where the class is neither predicted nor there, weighted by the rows of the class: [R]."""
    total = table.predicted + table.actual
    f1 = np.divide(2 * table.hits, total, out=np.zeros_like(total), where=total > 0)
    return np.asarray((f1 * table.actual).sum(axis=1) / table.actual.sum(axis=1), dtype=np.float64)


def of_cells(title: str, function: Callable[[Confusion], Floats]) -> Metric:
    """Make a metric of a function of the confusion table; intervals by 2,000 bootstrap replicates of the joint cells."""

    def value(labels: Codes, predicted: Codes, counts: cells.Counts, classes: int) -> Floats:
        hit = labels == predicted
        return function(
            Confusion(
                counts[:, hit] @ _indicator(labels[hit], classes),
                counts @ _indicator(predicted, classes),
                counts @ _indicator(labels, classes),
            )
        )

    def estimate(rows: ClassRows, alpha: float) -> Estimate:
        joint, classes = cells.joint_cells(rows.labels, rows.predicted), len(rows.classes)
        labels, predicted = joint.codes.T
        found = float(value(labels, predicted, joint.counts[None], classes)[0])
        spread = cells.replicates(joint, lambda counts: value(labels, predicted, counts, classes))
        if spread.std() < NO_ERROR:
            return Estimate(found, *wilson(found, rows.fewest or 1, alpha))
        return Estimate(found, *_percentiles(spread, alpha))

    def compare(base: ClassRows, candidate: ClassRows, alpha: float) -> Change:
        joint = cells.joint_cells(base.labels, base.predicted, candidate.predicted)
        labels, first, second = joint.codes.T
        classes = len(base.classes)

        def change(counts: cells.Counts) -> Floats:
            return value(labels, second, counts, classes) - value(labels, first, counts, classes)

        found, spread = float(change(joint.counts[None])[0]), cells.replicates(joint, change)
        if spread.std() < NO_ERROR:
            return _same(found, base.fewest or 1, alpha)
        return Change(found, *_percentiles(spread, alpha), float(spread.std()))

    return Metric(
        title, "classification", "bootstrap of the joint cells", estimate, compare, lambda rows: int(rows.fewest)
    )


def _indicator(codes: Codes, classes: int) -> csr_array:
    """Return [N, K], 1 where the row is the class; sparse, since a thousand classes are usual."""
    return csr_array((np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), classes))


def _percentiles(values: Floats, alpha: float) -> Interval:
    low, high = np.quantile(values, [alpha, 1 - alpha])
    return Interval(float(low), float(high))


def absolute_error(rows: NumberRows) -> Floats:
    """Return |predicted - label| of each row: [N]."""
    return np.abs(rows.predicted - rows.labels)


def of_mean(title: str, function: Callable[[NumberRows], Floats]) -> Metric:
    """Make a metric of the mean of one loss a row; intervals by Student's t, paired for the comparison."""

    def estimate(rows: NumberRows, alpha: float) -> Estimate:
        found = means.mean(function(rows), alpha)
        return Estimate(found.value, found.low, found.high)

    def compare(base: NumberRows, candidate: NumberRows, alpha: float) -> Change:
        return Change(*means.mean(function(candidate) - function(base), alpha))

    return Metric(
        title, "regression", "paired t", estimate, compare, lambda rows: len(rows.labels), higher_is_better=False
    )


METRICS: dict[str, Metric] = {
    "accuracy": Metric(
        "Accuracy",
        "classification",
        "mid-p McNemar, Bonett-Price interval",
        accuracy,
        compare_accuracy,
        # Every row counts alike here, whatever its class.
        lambda rows: len(rows.labels),
    ),
    "f1_weighted": of_cells("F1 (weighted by class)", f1_weighted),
    "roc_auc": Metric(
        "ROC AUC",
        "classification",
        "paired DeLong",
        roc_auc,
        compare_roc_auc,
        lambda rows: int(rows.fewest),
        needs_scores=True,
    ),
    "mae": of_mean("Mean absolute error", absolute_error),
}


def title(name: str, rows: Rows) -> str:
    """Return a metric's name for people; where it averages over classes, how."""
    many = name == "roc_auc" and isinstance(rows, ClassRows) and len(rows.classes) > 2
    return METRICS[name].title + (" (one-vs-rest, macro)" if many else "")


def detectable(error: float, alpha: float, power: float = 0.8) -> float:
    """Return the smallest true drop that a comparison with this standard error finds with this power."""
    return (z(alpha) + z(1 - power)) * error
