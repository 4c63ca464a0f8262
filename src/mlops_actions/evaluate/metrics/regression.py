"""Root mean squared error and R²: BCa bootstrap, by the delta method beyond 100,000 rows and with weights or groups."""

from collections.abc import Callable

import numpy as np

from mlops_actions.evaluate.metrics.metric import NUMBERS, Linear, Metric, all_rows, difference, mean
from mlops_actions.evaluate.rows import Floats, NumberRows
from mlops_actions.statistics import residuals
from mlops_actions.statistics.bootstrap import bca
from mlops_actions.statistics.change import Change, linear, usual
from mlops_actions.statistics.estimate import Estimate

# What few rows do not show, no resampling of them shows: with 10 of 50 rows differing BCa misses its margin 7 % of the time.
FEWEST_DIFFERING = 100
ROUNDING = 1e-9


def rmse(rows: NumberRows) -> Linear:
    """Return the root of the mean squared error and what each row adds to it."""
    square, parts = mean((rows.predicted - rows.labels) ** 2, rows.extent)
    root = float(np.sqrt(square))
    return Linear(root, parts / (2 * root) if root else parts)


def r2(rows: NumberRows) -> Linear:
    """Return the share of the labels' variance that is explained, and what each row adds to it."""
    centre = mean(rows.labels, rows.extent).value
    squares, spread = ((rows.predicted - rows.labels) ** 2, (rows.labels - centre) ** 2)
    (error, errors), (variance, variances) = mean(squares, rows.extent), mean(spread, rows.extent)
    return Linear(1 - error / variance, (error * variances / variance - errors) / variance)


def of_sums(
    title: str,
    value: Callable[[NumberRows], Linear],
    function: Callable[[Floats], Floats],
    *,
    higher_is_better: bool,
    obstacle: Callable[[NumberRows], str] = lambda _: "",
) -> Metric:
    """Make a metric of a smooth function of sums over rows.

    Args:
        title: for people.
        value: the metric and what each row adds to it.
        function: the metric of each of R samples, given their sums [R, 4].
        higher_is_better: direction.
        obstacle: see `Metric`.
    """

    def estimate(rows: NumberRows) -> Estimate:
        found, parts = value(rows)
        if _by_delta(rows, parts, abs(found)):
            return linear(found, parts, "", rows.extent.groups)
        return bca(found, function(rows.sums.replicates), function(rows.sums.left_out), parts, method="")

    def compare(base: NumberRows, candidate: NumberRows) -> Change:
        first, second = value(base), value(candidate)
        parts = second.parts - first.parts
        if _by_delta(base, parts, abs(first.value) + abs(second.value)):
            return difference(first, second, "delta method", base.extent)
        replicates = function(candidate.sums.replicates) - function(base.sums.replicates)
        left_out = function(candidate.sums.left_out) - function(base.sums.left_out)
        change, least = second.value - first.value, usual(first.parts)
        return bca(change, replicates, left_out, parts, method="BCa bootstrap", least=least)

    return Metric(title, NUMBERS, estimate, compare, all_rows, higher_is_better=higher_is_better, obstacle=obstacle)


def _by_delta(rows: NumberRows, parts: Floats, size: float) -> bool:
    """Say whether resampling is dear, not defined, or blind; residuals that are all equal differ by rounding of `size` alone."""
    extent = rows.extent
    if extent.weights is not None or extent.groups is not None or len(rows.labels) > residuals.MOST_ROWS:
        return True
    return int(np.count_nonzero(np.abs(parts) > ROUNDING * size / len(parts))) < FEWEST_DIFFERING


def _constant(rows: NumberRows) -> str:
    return "all labels are the same number" if np.ptp(rows.labels) == 0 else ""


METRICS = {
    "rmse": of_sums("Root mean squared error", rmse, residuals.rmse, higher_is_better=False),
    "r2": of_sums("R²", r2, residuals.r2, higher_is_better=True, obstacle=_constant),
}
