"""Where a comparison must not claim more than its rows know."""

import math

import numpy as np
import pytest
from scipy.stats import norm

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


def ranked(generator: np.random.Generator, distances: tuple[float, float], rows: int, positive: int) -> list[ClassRows]:
    labels = (np.arange(rows) < positive).astype(np.int64)
    found = []
    for distance in distances:
        scores = distance * labels + generator.normal(size=rows)
        found.append(ClassRows(["a", "b"], labels, labels, np.column_stack([-scores, scores])))
    return found


@pytest.mark.parametrize("distances", [(3.5, 3.0), (4.5, 3.5)])
def test_an_area_near_one_is_not_no_worse_because_few_rows_are_ranked_wrongly(distances: tuple[float, float]) -> None:
    # Areas of 0.993 and 0.9993, of which the candidate loses what is then the margin; 30 positive rows.
    margin = float(np.subtract(*(norm.cdf(distance / math.sqrt(2)) for distance in distances)))
    generator, compare = np.random.default_rng(5), METRICS["roc_auc"].compare
    lows = [compare(*ranked(generator, distances, 300, 30)).interval(0.05).low for _ in range(300)]
    assert np.mean([low > -margin for low in lows]) <= 0.055
    # And yet a usable interval: twice the margin is told from none at all.
    assert np.median(lows) > -4 * margin


def test_an_area_of_one_that_stays_may_still_have_dropped_below_it() -> None:
    rows = ranked(np.random.default_rng(0), (50.0, 50.0), 200, 50)
    change = METRICS["roc_auc"].compare(*rows)
    assert change.value == 0
    assert change.interval(0.05).low < -0.002
    assert change.interval(0.05).high == 0


@pytest.mark.parametrize(("rows", "share"), [(200, 0.01), (1000, 0.002)])
@pytest.mark.parametrize("name", ["log_loss", "brier"])
def test_sure_and_wrong_answers_that_no_row_shows_are_reckoned_with(name: str, rows: int, share: float) -> None:
    # The candidate is sure of a tenth of the rows, and wrong on a share of all: what it loses there is then the margin.
    generator, passed, runs = np.random.default_rng(1), 0, 400
    metric = METRICS[name]
    for _ in range(runs):
        labels = generator.integers(0, 2, rows)
        mild = np.where(labels == 1, 0.7, 0.3)
        place = generator.random(rows)
        truth = np.where(labels == 1, 1.0, 0.0)
        sure = np.where(place < share, 1 - truth, np.where(place < 0.1, truth, mild))
        calm = np.where((place >= share) & (place < 0.1), truth, mild)
        base, candidate = (ClassRows(["0", "1"], labels, labels, np.column_stack([1 - p, p])) for p in (calm, sure))
        margin = share * (-math.log(1.2e-7) + math.log(0.7) if name == "log_loss" else 1 - 0.09)
        passed += -metric.compare(base, candidate).interval(0.05).high > -margin
    assert passed / runs <= 0.055
