"""Several hypotheses at once: against statsmodels, and by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr
from statsmodels.stats.multitest import multipletests

from mlops_actions.statistics import benjamini_hochberg, holm, maxt

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30).map(np.array)


@settings(max_examples=25)  # statsmodels takes a twentieth of a second for each
@given(P_VALUES, st.floats(0.001, 0.4))
def test_holm_rejects_what_statsmodels_rejects(values: np.ndarray, alpha: float) -> None:
    levels = holm.levels(values, alpha)
    assert (values <= levels).tolist() == multipletests(values, alpha, method="holm")[0].tolist()
    assert levels.max() <= alpha
    assert levels.min() >= alpha / len(values)


@given(P_VALUES, st.floats(0.001, 0.4))
def test_benjamini_hochberg_rejects_what_statsmodels_rejects(values: np.ndarray, rate: float) -> None:
    found = benjamini_hochberg.rejected(values, rate)
    assert found.tolist() == multipletests(values, rate, method="fdr_bh")[0].tolist()


def block(units: list[int], *parts: list[float]) -> maxt.Block:
    return maxt.Block(np.array(units), np.array(parts).T)


def test_the_correlation_is_that_of_shared_rows() -> None:
    found = maxt.correlation([block([0, 1, 2], [1.0, -1.0, 0.5], [2.0, 0.0, 1.0]), block([2, 3], [-0.5, 2.0])])
    dense = np.array([[1, -1, 0.5, 0], [2, 0, 1, 0], [0, 0, -0.5, 2]])
    shared = dense @ dense.T
    size = np.sqrt(np.diag(shared))
    assert found == pytest.approx(shared / np.outer(size, size), abs=1e-12)


def test_a_statistic_without_any_error_is_correlated_with_itself_alone() -> None:
    found = maxt.correlation([block([0, 1], [0.0, 0.0]), block([0, 1], [1.0, -1.0])])
    assert found.tolist() == np.eye(2).tolist()


def test_equal_tests_are_paid_for_once() -> None:
    draws = maxt.drawn(np.ones((10, 10)), seed=1)
    assert maxt.levels(np.full(10, 0.04), draws, 0.05) == pytest.approx(0.05, abs=0.003)


def test_independent_tests_cost_what_sidak_says() -> None:
    draws = maxt.drawn(np.eye(8), seed=1)
    assert maxt.levels(np.linspace(0.2, 0.9, 8), draws, 0.05) == pytest.approx(1 - 0.95 ** (1 / 8), abs=0.0006)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4).map(np.array), st.integers(0, 3))
def test_max_t_never_has_less_than_holm_nor_more_than_alpha(values: np.ndarray, seed: int) -> None:
    root = np.random.default_rng(seed).normal(size=(4, 4))
    spread = root @ root.T
    size = np.sqrt(np.diag(spread))
    levels = maxt.levels(values, maxt.drawn(spread / np.outer(size, size), seed), 0.05)
    # Whatever Holm rejects is rejected.
    assert ((values <= levels) >= (values <= holm.levels(values, 0.05))).all()
    assert levels.max() <= 0.05


def test_false_alarms_of_overlapping_tests() -> None:
    """Forty tests that share half of what they see: max-T errs 5 % of the time, Holm less, no correction far more."""
    correlation = np.full((40, 40), 0.5)
    np.fill_diagonal(correlation, 1.0)
    draws = maxt.drawn(correlation, seed=2)
    generator, runs = np.random.default_rng(3), 4000
    seen = generator.multivariate_normal(np.zeros(40), correlation, runs)
    smallest = ndtr(seen).min(axis=1)
    level = maxt.levels(np.full(40, 0.5), draws, 0.05)[0]
    alarms = {name: (smallest <= at).mean() for name, at in (("max-T", level), ("Holm", 0.05 / 40), ("none", 0.05))}
    assert alarms["max-T"] == pytest.approx(0.05, abs=0.01)
    assert alarms["Holm"] < 0.03
    assert alarms["none"] > 0.3
