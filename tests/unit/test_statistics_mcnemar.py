"""McNemar's mid-p test and Tango's interval against published tables, statsmodels and plain maximisation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm

from mlops_actions.statistics import mcnemar


def two_sided_mid_p(lost: int, won: int) -> float:
    return min(1.0, 2 * mcnemar.one_sided_mid_p(max(lost, won), min(lost, won)))


@pytest.mark.parametrize(
    ("lost", "won", "mid"),
    [
        (1, 7, 0.039),  # Fagerland 2013, table 1: airway hyper-responsiveness (Bentur 2009)
        (6, 16, 0.035),  # Fagerland 2013, table 2: complete response (Cavo 2012)
    ],
)
def test_p_values_of_the_published_tables(lost: int, won: int, mid: float) -> None:
    assert two_sided_mid_p(lost, won) == pytest.approx(mid, abs=0.0006)


def test_the_score_interval_of_the_published_table() -> None:
    # Fagerland 2014, table 1 above, 95 %: -0.517 to -0.026 for the first minus the second.
    assert mcnemar.counted(1, 7, 21).interval(0.025) == pytest.approx((0.026, 0.517), abs=0.0006)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mid_p_is_the_exact_value_of_statsmodels_with_half_the_tie_off(lost: int, won: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar as reference

    exact = float(reference([[5, lost], [won, 5]], exact=True).pvalue) if lost + won else 1.0
    tie = float(binom.pmf(min(lost, won), lost + won, 0.5))
    # Equal counts: both tails hold the middle, and the exact value is cut at 1.
    wanted = 1.0 if lost == won else exact - tie
    assert two_sided_mid_p(lost, won) == pytest.approx(wanted, abs=1e-9)


def test_one_sided_values_are_complements_and_even_without_differences() -> None:
    assert mcnemar.one_sided_mid_p(0, 0) == 0.5
    assert mcnemar.one_sided_mid_p(9, 2) + mcnemar.one_sided_mid_p(2, 9) == pytest.approx(1.0)
    assert mcnemar.one_sided_mid_p(9, 2) < 0.05


def score_by_maximisation(lost: int, won: int, rows: int, change: float) -> float:
    """Return the score statistic with the share lost found by maximising the likelihood, not by a formula."""
    same = rows - lost - won

    def minus_likelihood(share: float) -> float:
        chances, seen = (share, share + change, 1 - 2 * share - change), (lost, won, same)
        return -sum(count * math.log(max(chance, 1e-300)) for chance, count in zip(chances, seen, strict=True))

    bounds = (max(0.0, -change), (1 - change) / 2)
    share = minimize_scalar(minus_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x
    return float((won - lost - rows * change) / math.sqrt(rows * (2 * share + change * (1 - change))))


@settings(max_examples=60)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 300), st.floats(0.001, 0.2))
def test_the_ends_of_the_interval_are_where_the_score_test_is_at_alpha(
    lost: int, won: int, same: int, alpha: float
) -> None:
    rows = lost + won + same
    low, high = mcnemar.counted(lost, won, rows).interval(alpha)
    if high != 0:
        assert norm.cdf(score_by_maximisation(lost, won, rows, high)) == pytest.approx(alpha, rel=1e-4)
    if low != 0:
        assert norm.sf(score_by_maximisation(lost, won, rows, low)) == pytest.approx(alpha, rel=1e-4)


@pytest.mark.parametrize(("lost", "won", "rows"), [(7, 2, 12), (43, 29, 100), (55, 39, 100)])
def test_an_interval_that_the_test_does_not_bear_out_is_drawn_out_to_zero(lost: int, won: int, rows: int) -> None:
    assert mcnemar.one_sided_mid_p(lost, won) > 0.05
    assert mcnemar.counted(lost, won, rows).interval(0.05).high == 0
    assert mcnemar.counted(won, lost, rows).interval(0.05).low == 0


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2000), st.sampled_from([0.05, 0.0005]))
def test_the_sign_is_claimed_only_when_test_and_interval_agree(lost: int, won: int, same: int, alpha: float) -> None:
    rows = lost + won + same + 1
    low, high = mcnemar.counted(lost, won, rows).interval(alpha)
    assert -1 <= low <= (won - lost) / rows <= high <= 1
    assert not (high < 0 and mcnemar.one_sided_mid_p(lost, won) > alpha)
    assert not (low > 0 and mcnemar.one_sided_mid_p(won, lost) > alpha)
    assert mcnemar.counted(won, lost, rows).interval(alpha) == pytest.approx((-high, -low), abs=1e-12)


def test_no_difference_seen_is_not_no_difference() -> None:
    same = mcnemar.counted(0, 0, 100)
    # The score interval of no event in 100 rows: z^2 / (n + z^2).
    assert same.interval(0.05).high == pytest.approx(2.7055 / 102.7055, abs=1e-5)
    assert same.error > 0


def test_rows_and_counts_say_the_same() -> None:
    generator = np.random.default_rng(0)
    first, second = (generator.random(400) < share for share in (0.8, 0.85))
    found = mcnemar.changed(first, second)
    assert found.value == pytest.approx(second.mean() - first.mean())
    assert found.parts is not None
    assert float(found.parts.sum()) == pytest.approx(0, abs=1e-12)
    assert math.sqrt(float(found.parts @ found.parts)) == pytest.approx(found.error, rel=0.05)
