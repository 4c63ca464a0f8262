"""Where a comparison must not claim more than its rows know."""

import numpy as np
import pytest

from mlops_actions.evaluate.metrics import METRICS
from mlops_actions.evaluate.rows import ClassRows, Extent, NumberRows


@pytest.mark.parametrize("name", ["rmse", "r2", "mae"])
@pytest.mark.parametrize(("before", "after"), [(0.1, 0.0), (0.1, 0.2), (0.1, -0.1), (0.1, 0.1)])
def test_residuals_that_are_all_equal_are_compared(name: str, before: float, after: float) -> None:
    labels = np.random.default_rng(0).normal(size=400)
    base, candidate = (NumberRows(labels, labels + residual) for residual in (before, after))
    metric = METRICS[name]
    change = metric.compare(base, candidate)
    low, high = change.interval(0.05)
    assert low <= change.value <= high
    assert change.value == pytest.approx(metric.estimate(candidate).value - metric.estimate(base).value)


def test_groups_of_unequal_size_are_worth_fewer_equal_ones() -> None:
    accuracy = METRICS["accuracy"]
    labels = np.repeat([0, 1], 500)

    def support(groups: np.ndarray) -> int:
        return accuracy.support(ClassRows(["a", "b"], labels, labels, None, Extent(groups=groups)))

    assert support(np.arange(1000) % 40) == 40
    # One group has 802 rows, 99 have two.
    assert support(np.concatenate([np.zeros(802, dtype=int), 1 + np.arange(198) % 99])) == 1
    # The rows of the rarest class are in 30 groups, and nearly all of them in one.
    rare = np.concatenate([np.arange(500), 500 + np.concatenate([np.arange(29), np.full(471, 29)])])
    assert METRICS["f1_macro"].support(ClassRows(["a", "b"], labels, labels, None, Extent(groups=rare))) == 1


def test_rows_of_unequal_weight_are_worth_fewer_equal_ones() -> None:
    labels, weights = np.repeat([0, 1], 100), np.where(np.arange(200) % 100 == 0, 1000.0, 1.0)
    rows = ClassRows(["a", "b"], labels, labels, None, Extent(weights=weights))
    assert [METRICS[name].support(rows) for name in ("accuracy", "recall")] == [2, 1]
