"""Calibration, distribution and confusion: every row is counted once, and numbers agree with a plain computation."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from mlops_actions.evaluate.changes import calibration, confusion, distribution
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import ClassRows, LabelRows, NumberRows, Rows


def pair(candidate: Rows, base: Rows | None = None) -> Pair:
    ids = pl.Series([str(number) for number in range(len(candidate.labels))], dtype=pl.String)
    return Pair(candidate, base, ids, pl.DataFrame())


def two(larger: Any, labels: Any, classes: list[str] | None = None) -> ClassRows:
    scores = np.column_stack([1 - np.array(larger), larger])
    return ClassRows(classes or ["no", "yes"], np.array(labels), scores.argmax(axis=1), scores)


def several_classes(count: int, rows: int, seed: int = 0) -> ClassRows:
    generator = np.random.default_rng(seed)
    labels, scores = generator.integers(0, count, rows), generator.random((rows, count))
    scores[np.arange(rows), labels] += 0.5
    scores /= scores.sum(axis=1, keepdims=True)
    return ClassRows([f"class {code}" for code in range(count)], labels, scores.argmax(axis=1), scores)


def test_a_calibrated_model_and_one_that_is_too_sure() -> None:
    labels = [1, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    candidate = two([0.8] * 5 + [0.0] * 5, labels)  # of the first five 4 are yes
    base = two([1.0] * 5 + [0.2] * 5, labels)
    result = calibration(pair(candidate, base))
    assert result is not None
    assert result.of == "score of yes"
    assert result.candidate_error == pytest.approx(0)
    assert result.base_error == pytest.approx(0.2)
    filled = {one.low: (one.rows, one.mean_score, one.share) for one in result.candidate if one.rows}
    assert filled == {0.0: (5, 0.0, 0.0), 0.8: (5, 0.8, 0.8)}
    assert result.base is not None
    assert result.base[9].rows == 5  # a score of 1 is in the last bin
    empty = result.candidate[3]
    assert (empty.rows, empty.mean_score, empty.share) == (0, None, None)


def test_the_error_is_the_weighted_gap_of_the_bins() -> None:
    rows = several_classes(5, 3000)
    result = calibration(pair(rows))
    assert result is not None
    assert result.of == "winning score"
    winning, right = rows.scores.max(axis=1), rows.right  # type: ignore[union-attr]
    expected = 0.0
    for low in np.arange(10) / 10:
        inside = (winning >= low) & (winning < low + 0.1)
        if inside.any():
            expected += inside.mean() * abs(winning[inside].mean() - right[inside].mean())
    assert result.candidate_error == pytest.approx(expected, abs=1e-9)
    assert sum(one.rows for one in result.candidate) == 3000


def test_the_larger_class_is_meant_whatever_the_order_of_a_bundle() -> None:
    rows = two([0.25, 0.25, 0.75], [0, 0, 1], classes=["yes", "no"])  # the column of `no` is the second
    result = calibration(pair(rows))
    assert result is not None
    assert result.of == "score of yes"
    assert [one.rows for one in result.candidate] == [0, 0, 1, 0, 0, 0, 0, 2, 0, 0]
    assert result.candidate[7].share == 1.0


def test_scores_that_are_no_probabilities_have_a_distribution_and_no_calibration() -> None:
    labels = np.array([0, 1, 1])
    logits = ClassRows(["a", "b"], labels, labels, np.array([[2.0, -3.0], [-1.0, 5.0], [0.0, 0.5]]))
    assert calibration(pair(logits, logits)) is None
    result = distribution(pair(logits, logits))
    assert result is not None
    assert sum(result.candidate) == 3
    assert (result.edges[0], result.edges[-1]) == (-3.0, 5.0)
    mixed = calibration(pair(two([0.1, 0.9, 0.8], labels), logits))
    assert mixed is not None
    assert (mixed.base, mixed.base_error) == (None, None)


def test_answers_without_scores() -> None:
    bare = ClassRows(["a", "b"], np.array([0, 1]), np.array([0, 1]), None)
    scored = two([0.2, 0.7], [0, 1], ["a", "b"])
    assert calibration(pair(bare)) is None
    assert distribution(pair(bare, scored)) is None
    result = distribution(pair(scored, bare))
    assert result is not None
    assert result.base is None
    assert (result.of, sum(result.candidate)) == ("score of b", 2)


def test_several_labels_are_pooled() -> None:
    labels = np.array([[True, False], [True, True]])
    rows = LabelRows(["red", "round"], labels, labels, np.array([[0.95, 0.05], [0.95, 0.05]]))
    result = calibration(pair(rows))
    assert result is not None
    assert (result.candidate[0].rows, result.candidate[0].share) == (2, 0.5)
    assert result.candidate_error == pytest.approx((0.05 + 0.45) / 2)
    assert confusion(pair(rows)) is None


def test_probabilities_are_counted_from_0_to_1() -> None:
    rows = two([0.0, 0.05, 0.999, 1.0], [0, 0, 1, 1])
    result = distribution(pair(rows, rows))
    assert result is not None
    assert result.edges == [number / 20 for number in range(21)]
    assert result.candidate == result.base == [1, 1, *[0] * 17, 2]


def test_an_outlier_does_not_hide_the_others() -> None:
    generator = np.random.default_rng(0)
    labels = generator.normal(size=5000)
    base, candidate = labels + 0.1, np.append(labels[:-1], 1e12)
    result = distribution(pair(NumberRows(labels, candidate), NumberRows(labels, base)))
    assert result is not None
    assert result.of == "predicted value"
    assert sum(count > 20 for count in result.candidate) >= 18
    assert result.edges[-1] == 1e12
    assert result.base is not None
    assert sum(result.base) == sum(result.candidate) == 5000


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=50))
def test_every_finite_number_is_in_its_bin(values: list[tuple[float, float]]) -> None:
    base, candidate = (np.array(column) for column in zip(*values, strict=True))
    labels = np.zeros(len(values))
    result = distribution(pair(NumberRows(labels, candidate), NumberRows(labels, base)))
    assert result is not None
    assert result.base is not None
    edges = np.array(result.edges)
    assert np.isfinite(edges).all()
    assert edges.tolist() == sorted(edges)
    for counts, numbers in ((result.base, base), (result.candidate, candidate)):
        bins = [((numbers >= low) & (numbers < high)).sum() for low, high in pairwise(edges)]
        bins[-1] += (numbers == edges[-1]).sum()
        assert counts == bins


@pytest.mark.parametrize("classes", [2, 3, 12])
def test_confusion_agrees_with_scikit_learn(classes: int) -> None:
    candidate, base = several_classes(classes, 500, seed=1), several_classes(classes, 500, seed=1)
    base = ClassRows(base.classes, base.labels, np.roll(base.predicted, 7), None)
    result = confusion(pair(candidate, base))
    assert result is not None
    codes = range(classes)
    assert result.classes == candidate.classes
    assert result.candidate == confusion_matrix(candidate.labels, candidate.predicted, labels=codes).tolist()
    assert result.base == confusion_matrix(base.labels, base.predicted, labels=codes).tolist()


def test_of_many_classes_the_most_confused_stay_and_the_rest_is_summed() -> None:
    classes, count = [f"class {code}" for code in range(300)], 300
    labels = np.repeat(np.arange(count), 10)
    predicted = labels.copy()
    for code in range(100, 111):  # each taken for the next once, so 11 classes and their neighbour are confused
        predicted[code * 10] = code + 1
    base = labels.copy()
    base[100 * 10 + 1] = 101
    base[110 * 10 + 1] = 101
    result = confusion(pair(ClassRows(classes, labels, predicted, None), ClassRows(classes, labels, base, None)))
    assert result is not None
    assert result.classes == [*(f"class {code}" for code in range(100, 111)), "…"]
    for table in (result.base, result.candidate):
        assert table is not None
        assert np.array(table).shape == (12, 12)
        assert np.array(table).sum() == 3000
    assert result.candidate[10][11] == 1  # 110 taken for 111, which is among the rest
    assert result.candidate[11][11] == 289 * 10


def test_confusion_without_a_base_and_of_numbers() -> None:
    rows = several_classes(3, 50)
    result = confusion(pair(rows))
    assert result is not None
    assert result.base is None
    numbers = NumberRows(np.zeros(3), np.zeros(3))
    assert confusion(pair(numbers, numbers)) is None
    assert calibration(pair(numbers, numbers)) is None
