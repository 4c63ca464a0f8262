"""Where a comparison must not claim more than its rows know."""

import numpy as np
import pytest

from mlops_actions.evaluate.metrics import METRICS
from mlops_actions.evaluate.rows import NumberRows


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
