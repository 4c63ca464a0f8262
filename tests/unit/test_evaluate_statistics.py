"""The methods against published tables, brute force, other libraries and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from mlops_actions.statistics import cells, delong, mcnemar, means
from mlops_actions.statistics.proportion import wilson


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


def test_bonett_price_interval_of_the_published_table() -> None:
    found = mcnemar.compare(1, 7, 21, 0.025)
    # 95 % interval of table 1 above: -0.508 to -0.013 for the first minus the second.
    assert (found.low, found.high) == pytest.approx((0.013, 0.508), abs=0.001)


@given(st.integers(0, 300), st.integers(0, 300))
def test_mid_p_is_the_exact_value_of_statsmodels_with_half_the_tie_off(lost: int, won: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar as reference

    exact = float(reference([[5, lost], [won, 5]], exact=True).pvalue) if lost + won else 1.0
    tie = float(binom.pmf(min(lost, won), lost + won, 0.5))
    # Equal counts: both tails hold the middle, and the exact value is cut at 1.
    wanted = 1.0 if lost == won else exact - tie
    assert two_sided_mid_p(lost, won) == pytest.approx(wanted)


def test_one_sided_values_are_complements_and_even_without_differences() -> None:
    assert mcnemar.one_sided_mid_p(0, 0) == 0.5
    assert mcnemar.one_sided_mid_p(9, 2) + mcnemar.one_sided_mid_p(2, 9) == pytest.approx(1.0)
    assert mcnemar.one_sided_mid_p(9, 2) < 0.05


@pytest.mark.parametrize(("lost", "won", "rows"), [(7, 2, 12), (43, 29, 100), (55, 39, 100)])
def test_an_interval_that_the_test_does_not_bear_out_is_drawn_out_to_zero(lost: int, won: int, rows: int) -> None:
    assert mcnemar.one_sided_mid_p(lost, won) > 0.05
    assert mcnemar.compare(lost, won, rows, 0.05).high == 0
    assert mcnemar.compare(won, lost, rows, 0.05).low == 0


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 2000))
def test_the_sign_is_claimed_only_when_test_and_interval_agree(lost: int, won: int, same: int) -> None:
    rows = lost + won + same + 1
    found = mcnemar.compare(lost, won, rows, 0.05)
    assert found.low <= found.high
    assert not (found.high < 0 and mcnemar.one_sided_mid_p(lost, won) > 0.05)
    assert not (found.low > 0 and mcnemar.one_sided_mid_p(won, lost) > 0.05)
    mirrored = mcnemar.compare(won, lost, rows, 0.05)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low))


def brute_force(labels: np.ndarray, scores: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Compare every positive with every negative, as the paper of 1988 defines it."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    return float(wins.mean()), wins.mean(axis=1), wins.mean(axis=0)


two_models = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 6)), min_size=6, max_size=40
).filter(lambda rows: 2 <= sum(row[0] for row in rows) <= len(rows) - 2)


@given(two_models)
def test_area_and_paired_variance_are_those_of_brute_force(rows: list[tuple[int, int, int]]) -> None:
    labels, first, second = np.array(rows, dtype=np.float64).T
    codes = labels.astype(np.int64)
    areas = [delong.area(codes, np.column_stack([-scores, scores])) for scores in (first, second)]
    (value1, v10_1, v01_1), (value2, v10_2, v01_2) = (brute_force(codes, scores) for scores in (first, second))
    assert [area.value for area in areas] == pytest.approx([value1, value2])
    covariance = np.cov(v10_1, v10_2) / len(v10_1) + np.cov(v01_1, v01_2) / len(v01_1)
    expected = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    found = delong.standard_error(codes, areas[1].parts - areas[0].parts)
    assert found**2 == pytest.approx(expected, abs=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(3, 5))
def test_macro_area_is_scikit_learns(seed: int, classes: int) -> None:
    from sklearn.metrics import roc_auc_score

    generator = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), generator.integers(0, classes, 60)])
    scores = generator.dirichlet(np.ones(classes), len(labels)).round(2) + 1e-3
    scores /= scores.sum(axis=1, keepdims=True)
    expected = roc_auc_score(labels, scores, multi_class="ovr", average="macro")
    assert delong.area(labels, scores).value == pytest.approx(expected)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_midranks_are_scipys(values: list[int]) -> None:
    from scipy.stats import rankdata

    assert delong.midranks(np.array(values, dtype=np.float64)).tolist() == rankdata(values).tolist()


def test_the_cell_bootstrap_is_the_row_bootstrap_and_repeats_itself() -> None:
    generator = np.random.default_rng(4)
    labels = generator.integers(0, 3, 400)
    predicted = np.where(generator.random(400) < 0.8, labels, generator.integers(0, 3, 400))
    joint = cells.joint_cells(labels, predicted)
    right = joint.codes[:, 0] == joint.codes[:, 1]

    def accuracy(counts: cells.Counts) -> cells.Floats:
        return np.asarray(counts[:, right].sum(axis=1) / counts.sum(axis=1))

    found = cells.replicates(joint, accuracy)
    share = float((labels == predicted).mean())
    assert len(found) == cells.REPLICATES
    assert found.mean() == pytest.approx(share, abs=0.002)
    assert found.std() == pytest.approx(np.sqrt(share * (1 - share) / 400), rel=0.06)
    shuffled = generator.permutation(400)
    again = cells.replicates(cells.joint_cells(labels[shuffled], predicted[shuffled]), accuracy)
    assert found.tolist() == again.tolist()


def test_a_bootstrap_over_many_cells_is_done_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    joint = cells.joint_cells(np.arange(50), np.arange(50))
    sizes: list[int] = []
    monkeypatch.setattr(cells, "MOST_AT_ONCE", 500)

    def total(counts: cells.Counts) -> cells.Floats:
        sizes.append(len(counts))
        return np.asarray(counts.sum(axis=1), dtype=np.float64)

    monkeypatch.setattr(cells, "REPLICATES", 25)
    found = cells.replicates(joint, total)
    assert sizes == [10, 10, 5]
    assert found.tolist() == [50] * 25


def test_intervals_of_one_sample_are_scipys() -> None:
    from scipy.stats import binomtest, ttest_1samp

    expected = binomtest(45, 50).proportion_ci(0.9, method="wilson")
    assert wilson(0.9, 50, 0.05) == pytest.approx((expected.low, expected.high))
    values = np.array([0.1, 0.5, -0.2, 0.9, 0.3])
    found, reference = means.mean(values, 0.05), ttest_1samp(values, 0).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high))
