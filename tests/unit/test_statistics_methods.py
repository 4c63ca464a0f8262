"""The methods against brute force and other libraries."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_actions.statistics import bootstrap, cells, delong, residuals
from mlops_actions.statistics.change import linear, two_more
from mlops_actions.statistics.estimate import Bounded, Share


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
    assert [area.value for area in areas] == pytest.approx([value1, value2], abs=1e-9)
    covariance = np.cov(v10_1, v10_2) / len(v10_1) + np.cov(v01_1, v01_2) / len(v01_1)
    expected = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    parts = areas[1].parts - areas[0].parts
    assert delong.standard_error(codes, parts) ** 2 == pytest.approx(expected, abs=1e-12)
    assert float(parts.sum()) == pytest.approx(0, abs=1e-12)


@given(two_models, st.lists(st.integers(1, 3), min_size=40, max_size=40))
def test_a_weight_counts_as_so_many_rows(rows: list[tuple[int, int, int]], drawn: list[int]) -> None:
    labels, scores, _ = np.array(rows, dtype=np.float64).T
    codes, times = labels.astype(np.int64), np.array(drawn[: len(labels)])
    weighted = delong.area(codes, np.column_stack([-scores, scores]), times.astype(np.float64))
    repeated = delong.area(np.repeat(codes, times), np.column_stack([-scores, scores]).repeat(times, axis=0))
    assert weighted.value == pytest.approx(repeated.value, abs=1e-9)
    grouped = np.bincount(np.repeat(np.arange(len(codes)), times), repeated.parts)
    assert weighted.parts == pytest.approx(grouped, abs=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(3, 5))
def test_macro_area_is_scikit_learns(seed: int, classes: int) -> None:
    from sklearn.metrics import roc_auc_score

    generator = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), generator.integers(0, classes, 60)])
    scores = generator.dirichlet(np.ones(classes), len(labels)).round(2) + 1e-3
    scores /= scores.sum(axis=1, keepdims=True)
    weights = generator.uniform(0.5, 2, len(labels))
    for weight in (None, weights):
        expected = roc_auc_score(labels, scores, multi_class="ovr", average="macro", sample_weight=weight)
        found = delong.area(labels, scores, weight)
        assert found.value == pytest.approx(expected, abs=1e-9)
        assert np.bincount(labels, found.parts) == pytest.approx(np.zeros(classes), abs=1e-9)


def test_areas_of_several_labels_are_the_mean_of_theirs() -> None:
    generator = np.random.default_rng(0)
    there, scores = generator.random((50, 3)) < 0.4, generator.normal(size=(50, 3))
    found = delong.of_labels(there, scores)
    assert found.value == pytest.approx(np.mean([delong.binary(there[:, i], scores[:, i]).value for i in range(3)]))
    assert float(found.parts.sum()) == pytest.approx(0, abs=1e-12)


def test_a_paired_t_is_scipys_but_for_two_rows_more() -> None:
    from scipy.stats import ttest_rel

    generator = np.random.default_rng(1)
    first, second = generator.normal(size=(2, 40))
    difference = second - first
    parts = (difference - difference.mean()) / 40
    found = linear(float(difference.mean()), parts, "")
    expected = ttest_rel(second, first)
    plain = math.sqrt(found.error**2 - two_more(parts))
    assert difference.mean() / plain == pytest.approx(expected.statistic, abs=1e-9)
    assert found.freedom == expected.df


@pytest.mark.parametrize("weighted", [False, True])
def test_clustered_errors_are_those_of_statsmodels(weighted: bool) -> None:
    from statsmodels.regression.linear_model import WLS

    generator = np.random.default_rng(2)
    groups = generator.integers(0, 12, 200)
    rows = generator.normal(size=200) + generator.normal(size=12)[groups]
    weights = generator.uniform(0.5, 3, 200) if weighted else np.ones(200)
    reference = WLS(rows, np.ones(200), weights=weights).fit(cov_type="cluster", cov_kwds={"groups": groups})
    value = float(weights @ rows / weights.sum())
    parts = weights * (rows - value) / weights.sum()
    found = linear(value, parts, "", groups)
    assert value == pytest.approx(float(reference.params[0]), abs=1e-9)
    terms = np.bincount(groups, parts).astype(np.float64)
    assert math.sqrt(found.error**2 - two_more(terms)) == pytest.approx(float(reference.bse[0]), abs=1e-9)
    assert found.freedom == 11


def test_the_cell_bootstrap_is_the_row_bootstrap_and_repeats_itself() -> None:
    generator = np.random.default_rng(4)
    labels = generator.integers(0, 3, 400)
    predicted = np.where(generator.random(400) < 0.8, labels, generator.integers(0, 3, 400))
    joint = cells.joint_cells(3, labels, predicted)
    right = joint.codes[:, 0] == joint.codes[:, 1]
    drawn = cells.replicates(joint)
    found = drawn[:, right].sum(axis=1) / drawn.sum(axis=1)
    share = float((labels == predicted).mean())
    assert len(found) == cells.REPLICATES
    assert found.mean() == pytest.approx(share, abs=0.002)
    assert found.std() == pytest.approx(np.sqrt(share * (1 - share) / 400), rel=0.06)
    shuffled = generator.permutation(400)
    again = cells.replicates(cells.joint_cells(3, labels[shuffled], predicted[shuffled]))
    assert drawn.tolist() == again.tolist()


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 3), min_size=1, max_size=60))
def test_cells_are_the_same_counted_and_sorted(rows: list[tuple[int, int, int]]) -> None:
    columns = np.array(rows).T
    counted = cells.joint_cells(5, *columns)
    codes, counts = np.unique(np.array(rows), axis=0, return_counts=True)
    assert counted.codes.tolist() == codes.tolist()
    assert counted.counts.tolist() == counts.tolist()
    many = cells.joint_cells(1_000_000, *columns)
    assert many.codes.tolist() == codes.tolist()
    assert many.counts.tolist() == counts.tolist()


def test_more_cells_than_can_be_resampled_are_told() -> None:
    assert cells.affordable(cells.joint_cells(1000, np.arange(1000)))
    assert not cells.affordable(cells.joint_cells(1001, np.arange(1001)))


def skewed_rows() -> np.ndarray:
    return np.random.default_rng(5).exponential(size=(80, 1))


def test_the_corrected_bootstrap_is_scipys() -> None:
    from scipy.stats import bootstrap as reference
    from scipy.stats._resampling import BootstrapResult

    rows = skewed_rows()[:, 0]
    columns = np.column_stack([np.ones(80), rows])
    sums = bootstrap.resampled_sums(columns, 7)
    replicates = np.sqrt(sums[:, 1] / sums[:, 0])
    left_out = np.sqrt((rows.sum() - rows) / 79)
    value = float(np.sqrt(rows.mean()))
    found = bootstrap.bca(value, replicates, left_out, np.zeros(80), method="")
    # scipy takes replicates as they are where it is asked for no more; its quantiles are read off the same way.
    theirs = reference(
        (rows,),
        lambda sample, axis: np.sqrt(sample.mean(axis=axis)),
        n_resamples=0,
        confidence_level=0.9,
        method="BCa",
        bootstrap_result=BootstrapResult(None, replicates, None),
    ).confidence_interval
    assert found.interval(0.05) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_replicates_of_means_have_the_spread_of_means() -> None:
    columns = np.column_stack([np.ones(80), skewed_rows()])
    sums = bootstrap.resampled_sums(columns, 7)
    means = sums[:, 1] / sums[:, 0]
    assert len(means) == bootstrap.MOST
    assert means.std() == pytest.approx(columns[:, 1].std() / math.sqrt(80), rel=0.03)
    assert bootstrap.resampled_sums(columns, 7).tolist() == sums.tolist()
    assert bootstrap.resampled_sums(columns, 8).tolist() != sums.tolist()


def test_many_rows_are_resampled_in_blocks_with_the_same_spread() -> None:
    rows = np.random.default_rng(6).exponential(size=20_003)
    columns = np.column_stack([np.ones(len(rows)), rows])
    blocks = bootstrap.blocks(columns, np.random.default_rng(0))
    assert blocks.shape == (5000, 2)
    assert blocks.sum(axis=0) == pytest.approx(columns.sum(axis=0))
    assert set(blocks[:, 0]) == {4, 5}
    sums = bootstrap.resampled_sums(columns, 1)
    means = sums[:, 1] / sums[:, 0]
    assert len(means) == bootstrap.FEWEST
    assert means.std() == pytest.approx(rows.std() / math.sqrt(len(rows)), rel=0.06)


def test_levels_that_replicates_do_not_resolve_go_on_by_the_normal_tail() -> None:
    replicates = np.random.default_rng(3).normal(size=2000)
    found = bootstrap.bca(0.0, replicates, np.array([1.0, -1.0]), np.zeros(2), method="")
    last, beyond, far = (found.interval(alpha).low for alpha in (0.01, 0.0005, 1e-6))
    assert last > beyond > far
    assert beyond == pytest.approx(-3.29, abs=0.25)
    # 2,000 replicates end at about 3.3 standard errors.
    assert far < replicates.min()


def test_models_on_the_same_rows_are_resampled_together() -> None:
    generator = np.random.default_rng(8)
    labels = generator.normal(size=300)
    first = labels + generator.normal(size=300)
    drawn = [residuals.rmse(residuals.resample(labels, first + shift).replicates) for shift in (0.0, 0.01)]
    assert np.std(drawn[1] - drawn[0]) < 0.05 * np.std(drawn[0])


def test_functions_of_sums_are_scikit_learns() -> None:
    from sklearn.metrics import r2_score, root_mean_squared_error

    generator = np.random.default_rng(9)
    labels, predicted = generator.normal(size=(2, 50))
    sums = np.array([[50, ((predicted - labels) ** 2).sum(), labels.sum(), (labels**2).sum()]])
    assert residuals.rmse(sums)[0] == pytest.approx(root_mean_squared_error(labels, predicted), abs=1e-9)
    assert residuals.r2(sums)[0] == pytest.approx(r2_score(labels, predicted), abs=1e-9)
    assert residuals.r2(np.array([[2.0, 1.0, 2.0, 2.0]]))[0] == 0


def test_intervals_of_one_share_are_scipys() -> None:
    from scipy.stats import binomtest

    expected = binomtest(45, 50).proportion_ci(0.9, method="wilson")
    assert Share(0.9, 50).interval(0.05) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_an_interval_on_the_logit_scale_stays_inside() -> None:
    low, high = Bounded(0.95, 0.1).interval(0.001)
    assert 0 < low < 0.95 < high < 1
    assert Bounded(0.5, 0.01).interval(0.05) == pytest.approx((0.5 - 0.01645, 0.5 + 0.01645), abs=1e-4)
