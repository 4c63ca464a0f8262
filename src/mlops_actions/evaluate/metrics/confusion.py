"""Precision, recall and F1: ratios of counts of each class, averaged over classes. A new one is a line in METRICS.

Changes are told by the bootstrap over the joint cells (label, base, candidate). With weights or groups, with several labels
a row, and with more kinds of cells than can be resampled, the delta method takes its place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from mlops_actions.evaluate.metrics.metric import (
    CLASSES,
    Linear,
    Metric,
    between_0_and_1,
    rarest,
    worth,
)
from mlops_actions.evaluate.rows import ClassRows, Codes, Confusion, Floats, LabelRows
from mlops_actions.evaluate.text import in_order
from mlops_actions.statistics import cells
from mlops_actions.statistics.bootstrap import spread
from mlops_actions.statistics.change import Change, linear
from mlops_actions.statistics.estimate import Estimate

MOST_NAMED = 3  # classes that are not there
Answers = ClassRows | LabelRows
Averaging = Literal["one", "macro", "weighted"]


@dataclass(frozen=True)
class Ratio:
    """hits * `hits` / (predicted * `predicted` + actual * `actual`) of each class; 0 where the denominator is."""

    hits: float
    predicted: float
    actual: float

    def of(self, table: Confusion) -> Floats:
        """Return the ratio of each class: [R, K]."""
        total = self._total(table)
        return np.divide(self.hits * table.hits, total, out=np.zeros_like(total), where=total > 0)

    def gradient(self, table: Confusion) -> Confusion:
        """Return how the ratio of a class moves with its counts: each [R, K]."""
        total = self._total(table)
        inverse = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        ratio = self.of(table)
        return Confusion(self.hits * inverse, -self.predicted * ratio * inverse, -self.actual * ratio * inverse)

    def _total(self, table: Confusion) -> Floats:
        return np.asarray(self.predicted * table.predicted + self.actual * table.actual, dtype=np.float64)


PRECISION, RECALL, F1 = Ratio(1, 1, 0), Ratio(1, 0, 1), Ratio(2, 1, 1)


@dataclass(frozen=True)
class Average:
    """The mean of a ratio over classes.

    Attributes:
        one: the only class that counts, or None.
        weighted: classes count by their rows; else alike.
        among: the classes that count, where not all do.
    """

    ratio: Ratio
    one: int | None = None
    weighted: bool = False
    among: tuple[int, ...] | None = None

    def of(self, table: Confusion) -> Floats:
        """Return the mean of each table: [R]."""
        ratios = self.ratio.of(table)
        return np.asarray((ratios * self._shares(table)).sum(axis=-1), dtype=np.float64)

    def gradient(self, table: Confusion) -> Confusion:
        """Return how the mean moves with the counts of each class: each [R, K]."""
        shares = self._shares(table)
        hits, predicted, actual = (shares * one for one in self.ratio.gradient(table))
        if self.weighted:
            # A row more of a class also moves the class's share.
            value = self.of(table)[..., None]
            actual = actual + (self.ratio.of(table) - value) / table.actual.sum(axis=-1, keepdims=True)
        return Confusion(hits, predicted, actual)

    def _shares(self, table: Confusion) -> Floats:
        if self.one is not None:
            return np.asarray(np.arange(table.actual.shape[-1]) == self.one, dtype=np.float64)
        if self.weighted:
            return np.asarray(table.actual / table.actual.sum(axis=-1, keepdims=True), dtype=np.float64)
        if self.among is not None:
            return np.isin(np.arange(table.actual.shape[-1]), self.among) / len(self.among)
        return np.full(table.actual.shape[-1], 1 / table.actual.shape[-1])


@lru_cache(maxsize=2)  # base and candidate: each is estimated, then both are compared
def measured(rows: Answers, average: Average) -> Linear:
    """Return the metric and what each row adds to it (the delta method): parts sum to 0, as doubling all counts changes nothing."""
    table = rows.confusion
    hits, predicted, actual = average.gradient(table)
    if isinstance(rows, LabelRows):
        parts = (rows.labels & rows.predicted) @ hits + rows.predicted @ predicted + rows.labels @ actual
    else:
        parts = np.where(rows.right, hits[rows.labels], 0.0) + predicted[rows.predicted] + actual[rows.labels]
    if rows.extent.weights is not None:
        parts = parts * rows.extent.weights
    return Linear(float(average.of(table)), parts)


def heaviest(rows: Answers, average: Average) -> float:
    """Return by how much the metric moves when the row that counts most is answered otherwise."""
    hits, predicted, _ = average.gradient(rows.confusion)
    right = hits + predicted
    if isinstance(rows, LabelRows):
        weight = np.maximum(np.abs(right), np.abs(predicted))
    else:
        low, high = _of_others(predicted), -_of_others(-predicted)
        weight = np.maximum(np.abs(right - low), np.abs(right - high))
    weights = rows.extent.weights
    return float(weight.max()) * (1.0 if weights is None else float(weights.max()))


def _of_others(values: Floats) -> Floats:
    """Return for each class the smallest value of the other classes: [K]."""
    smallest, second = np.argsort(values)[:2]
    return np.asarray(np.where(np.arange(len(values)) == smallest, values[second], values[smallest]))


@lru_cache(maxsize=1)  # several metrics in a row ask for the same
def replicates(base: ClassRows, candidate: ClassRows) -> tuple[Confusion, Confusion] | None:
    """Return the tables of base and candidate in each bootstrap replicate: each [R, K]; None where there are too many kinds of cells."""
    classes = len(base.classes)
    joint = cells.joint_cells(classes, base.labels, base.predicted, candidate.predicted)
    if not cells.affordable(joint):
        return None
    labels, first, second = joint.codes.T
    counts = cells.replicates(joint).astype(np.float64)
    actual = counts @ _indicator(labels, classes)

    def table(predicted: Codes) -> Confusion:
        hit = labels == predicted
        hits = counts[:, hit] @ _indicator(labels[hit], classes)
        return Confusion(hits, counts @ _indicator(predicted, classes), actual)

    return table(first), table(second)


def _indicator(codes: Codes, classes: int) -> csr_array:
    """Return [N, K], 1 where the row is the class; sparse, since a thousand classes are usual."""
    return csr_array((np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), classes))


def of_ratio(title: str, ratio: Ratio, averaging: Averaging) -> Metric:
    """Make a metric.

    Args:
        title: for people.
        ratio: of each class.
        averaging: `one`: of two classes the larger, of more (or of several labels) macro; `macro`; `weighted` by the rows of a class.
    """

    def average(rows: Answers) -> Average:
        one = larger(rows) if averaging == "one" else None
        among = tuple(there(rows)) if isinstance(rows, ClassRows) else None
        return Average(ratio, one, averaging == "weighted", among)

    def support(rows: Answers) -> int:
        if isinstance(rows, LabelRows):
            return rarest(rows)
        one = larger(rows) if averaging == "one" else None
        if one is None:
            return rarest_there(rows)
        return worth(np.equal(rows.predicted if ratio.actual == 0 else rows.labels, one), rows.extent)

    def estimate(rows: Answers) -> Estimate:
        value, parts = measured(rows, average(rows))
        return between_0_and_1(value, parts, rows.extent, support(rows))

    def compare(base: Answers, candidate: Answers) -> Change:
        (first, before), (second, after) = (measured(rows, average(rows)) for rows in (base, candidate))
        value, parts, extent = second - first, after - before, base.extent
        least = heaviest(base, average(base))
        if extent.weights is None and extent.groups is None and isinstance(base, ClassRows):
            assert isinstance(candidate, ClassRows)
            drawn = replicates(base, candidate)
            if drawn:
                before_drawn, after_drawn = average(base).of(drawn[0]), average(candidate).of(drawn[1])
                return spread(value, after_drawn - before_drawn, parts, "bootstrap of the joint cells", least)
        return linear(value, parts, "delta method" + extent.said(), extent.groups, least)

    return Metric(title, CLASSES, estimate, compare, support, detail=_detail(averaging))


def there(rows: ClassRows) -> list[int]:
    """Return the classes that a row is of or is called; others have no ratio, and no part in a mean (as in scikit-learn)."""
    return [int(code) for code in np.flatnonzero(rows.confusion.actual + rows.confusion.predicted)]


def rarest_there(rows: ClassRows) -> int:
    """Return what the rows of the rarest class are worth, of those that are there."""
    if rows.extent.groups is None and rows.extent.weights is None:
        return int(np.bincount(rows.labels, minlength=len(rows.classes))[there(rows)].min())
    return min(worth(rows.labels == code, rows.extent) for code in there(rows))


def larger(rows: Answers) -> int | None:
    """Return the code of the larger of two classes (1 of 0 and 1); None where there are more, or several labels."""
    if isinstance(rows, LabelRows) or len(rows.classes) != 2:
        return None
    return rows.classes.index(in_order(set(rows.classes))[1])


def _detail(averaging: Averaging) -> Callable[[Answers], str]:
    def detail(rows: Answers) -> str:
        code = larger(rows) if averaging == "one" else None
        if code is not None:
            return f"of {rows.classes[code][:60]}"
        over = "labels" if isinstance(rows, LabelRows) else "classes"
        return (f"weighted by {over}" if averaging == "weighted" else f"mean over {over}") + _without(rows)

    return detail


def _without(rows: Answers) -> str:
    """Name classes that no row is of or is called."""
    if isinstance(rows, LabelRows):
        return ""
    present = set(there(rows))
    absent = [name[:60] for code, name in enumerate(rows.classes) if code not in present]
    more = f" and {len(absent) - MOST_NAMED} more" if len(absent) > MOST_NAMED else ""
    return f", without {', '.join(absent[:MOST_NAMED])}{more}" if absent else ""


METRICS = {
    "precision": of_ratio("Precision", PRECISION, "one"),
    "recall": of_ratio("Recall", RECALL, "one"),
    "f1_weighted": of_ratio("F1", F1, "weighted"),
    "f1_macro": of_ratio("F1", F1, "macro"),
}
