"""Every metric against scikit-learn, with weights, groups and several labels; what a change of it knows of the rows."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from mlops_actions.config.models import EvaluateSection
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.measure import measure_one, obstacle, require
from mlops_actions.evaluate.metrics import METRICS, confusion
from mlops_actions.evaluate.metrics.metric import task_of
from mlops_actions.evaluate.rows import ClassRows, Extent, LabelRows, NumberRows, Rows
from mlops_actions.statistics import cells
from mlops_actions.statistics.change import summed


def names(classes: int) -> list[str]:
    return [f"{code:04d}" for code in range(classes)]


def class_rows(seed: int, classes: int, rows: int = 80, weights: bool = False, groups: int = 0) -> list[ClassRows]:
    generator = np.random.default_rng(seed)
    labels = np.concatenate([np.repeat(np.arange(classes), 2), generator.integers(0, classes, rows - 2 * classes)])
    extent = Extent(
        generator.uniform(0.5, 3, rows) if weights else None, generator.integers(0, groups, rows) if groups else None
    )
    found = []
    for _ in range(2):
        scores = generator.dirichlet(np.ones(classes), rows) + 0.3 * np.eye(classes)[labels]
        scores /= scores.sum(axis=1, keepdims=True)
        found.append(ClassRows(names(classes), labels, scores.argmax(axis=1), scores, extent))
    return found


def label_rows(seed: int, weights: bool = False, groups: int = 0) -> list[LabelRows]:
    generator = np.random.default_rng(seed)
    there = generator.random((80, 3)) < [0.5, 0.3, 0.7]
    extent = Extent(
        generator.uniform(0.5, 3, 80) if weights else None, generator.integers(0, groups, 80) if groups else None
    )
    found = []
    for _ in range(2):
        scores = np.clip(0.3 * there + generator.random((80, 3)) * 0.7, 0, 1)
        found.append(LabelRows(["a", "b", "c"], there, scores > 0.5, scores, extent))
    return found


def number_rows(seed: int, weights: bool = False, groups: int = 0, rows: int = 80) -> list[NumberRows]:
    generator = np.random.default_rng(seed)
    labels = generator.normal(size=rows)
    extent = Extent(
        generator.uniform(0.5, 3, rows) if weights else None, generator.integers(0, groups, rows) if groups else None
    )
    return [NumberRows(labels, labels + generator.normal(size=rows), extent) for _ in range(2)]


def of_numbers(name: str, rows: NumberRows) -> float:
    function = {"mae": sk.mean_absolute_error, "rmse": sk.root_mean_squared_error, "r2": sk.r2_score}[name]
    return float(function(rows.labels, rows.predicted, sample_weight=rows.extent.weights))


def of_answers(name: str, rows: ClassRows | LabelRows) -> float:
    weight = rows.extent.weights
    if name == "accuracy":
        return float(sk.accuracy_score(rows.labels, rows.predicted, sample_weight=weight))
    function = {"precision": sk.precision_score, "recall": sk.recall_score}.get(name, sk.f1_score)
    two = isinstance(rows, ClassRows) and len(rows.classes) == 2
    average = name.partition("_")[2] or ("binary" if two else "macro")
    found = function(rows.labels, rows.predicted, average=average, sample_weight=weight, zero_division=0)
    return float(found)


def of_scores(name: str, rows: ClassRows | LabelRows) -> float:
    assert rows.scores is not None
    weight, scores = rows.extent.weights, rows.scores
    if isinstance(rows, LabelRows):
        function = {"log_loss": sk.log_loss, "brier": sk.brier_score_loss, "roc_auc": sk.roc_auc_score}[name]
        pairs = zip(rows.labels.T, scores.T, strict=True)
        return float(np.mean([function(truth, score, sample_weight=weight) for truth, score in pairs]))
    if name == "log_loss":
        return float(sk.log_loss(rows.labels, scores, sample_weight=weight))
    two = len(rows.classes) == 2
    if name == "roc_auc":
        given = scores[:, 1] if two else scores
        return float(sk.roc_auc_score(rows.labels, given, multi_class="ovr", average="macro", sample_weight=weight))
    squares = ((scores - np.eye(len(rows.classes))[rows.labels]) ** 2).sum(axis=1)
    return float(np.average(squares / (2 if two else 1), weights=weight))


def expected(name: str, rows: Rows) -> float:
    """Return scikit-learn's value."""
    if isinstance(rows, NumberRows):
        return of_numbers(name, rows)
    return of_scores(name, rows) if METRICS[name].needs_scores else of_answers(name, rows)


kinds = st.sampled_from(["two", "several", "labels", "numbers"])


