"""What a metric is, and what all of them share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mlops_actions.evaluate.rows import ClassRows, Extent, Flags, Floats, LabelRows, NumberRows, Rows, Task
from mlops_actions.statistics.change import Change, linear, summed, usual
from mlops_actions.statistics.estimate import Bounded, Estimate, Share

NO_ERROR = 1e-12  # what rows add is rounding below this: no row tells the two apart
CLASSES: frozenset[Task] = frozenset({"classification", "multilabel"})
NUMBERS: frozenset[Task] = frozenset({"regression"})


@dataclass(frozen=True)
class Metric:
    """A metric.

    Attributes:
        title: its name for people.
        tasks: which kinds of models it judges.
        estimate: rows to value and interval.
        compare: (base, candidate) on the same rows to the change.
        support: rows that a claim rests on (groups, where rows come in groups), as `worth` counts; below 30 the metric is unpowered.
        higher_is_better: direction.
        needs_scores: predictions alone are not enough.
        obstacle: why the metric cannot be had from rows that have scores where needed, or "".
        detail: what stands in brackets behind the title: of which class, averaged how.
    """

    title: str
    tasks: frozenset[Task]
    # Any: `tasks` says which of the kinds of rows come.
    estimate: Callable[[Any], Estimate]
    compare: Callable[[Any, Any], Change]
    support: Callable[[Any], int]
    higher_is_better: bool = True
    needs_scores: bool = False
    obstacle: Callable[[Any], str] = lambda _: ""
    detail: Callable[[Any], str] = lambda _: ""

    def heading(self, rows: Rows) -> str:
        """Return the name for people, with the averaging said."""
        detail = self.detail(rows)
        return f"{self.title} ({detail})" if detail else self.title


def task_of(rows: Rows) -> Task:
    """Return the kind of model that answers with such rows."""
    if isinstance(rows, NumberRows):
        return "regression"
    return "classification" if isinstance(rows, ClassRows) else "multilabel"


class Linear(NamedTuple):
    """A value and what each row adds to it: [N], summing to 0 (its influence: the delta method)."""

    value: float
    parts: Floats


def mean(values: Floats, extent: Extent) -> Linear:
    """Return the mean of N numbers, each with its row's weight (a ratio of two sums, linearised)."""
    weights = extent.weights
    if weights is None:
        value = float(values.mean())
        return Linear(value, (values - value) / len(values))
    value = float(np.einsum("i,i", weights, values) / weights.sum())
    return Linear(value, weights * (values - value) / weights.sum())


def difference(first: Linear, second: Linear, method: str, extent: Extent, dearest: float = 0.0) -> Change:
    """Return the change between two values, each with what rows add to it.

    A row more may add as much as a usual one of the base, or as `dearest`, whichever is more.
    """
    least = max(usual(summed(first.parts, extent.groups)), dearest)
    parts = second.parts - first.parts
    return linear(second.value - first.value, parts, method + extent.said(), extent.groups, least)


def between_0_and_1(value: float, parts: Floats, extent: Extent, rows: int) -> Estimate:
    """Return the estimate of a metric between 0 and 1: on the logit scale, or as a share of `rows` where nothing varies."""
    found = linear(value, parts, "", extent.groups)
    if found.error < NO_ERROR or not 0 < value < 1:
        return Share(value, max(rows, 1))
    return Bounded(value, found.error, found.freedom)


def all_rows(rows: Rows) -> int:
    """Return what all rows are worth: see `worth`."""
    return worth(np.ones(len(rows.labels), dtype=np.bool_), rows.extent)


def worth(chosen: Flags, extent: Extent) -> int:
    """Return how many equal, independent rows (or groups) the chosen rows are worth: (sum of sizes)^2 / sum of squares.

    Kish 1965, Survey Sampling. Equal rows count one each. Of 100 groups whose sizes differ a hundredfold a few decide, and
    errors that are estimated from all of them call an equal model worse up to 13 % of the time.
    """
    if extent.groups is None and extent.weights is None:
        return int(np.count_nonzero(chosen))
    sizes = chosen if extent.weights is None else np.where(chosen, extent.weights, 0.0)
    sizes = sizes.astype(np.float64) if extent.groups is None else np.bincount(extent.groups, sizes)
    squares = float(np.einsum("i,i", sizes, sizes))
    # 30 equal groups are 30, whatever the last digit.
    return int(float(sizes.sum()) ** 2 / squares + 1e-6) if squares else 0


def rarest(rows: ClassRows | LabelRows) -> int:
    """Return what the rows of the rarest class are worth; of several labels, those of the rarest side of any."""
    if rows.extent.groups is None and rows.extent.weights is None:
        return rows.fewest
    sides = (
        [rows.labels == code for code in range(len(rows.classes))]
        if isinstance(rows, ClassRows)
        else [side for label in rows.labels.T for side in (label, ~label)]
    )
    return min(worth(side, rows.extent) for side in sides)
