"""A change answers for every level: intervals and p-values say the same, whatever the method."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from mlops_actions.statistics import mcnemar
from mlops_actions.statistics.bootstrap import Resampled, bca
from mlops_actions.statistics.change import Change, Student, linear, skewness, summed, two_more, usual

values = st.floats(-3, 3).filter(lambda value: abs(value) > 1e-3)
errors = st.floats(0.1, 2)
students = st.builds(
    Student,
    value=values,
    error=errors,
    method=st.just(""),
    freedom=st.sampled_from([4, 29, math.inf]),
    skewness=st.floats(-0.16, 0.16),
)
counts = st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(1, 500)).map(
    lambda drawn: mcnemar.counted(drawn[0], drawn[1], sum(drawn))
)


def resampled(seed: int, value: float) -> Resampled:
    generator = np.random.default_rng(seed)
    rows = generator.exponential(size=60) - 1 + value
    means = rows[generator.integers(0, 60, (2000, 60))].mean(axis=1)
    left_out = (rows.sum() - rows) / 59
    return bca(float(rows.mean()), means, left_out, (rows - rows.mean()) / 60, method="")


bootstraps = st.builds(resampled, st.integers(0, 20), st.floats(-0.5, 0.5))
plain = st.one_of(students, counts, bootstraps)
widened = st.builds(lambda change, extra, freedom: change.widened(extra, freedom), plain, errors, st.sampled_from([2, math.inf]))  # fmt: skip
changes = st.one_of(plain, widened)


@settings(max_examples=200)
@given(changes, st.floats(1e-7, 0.45))
def test_p_values_and_intervals_say_the_same(change: Change, alpha: float) -> None:
    low, high = change.interval(alpha)
    # A hair beside the level where the interval ends at 0, both may be rounded either way.
    if abs(change.p_above() / alpha - 1) > 1e-6:
        assert (change.p_above() <= alpha) == (low > 0)
    if abs(change.p_below() / alpha - 1) > 1e-6:
        assert (change.p_below() <= alpha) == (high < 0)


@settings(max_examples=200)
@given(changes, st.floats(1e-7, 0.4), st.floats(0.1, 0.9))
def test_a_smaller_alpha_never_gives_a_narrower_interval(change: Change, alpha: float, share: float) -> None:
    inner, outer = change.interval(alpha), change.interval(alpha * share)
    assert outer.low <= inner.low + 1e-12
    assert outer.high >= inner.high - 1e-12


@given(students, st.floats(1e-6, 0.4))
def test_turning_a_change_turns_everything(change: Student, alpha: float) -> None:
    turned = Student(
        value=-change.value, error=change.error, method="", freedom=change.freedom, skewness=-change.skewness
    )
    low, high = change.interval(alpha)
    assert turned.interval(alpha) == pytest.approx((-high, -low))
    assert turned.p_above() == pytest.approx(change.p_below())


def test_without_skewness_it_is_students_t_and_the_normal() -> None:
    change = Student(value=0.3, error=0.2, method="", freedom=7)
    assert change.interval(0.05) == pytest.approx(t.interval(0.9, 7, 0.3, 0.2), abs=1e-9)
    assert change.p_above() == pytest.approx(t.sf(1.5, 7), abs=1e-9)
    assert change.p_below() == pytest.approx(t.cdf(1.5, 7), abs=1e-9)
    wide = Student(value=0.3, error=0.2, method="")
    assert wide.interval(0.0005) == pytest.approx(norm.interval(0.999, 0.3, 0.2), abs=1e-9)
    assert wide.p_above() == pytest.approx(norm.sf(1.5), abs=1e-9)


def test_skewness_moves_both_ends_to_the_side_of_the_long_tail() -> None:
    straight, skewed = (Student(value=0.0, error=1.0, method="", skewness=skew) for skew in (0.0, 0.002))
    # First order (Hall 1992): both ends move by skewness * (2 z^2 + 1), which is what ABC is for a mean.
    moved = [after - before for before, after in zip(straight.interval(0.05), skewed.interval(0.05), strict=True)]
    assert moved == pytest.approx([0.002 * (2 * 1.645**2 + 1)] * 2, rel=0.02)


def test_without_error_only_the_sign_is_left() -> None:
    same = Student(value=0.0, error=0.0, method="")
    assert (same.p_above(), same.p_below(), same.interval(0.05)) == (0.5, 0.5, (0.0, 0.0))
    assert Student(value=1.0, error=0.0, method="").p_above() == 0
    assert Student(value=1.0, error=0.0, method="").p_below() == 1


@given(values, errors, errors, st.floats(1e-6, 0.4))
def test_noise_added_to_a_normal_change_is_the_sum_of_variances(
    value: float, error: float, extra: float, alpha: float
) -> None:
    wider = Student(value=value, error=error, method="").widened(extra)
    expected = Student(value=value, error=math.hypot(error, extra), method="")
    assert wider.error == pytest.approx(expected.error)
    assert wider.interval(alpha) == pytest.approx(expected.interval(alpha), abs=1e-9)
    assert wider.p_above() == pytest.approx(expected.p_above(), rel=1e-6)
    assert wider.p_below() == pytest.approx(expected.p_below(), rel=1e-6)


def test_noise_of_few_seeds_costs_students_quantile() -> None:
    change = Student(value=1.0, error=0.1, method="t")
    few, many = change.widened(0.4, 2).interval(0.05), change.widened(0.4).interval(0.05)
    assert few.low == pytest.approx(1 - math.hypot(1.6449 * 0.1, 2.9200 * 0.4), abs=1e-4)
    assert few.low < many.low < change.interval(0.05).low
    assert change.widened(0.4).method == "t, training noise added"
    assert change.widened(0.0).interval(0.05) == pytest.approx(change.interval(0.05))


def test_a_change_of_nothing_can_be_widened() -> None:
    change = Student(value=0.0, error=0.1, method="").widened(0.1)
    assert (change.p_above(), change.p_below()) == (0.5, 0.5)
    worse = Student(value=-0.3, error=0.1, method="").widened(0.1)
    assert worse.p_above() == pytest.approx(1 - worse.p_below())
    assert worse.p_below() == pytest.approx(norm.sf(0.3 / math.hypot(0.1, 0.1)))


def test_the_error_of_a_mean_is_the_textbooks_and_two_rows_more() -> None:
    rows = np.array([0.1, 0.5, -0.2, 0.9, 0.3])
    parts = (rows - rows.mean()) / 5
    found = linear(float(rows.mean()), parts, "t")
    assert found.error**2 - two_more(parts) == pytest.approx(rows.var(ddof=1) / 5, abs=1e-12)
    assert two_more(parts) == pytest.approx(2 * np.abs(parts).max() ** 2)
    assert found.freedom == 4
    assert found.skewness == skewness(parts, found.error)


def test_groups_that_no_row_is_in_do_not_count() -> None:
    assert summed(np.array([1.0, 2.0, 4.0]), np.array([5, 0, 5])).tolist() == [2.0, 5.0]


def test_none_seen_is_not_none() -> None:
    change = linear(0.0, np.zeros(100), "", least=0.01)
    assert change.error == pytest.approx(math.sqrt(2) * 0.01)
    assert change.interval(0.05).low < 0 < change.interval(0.05).high
    assert (change.p_above(), change.p_below()) == (0.5, 0.5)
    assert usual(np.array([3.0, 4.0])) == pytest.approx(math.sqrt(12.5))
    assert usual(np.array([])) == 0
