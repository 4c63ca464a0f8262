"""Every metric against scikit-learn, and the five words of a comparison."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, roc_auc_score

from mlops_actions.config.models import EvaluateSection
from mlops_actions.evaluate.metrics import METRICS, Change, f1_weighted, of_cells
from mlops_actions.evaluate.rows import ClassRows, NumberRows
from mlops_actions.evaluate.verdicts import Gain, compared, oriented, rows_needed


def class_rows(labels: list[int], predicted: list[int], classes: int, scores: np.ndarray | None = None) -> ClassRows:
    return ClassRows([str(code) for code in range(classes)], np.array(labels), np.array(predicted), scores)


pairs = st.integers(2, 5).flatmap(
    lambda classes: st.tuples(
        st.just(classes),
        st.lists(st.tuples(*[st.integers(0, classes - 1)] * 3), min_size=2, max_size=60),
    )
)


@settings(max_examples=40)
@given(pairs)
def test_accuracy_and_f1_are_scikit_learns(drawn: tuple[int, list[tuple[int, int, int]]]) -> None:
    classes, rows = drawn
    labels, first, second = (list(column) for column in zip(*rows, strict=True))
    base, candidate = class_rows(labels, first, classes), class_rows(labels, second, classes)
    f1 = [float(f1_score(labels, found, average="weighted", zero_division=0)) for found in (first, second)]
    accuracy = [float(accuracy_score(labels, found)) for found in (first, second)]
    for name, expected in (("accuracy", accuracy), ("f1_weighted", f1)):
        metric = METRICS[name]
        estimate, change = metric.estimate(candidate, 0.05), metric.compare(base, candidate, 0.05)
        assert estimate.value == pytest.approx(expected[1])
        assert change.value == pytest.approx(expected[1] - expected[0])
        assert 0 <= estimate.low <= estimate.high <= 1
        assert change.low < change.high
        assert change.error > 0


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=4, max_size=60))
def test_roc_auc_is_scikit_learns(rows: list[tuple[int, float]]) -> None:
    labels = [0, 0, 1, 1, *(label for label, _ in rows)]
    score = np.array([0.1, 0.6, 0.4, 0.9, *(score for _, score in rows)])
    found = METRICS["roc_auc"].estimate(class_rows(labels, labels, 2, np.column_stack([1 - score, score])), 0.05)
    assert found.value == pytest.approx(roc_auc_score(labels, score))
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(st.lists(st.tuples(*[st.floats(-1e6, 1e6)] * 2), min_size=2, max_size=50))
def test_mae_is_scikit_learns_and_less_is_better(rows: list[tuple[float, float]]) -> None:
    labels, predicted = (np.array(column) for column in zip(*rows, strict=True))
    metric = METRICS["mae"]
    perfect, model = NumberRows(labels, labels), NumberRows(labels, predicted)
    assert metric.estimate(model, 0.05).value == pytest.approx(mean_absolute_error(labels, predicted))
    gain = oriented(metric.compare(model, perfect, 0.05), metric)
    assert gain.value >= 0
    assert gain.low <= gain.value <= gain.high


def test_no_difference_seen_is_not_no_difference() -> None:
    labels = [0, 1] * 40
    score = np.where(np.array(labels) == 1, 0.9, 0.1)
    rows = class_rows(labels, labels, 2, np.column_stack([1 - score, score]))
    for name in ("accuracy", "f1_weighted", "roc_auc"):
        change = METRICS[name].compare(rows, rows, 0.05)
        assert change.low < 0 == change.value < change.high
        assert METRICS[name].estimate(rows, 0.05).low < 1


def test_the_change_of_an_area_is_paired() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], 100)
    shared = generator.normal(size=200) + labels
    scores = [shared + 0.1 * generator.normal(size=200) for _ in range(2)]
    first, second = (ClassRows(["a", "b"], labels, labels, np.column_stack([-values, values])) for values in scores)
    change, alone = METRICS["roc_auc"].compare(first, second, 0.05), METRICS["roc_auc"].estimate(first, 0.05)
    # The models share most of their noise, so their difference is known far better than either.
    assert change.high - change.low < 0.4 * (alone.high - alone.low)


def test_a_new_metric_is_one_function_of_the_confusion_table() -> None:
    recall_of_class_1 = of_cells("Recall", lambda table: table.hits[:, 1] / table.actual[:, 1])
    rows = class_rows([0, 1, 1, 1] * 20, [0, 1, 1, 0] * 20, 2)
    assert recall_of_class_1.estimate(rows, 0.05).value == pytest.approx(2 / 3)


def test_f1_of_a_thousand_classes_is_compared_without_a_dense_table() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 1000, 20_000)
    first, second = (
        np.where(generator.random(20_000) < 0.9, labels, generator.integers(0, 1000, 20_000)) for _ in range(2)
    )
    names = [str(code) for code in range(1000)]
    found = of_cells("F1", f1_weighted).compare(
        ClassRows(names, labels, first, None), ClassRows(names, labels, second, None), 0.05
    )
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    ("gain", "margin", "support", "word"),
    [
        (Gain(-0.03, -0.04, -0.02, 0.006), 0.01, 500, "regressed"),
        (Gain(-0.01, -0.02, -0.001, 0.006), 0.01, 500, "regressed"),
        (Gain(-0.03, -0.06, 0.001, 0.02), 0.01, 500, "undecided"),
        (Gain(0.03, 0.01, 0.05, 0.01), 0.01, 500, "improved"),
        (Gain(-0.002, -0.008, 0.004, 0.004), 0.01, 500, "non_inferior"),
        (Gain(-0.002, -0.003, -0.001, 0.0006), 0.01, 500, "non_inferior"),
        (Gain(-0.008, -0.015, -0.001, 0.004), 0.01, 500, "small_drop"),
        (Gain(0.0, -0.02, 0.02, 0.01), 0.01, 500, "undecided"),
        (Gain(-0.3, -0.4, -0.2, 0.06), 0.01, 29, "unpowered"),
        (Gain(0.0, -0.001, 0.001, 0.0006), 0.0, 500, "undecided"),
        (Gain(-0.001, -0.002, -0.0001, 0.0006), 0.0, 500, "regressed"),
    ],
)
def test_the_first_word_that_holds(gain: Gain, margin: float, support: int, word: str) -> None:
    assert compared(gain, margin, support) == word


def test_turning_a_loss_turns_its_interval() -> None:
    assert oriented(Change(2.0, 1.0, 4.0, 0.5), METRICS["mae"]) == Gain(-2.0, -4.0, -1.0, 0.5)
    assert oriented(Change(2.0, 1.0, 4.0, 0.5), METRICS["accuracy"]) == Gain(2.0, 1.0, 4.0, 0.5)


def test_rows_needed_grow_with_the_square_of_the_margin_and_nothing_shows_zero() -> None:
    gain = Gain(0.0, -0.01, 0.01, 0.005)
    half, whole = rows_needed(gain, 0.005, 2000, 0.05), rows_needed(gain, 0.01, 2000, 0.05)
    # 2.49 standard errors: one-sided 5 %, power 80 % (reference: 2.49 sqrt(d/n)).
    assert whole == pytest.approx(2000 * (2.4865 * 0.005 / 0.01) ** 2, rel=0.001)
    assert half == pytest.approx(4 * (whole or 0), abs=4)
    assert rows_needed(gain, 0.0, 2000, 0.05) is None


def test_every_metric_can_be_limited_and_a_limit_is_never_overlooked() -> None:
    section = EvaluateSection.model_validate({name: {"min": 0.5} for name in METRICS})
    assert set(section.limits()) == set(METRICS)