def drawn(kind: str, seed: int, weights: bool, groups: int) -> list[ClassRows] | list[LabelRows] | list[NumberRows]:
    if kind == "labels":
        return label_rows(seed, weights, groups)
    if kind == "numbers":
        return number_rows(seed, weights, groups)
    return class_rows(seed, 2 if kind == "two" else 4, weights=weights, groups=groups)


@settings(max_examples=25, deadline=None)
@given(kinds, st.integers(0, 1000), st.booleans(), st.sampled_from([0, 12]))
def test_every_metric_is_scikit_learns_and_so_is_its_change(kind: str, seed: int, weights: bool, groups: int) -> None:
    base, candidate = drawn(kind, seed, weights, groups)
    fitting = [name for name, metric in METRICS.items() if task_of(base) in metric.tasks]
    assert len(fitting) == (3 if kind == "numbers" else 8)
    for name in fitting:
        assert obstacle(name, candidate, base) == ""
        found = measure_one(name, candidate, base)
        assert found.candidate.value == pytest.approx(expected(name, candidate), abs=1e-9)
        assert found.base is not None
        assert found.base.value == pytest.approx(expected(name, base), abs=1e-9)
        assert found.change is not None
        assert found.change.value == pytest.approx(expected(name, candidate) - expected(name, base), abs=1e-9)
        low, high = found.candidate.interval(0.05)
        assert low <= found.candidate.value <= high
        low, high = found.change.interval(0.05)
        assert low < found.change.value < high


@settings(max_examples=60, deadline=None)
@given(kinds, st.integers(0, 1000), st.booleans(), st.sampled_from([0, 12]))
def test_parts_sum_to_nothing_and_their_squares_to_no_more_than_the_error(
    kind: str, seed: int, weights: bool, groups: int
) -> None:
    base, candidate = drawn(kind, seed, weights, groups)
    for name, metric in METRICS.items():
        if task_of(base) not in metric.tasks:
            continue
        change = metric.compare(base, candidate)
        assert change.parts is not None
        assert change.parts.shape == (80,)
        assert float(change.parts.sum()) == pytest.approx(0, abs=1e-9), name
        terms = summed(change.parts, base.extent.groups)
        shown = math.sqrt(float(terms @ terms))
        # Two rows more, n/(n-1), and the bootstrap's own error make up the rest: of so few rows, maybe more than half.
        assert shown <= 1.1 * change.error, name


@pytest.mark.parametrize("weights", [False, True])
def test_of_many_rows_the_squares_of_the_parts_are_the_error(weights: bool) -> None:
    for base, candidate in (
        class_rows(0, 2, rows=4000, weights=weights),
        class_rows(0, 4, rows=4000, weights=weights),
        number_rows(0, rows=4000, weights=weights),
    ):
        for name, metric in METRICS.items():
            # The dearest row that scores allow still counts for log loss and Brier score.
            if task_of(base) not in metric.tasks or name in {"log_loss", "brier"}:
                continue
            change = metric.compare(base, candidate)
            assert change.parts is not None
            assert math.sqrt(float(change.parts @ change.parts)) == pytest.approx(change.error, rel=0.1), name


@pytest.mark.parametrize("kind", ["two", "several", "labels", "numbers"])
def test_parts_are_how_the_metric_moves_with_the_weight_of_a_row(kind: str) -> None:
    rows = drawn(kind, 3, True, 0)[0]
    weights = rows.extent.weights
    assert weights is not None
    more = weights.copy()
    more[7] += 1e-5
    for name, metric in METRICS.items():
        # The macro area is judged with the sizes of the classes given (DeLong), so a row's part says nothing of them.
        if task_of(rows) not in metric.tasks or name == "accuracy" or (kind, name) == ("several", "roc_auc"):
            continue
        # Against a copy that is right everywhere in the same way, the change's parts are those of the metric but for sign.
        heavier = replace(rows, extent=Extent(more))
        moved = (metric.estimate(heavier).value - metric.estimate(rows).value) / 1e-5
        perfect = replace(rows, predicted=rows.labels, **({} if kind == "numbers" else {"scores": _perfect(rows)}))  # type: ignore[arg-type]
        parts = metric.compare(perfect, rows).parts
        assert parts is not None
        assert parts[7] / weights[7] == pytest.approx(moved, rel=2e-3, abs=1e-8), name


def _perfect(rows: Rows) -> np.ndarray:
    return rows.labels.astype(np.float64) if isinstance(rows, LabelRows) else np.eye(len(rows.classes))[rows.labels]  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["two", "several", "labels"])
def test_no_difference_seen_is_not_no_difference(kind: str) -> None:
    rows = drawn(kind, 0, False, 0)[0]
    perfect = replace(rows, predicted=rows.labels, scores=_perfect(rows))  # type: ignore[arg-type]
    for name in ("accuracy", "precision", "recall", "f1_macro", "f1_weighted", "roc_auc"):
        change = METRICS[name].compare(rows, rows)
        assert change.interval(0.05).low < 0 == change.value < change.interval(0.05).high
        assert METRICS[name].estimate(perfect).value == pytest.approx(1)
        assert METRICS[name].estimate(perfect).interval(0.05).low < 0.999


def test_the_same_numbers_on_every_row_leave_a_width_too() -> None:
    rows = number_rows(0)[0]
    for name in ("mae", "rmse", "r2"):
        change = METRICS[name].compare(rows, rows)
        assert change.interval(0.05).low < 0 == change.value < change.interval(0.05).high


def test_the_change_of_an_area_is_paired() -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], 100)
    shared = generator.normal(size=200) + labels
    scores = [shared + 0.1 * generator.normal(size=200) for _ in range(2)]
    first, second = (ClassRows(["a", "b"], labels, labels, np.column_stack([-values, values])) for values in scores)
    change, alone = METRICS["roc_auc"].compare(first, second), METRICS["roc_auc"].estimate(first)
    # The models share most of their noise, so their difference is known far better than either.
    assert np.ptp(change.interval(0.05)) < 0.4 * np.ptp(alone.interval(0.05))


def test_groups_that_agree_inside_widen_the_interval() -> None:
    base, candidate = class_rows(1, 2, rows=400)
    groups = np.argsort(np.argsort(candidate.right.astype(int) - base.right, kind="stable")) // 20
    extent = Extent(groups=groups)
    grouped = [replace(rows, extent=extent) for rows in (base, candidate)]
    for name in ("accuracy", "f1_macro", "brier"):
        plain, clustered = METRICS[name].compare(base, candidate), METRICS[name].compare(*grouped)
        assert clustered.value == pytest.approx(plain.value)
        assert clustered.error > 1.2 * plain.error
        assert clustered.method.endswith(", clustered")
        assert METRICS[name].support(grouped[0]) <= 20


def test_a_metric_of_a_thousand_classes_is_compared_without_a_dense_table() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 1000, 20_000)
    first, second = (
        ClassRows(
            names(1000),
            labels,
            np.where(generator.random(20_000) < 0.9, labels, generator.integers(0, 1000, 20_000)),
            None,
        )
        for _ in range(2)
    )
    change = METRICS["f1_weighted"].compare(first, second)
    assert change.method == "delta method"
    assert change.interval(0.05).low < change.value < change.interval(0.05).high


@pytest.mark.parametrize("name", ["precision", "recall", "f1_weighted", "f1_macro"])
def test_the_delta_method_and_the_bootstrap_agree(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = METRICS[name].compare(*class_rows(5, 4, rows=2000))
    monkeypatch.setattr(cells, "MOST_CELLS", 0)
    found = METRICS[name].compare(*class_rows(5, 4, rows=2000))
    assert (drawn.method, found.method) == ("bootstrap of the joint cells", "delta method")
    # The standard error of 2,000 replicates' standard error is 1.6 %.
    assert found.error == pytest.approx(drawn.error, rel=0.06)


def test_the_row_that_counts_most_is_the_one_found_by_trying_all() -> None:
    rows = class_rows(2, 3, rows=60)[0]
    for ratio in (confusion.PRECISION, confusion.RECALL, confusion.F1):
        for weighted in (False, True):
            average = confusion.Average(ratio, None, weighted)
            hits, predicted, _ = average.gradient(rows.confusion)
            moves = [
                abs(hits[label] + predicted[label] - predicted[other])
                for label in range(3)
                for other in range(3)
                if other != label
            ]
            assert confusion.heaviest(rows, average) == pytest.approx(max(moves))


def test_of_two_classes_the_larger_is_judged_whatever_the_order_and_the_title_says_so() -> None:
    labels, predicted = np.array([0, 0, 0, 1] * 20), np.array([0, 1, 1, 1] * 20)
    for classes, precision in ((["9", "10"], 1 / 3), (["10", "9"], 1.0)):
        rows = ClassRows(classes, labels, predicted, None)
        assert METRICS["precision"].estimate(rows).value == pytest.approx(precision)
        assert METRICS["precision"].heading(rows) == "Precision (of 10)"
        assert METRICS["precision"].support(rows) == (60 if classes[1] == "10" else 20)
        assert METRICS["recall"].support(rows) == (20 if classes[1] == "10" else 60)


def test_titles_say_how_classes_are_averaged() -> None:
    several, labels = class_rows(0, 4)[0], label_rows(0)[0]
    assert METRICS["roc_auc"].heading(several) == "ROC AUC (one-vs-rest, macro)"
    assert METRICS["roc_auc"].heading(class_rows(0, 2)[0]) == "ROC AUC"
    assert METRICS["precision"].heading(several) == "Precision (mean over classes)"
    assert METRICS["f1_weighted"].heading(labels) == "F1 (weighted by labels)"
    assert METRICS["accuracy"].heading(labels) == "Accuracy (all labels right)"
    assert METRICS["accuracy"].heading(several) == "Accuracy"
    assert METRICS["mae"].heading(number_rows(0)[0]) == "Mean absolute error"


def test_log_loss_never_asks_for_the_logarithm_of_nothing() -> None:
    rows = class_rows(0, 2)[0]
    sure_and_wrong = np.eye(2)[1 - rows.labels]
    worst = METRICS["log_loss"].estimate(replace(rows, scores=sure_and_wrong)).value
    assert worst == pytest.approx(-math.log(np.finfo(np.float32).eps))


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.tile([0.5, 0.6], (80, 1)), "the scores of 80 rows do not sum to 1"),
        (np.tile([-3.0, 4.0], (80, 1)), "they go from -3 to 4"),
    ],
)
def test_scores_that_are_no_probabilities_have_no_log_loss_and_still_an_area(scores: np.ndarray, message: str) -> None:
    rows = replace(class_rows(0, 2)[0], scores=scores)
    for name in ("log_loss", "brier"):
        assert message in obstacle(name, rows, None)
        with pytest.raises(DataError, match=message):
            require(name, rows, None)
    assert obstacle("roc_auc", rows, None) == ""


def test_a_metric_that_cannot_be_had_says_why() -> None:
    two, numbers = class_rows(0, 2)[0], number_rows(0)[0]
    without = replace(two, scores=None)
    assert "the base has no scores" in obstacle("roc_auc", two, without)
    one = replace(two, labels=np.zeros(80, dtype=np.int64))
    assert "fewer than two test rows" in obstacle("roc_auc", one, None)
    flat = NumberRows(np.ones(80), numbers.predicted)
    assert "all labels are the same number" in obstacle("r2", flat, None)
    assert obstacle("mae", flat, None) == ""
    assert "one row only" in obstacle("mae", numbers.take(np.arange(80) == 3), None)
    together = replace(numbers, extent=Extent(groups=np.zeros(80, dtype=np.int64)))
    assert "one group of rows" in obstacle("mae", together, None)
    with pytest.raises(ConfigError, match="accuracy is a metric of classification and multilabel"):
        require("accuracy", numbers, None)
    with pytest.raises(ConfigError, match="mae is a metric of regression"):
        require("mae", two, None)


def test_support_is_that_of_the_rarest_class_or_its_groups() -> None:
    labels = np.repeat([0, 1], [70, 10])
    rows = ClassRows(["a", "b"], labels, labels, None)
    assert METRICS["accuracy"].support(rows) == 80
    assert METRICS["f1_macro"].support(rows) == 10
    grouped = replace(rows, extent=Extent(groups=np.concatenate([np.arange(70), np.repeat([70, 71], 5)])))
    assert METRICS["accuracy"].support(grouped) == 53
    assert METRICS["f1_macro"].support(grouped) == 2
    there = label_rows(0)[0]
    assert METRICS["f1_macro"].support(there) == min(there.labels.sum(axis=0).min(), (~there.labels).sum(axis=0).min())
    assert METRICS["f1_macro"].support(replace(there, extent=Extent(groups=np.arange(80) // 8))) <= 10


def test_weights_that_are_all_one_change_no_value() -> None:
    for base, candidate in (class_rows(0, 4), label_rows(0), number_rows(0)):
        ones = Extent(np.ones(80))
        for metric in METRICS.values():
            if task_of(base) in metric.tasks:
                weighted = metric.compare(replace(base, extent=ones), replace(candidate, extent=ones))
                plain = metric.compare(base, candidate)
                assert weighted.value == pytest.approx(plain.value)
                assert weighted.error == pytest.approx(plain.error, rel=0.15)
                assert weighted.method.endswith("weighted")


def test_many_numbers_are_compared_by_the_delta_method() -> None:
    base, candidate = number_rows(0, rows=100_001)
    for name in ("rmse", "r2"):
        exact = METRICS[name].compare(base, candidate)
        assert exact.method == "delta method"
        fewer = [rows.take(np.arange(2_000)) for rows in (base, candidate)]
        drawn = METRICS[name].compare(*fewer)
        assert drawn.method == "BCa bootstrap"
        assert drawn.error == pytest.approx(exact.error * math.sqrt(100_001 / 2_000), rel=0.1)


def test_every_metric_can_be_limited_and_a_limit_is_never_overlooked() -> None:
    section = EvaluateSection.model_validate({name: {"min": 0.5} for name in METRICS})
    assert set(section.limits()) == set(METRICS)
