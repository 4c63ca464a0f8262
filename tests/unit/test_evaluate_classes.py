"""Classes, ids and weights as other tools write them: brought to one spelling where that is plain, else refused."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from mlops_actions import evaluate
from mlops_actions.config import load
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.text import in_order
from mlops_actions.progress import silent
from mlops_actions.report import Report
from support.bundles import model_config, write_bundle
from support.evaluated import comparison

LIMIT = "{accuracy: {max_drop_abs: 0.1}}"


def run(folder: Path, tables: dict[str, dict[str, Any]], section: str = LIMIT) -> Report:
    """Write columns besides `id` as Parquet files and evaluate them."""
    paths: dict[str, Any] = {}
    for name, columns in tables.items():
        paths[name] = folder / f"{name}.parquet"
        rows = len(next(iter(columns.values())))
        pl.DataFrame({"id": range(rows), **columns}).write_parquet(paths[name])
    (folder / "mlops.yaml").write_text(f"model: toy\nevaluate: {section}\n", encoding="utf-8")
    return evaluate.run(load(folder), progress=silent, **paths)


TRUTH = [True, False] * 20
TEXT = ["True", "False"] * 20


@pytest.mark.parametrize(
    ("labels", "predicted"),
    [
        (TRUTH, TEXT),
        (TEXT, TRUTH),
        (TRUTH, ["TRUE", "FALSE"] * 20),
        ([1, 0] * 20, ["1.0", "0.0"] * 20),
        ([Decimal("1.00"), Decimal("0.00")] * 20, [1, 0] * 20),
        ([Decimal("10.50"), Decimal("-0.50")] * 20, ["10.5", "-0.5"] * 20),
    ],
)
def test_one_class_written_in_two_ways_is_one_class(tmp_path: Path, labels: list[Any], predicted: list[Any]) -> None:
    wrong = predicted[::-1]
    tables = {"labels": {"label": labels}, "candidate": {"prediction": predicted}, "base": {"prediction": wrong}}
    found = comparison(run(tmp_path, tables, "{accuracy: {min: 0.9}}"), "accuracy")
    assert found.base
    assert (found.candidate.value, found.base.value) == (1.0, 0.0)


def test_score_columns_written_otherwise_are_those_of_the_labels(tmp_path: Path) -> None:
    likely = np.where(TRUTH, 0.9, 0.1)
    scores = {"score_True": likely, "score_False": 1 - likely}
    report = run(tmp_path, {"labels": {"label": TRUTH}, "candidate": scores}, "{roc_auc: {min: 0.5}}")
    assert comparison(report, "roc_auc").candidate.value == 1.0


def test_versions_are_no_numbers(tmp_path: Path) -> None:
    tables = {"labels": {"label": ["1", "1.0"] * 20}, "candidate": {"prediction": ["1.0", "1"] * 20}}
    assert comparison(run(tmp_path, tables), "accuracy").candidate.value == 0.0


@pytest.mark.parametrize("side", ["candidate", "base"])
@pytest.mark.parametrize(
    ("foreign", "message"),
    [
        ({"prediction": [1, 0] * 20}, r"the labels are 'false', 'true', the predictions '0', '1'"),
        ({"prediction": ["b ", "a "] * 20}, r"the predictions 'a ', 'b '"),
        ({"prediction": ["1", "1.0"] * 20}, r"the predictions '1', '1.0'"),
        ({"score_0": [0.1] * 40, "score_1": [0.9] * 40}, r"the score columns '0', '1'"),
        ({"prediction": TRUTH, "score_0": [0.1] * 40, "score_1": [0.9] * 40}, r"the score columns '0', '1'"),
    ],
)
def test_labels_and_answers_without_a_common_class_are_refused(
    tmp_path: Path, side: str, foreign: dict[str, Any], message: str
) -> None:
    tables: dict[str, dict[str, Any]] = {
        "labels": {"label": TRUTH},
        "candidate": {"prediction": TRUTH},
        "base": {"prediction": TRUTH},
    }
    with pytest.raises(DataError, match=rf"{side}\.parquet have no class in common: .*{message}"):
        run(tmp_path, {**tables, side: foreign})


def test_a_bundle_that_is_right_nowhere_is_judged(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": range(40), "label": ["a", "b"] * 20, "prediction": ["c"] * 40})
    config = model_config(classes=["a", "b", "c"], input_digest="new")
    write_bundle(tmp_path / "new", config, frame)
    write_bundle(
        tmp_path / "old", config.model_copy(update={"input_digest": "old"}), frame.with_columns(prediction="label")
    )
    (tmp_path / "mlops.yaml").write_text(f"model: toy\nevaluate: {LIMIT}\n", encoding="utf-8")
    report = evaluate.run(load(tmp_path), candidate=tmp_path / "new", base=tmp_path / "old", progress=silent)
    assert report.verdict.reason == "regressed"


@pytest.mark.parametrize("side", ["candidate", "base"])
def test_a_third_class_of_two_names_the_side_that_brings_it(tmp_path: Path, side: str) -> None:
    answers: dict[str, Any] = {"prediction": [1, 0] * 20}
    tables: dict[str, dict[str, Any]] = {"labels": {"label": [1, 0] * 20}, "candidate": answers, "base": answers}
    stray = {"prediction": [*answers["prediction"][1:], 7]}
    with pytest.raises(DataError, match=rf"{side}\.parquet predicts '7', and the classes are '0', '1'"):
        run(tmp_path, {**tables, side: stray})


def test_a_class_that_only_the_base_predicts_takes_no_scores_from_the_candidate(tmp_path: Path) -> None:
    labels = ["a", "b", "c"] * 20
    scores = {f"score_{name}": [0.8 if label == name else 0.1 for label in labels] for name in "abc"}
    tables: dict[str, dict[str, Any]] = {
        "labels": {"label": labels},
        "candidate": scores,
        "base": {"prediction": ["x", *labels[1:]], **scores},
    }
    found = comparison(run(tmp_path, tables, "{log_loss: {max_drop_abs: 0.1}}"), "log_loss")
    assert found.candidate.value == pytest.approx(-np.log(0.8))


@pytest.mark.parametrize(
    ("role", "values", "message"),
    [
        ("id", [[number] for number in range(40)], r"'id' of .*candidate.parquet is a List"),
        ("id", [{"a": number} for number in range(40)], r"'id' of .*candidate.parquet is a Struct"),
        ("id", [b"\xff" + bytes([number]) for number in range(40)], r"'id' of .*candidate.parquet holds bytes"),
        ("label", [[1], [0]] * 20, r"'label'.* is a List"),
        ("label", [{"a": 1}, {"a": 0}] * 20, r"'label'.* is a Struct"),
        ("label", [b"\xff", b"\xfe"] * 20, r"'label'.* holds bytes that are not UTF-8"),
        ("prediction", [{"a": 1}, {"a": 0}] * 20, r"'prediction' of .* is a Struct"),
        ("group", [[1], [0]] * 20, r"'group' of .* is a List"),
        ("place", [[1], [0]] * 20, r"'place' is a List"),
        ("place", [b"\xff", b"\xfe"] * 20, r"'place' holds bytes that are not UTF-8"),
    ],
)
def test_values_that_are_no_text(tmp_path: Path, role: str, values: list[Any], message: str) -> None:
    columns = {"label": [1, 0] * 20, "prediction": [1, 0] * 20, "place": ["x"] * 40, role: values}
    section = "{accuracy: {max_drop_abs: 0.1}, slices: [place]}"
    with pytest.raises(DataError, match=message):
        run(tmp_path, {"candidate": columns}, section)


def test_bytes_that_are_utf_8_are_text(tmp_path: Path) -> None:
    tables: dict[str, dict[str, Any]] = {
        "labels": {"label": [b"no", b"yes"] * 20},
        "candidate": {"prediction": ["no", "yes"] * 20},
    }
    assert comparison(run(tmp_path, tables), "accuracy").candidate.value == 1.0


@pytest.mark.parametrize("scale", [5e-324, 1e-200, 1e200, 1e308])
def test_the_unit_of_weights_changes_nothing(tmp_path: Path, scale: float) -> None:
    labels, answers = [1, 0] * 40, [1, 0] * 38 + [0, 1] * 2
    tables: dict[str, dict[str, Any]] = {"candidate": {"prediction": answers, "score": np.where(answers, 0.8, 0.3)}}
    tables["base"] = {"prediction": labels, "score": np.where(labels, 0.7, 0.4)}
    plain = run(tmp_path, {"labels": {"label": labels, "weight": [1.0] * 80}, **tables})
    scaled = run(tmp_path, {"labels": {"label": labels, "weight": [scale] * 80}, **tables})
    assert plain.evaluation
    assert scaled.evaluation
    assert plain.evaluation.comparisons == scaled.evaluation.comparisons


def test_weights_that_drown_the_others_are_refused(tmp_path: Path) -> None:
    tables: dict[str, dict[str, Any]] = {"labels": {"label": [1, 0] * 20, "weight": [1e200, *[1.0] * 39]}}
    with pytest.raises(DataError, match=r"39 rows .* no usable weight: less than a trillionth of the largest"):
        run(tmp_path, {**tables, "candidate": {"prediction": [1, 0] * 20}})


def test_scores_of_several_labels_are_probabilities_too(tmp_path: Path) -> None:
    tables = {"labels": {"label_a": [1, 0] * 20, "label_b": [0, 1] * 20}}
    with pytest.raises(DataError, match=r"score_a in .* is no probability: it goes from -1 to 5"):
        run(tmp_path, {**tables, "candidate": {"score_a": [5.0, -1.0] * 20, "score_b": [0.1, 0.9] * 20}})


def test_names_have_one_order_however_a_set_gives_them() -> None:
    assert in_order({"10", "1.0", "9", "1"}) == ["1", "1.0", "9", "10"]
    assert in_order({"nan", "2", "10"}) == ["10", "2", "nan"]


@pytest.mark.parametrize("metric", ["mae", "rmse", "r2"])
def test_whole_numbers_are_a_regression_where_its_metrics_are_named(tmp_path: Path, metric: str) -> None:
    counts = list(range(1, 41))
    off = [number + (-1) ** number for number in counts]
    tables = {"labels": {"label": counts}, "candidate": {"prediction": off}, "base": {"prediction": counts}}
    report = run(tmp_path, tables, f"{{{metric}: {{max_drop_abs: 0.1}}}}")
    assert comparison(report, "mae").candidate.value == 1.0
    assert comparison(report, metric).gain


def test_fractions_are_classes_where_a_metric_of_classes_is_named(tmp_path: Path) -> None:
    tables = {"labels": {"label": [0.5, 1.5] * 20}, "candidate": {"prediction": [0.5, 1.5] * 20}}
    assert comparison(run(tmp_path, tables), "accuracy").candidate.value == 1.0


def test_metrics_of_both_kinds_leave_it_to_the_values(tmp_path: Path) -> None:
    tables = {"labels": {"label": [1, 2] * 20}, "candidate": {"prediction": [1, 2] * 20}}
    with pytest.raises(ConfigError, match=r"evaluate\.mae is a metric of regression, and this is a classification"):
        run(tmp_path, tables, "{accuracy: {min: 0.1}, mae: {max: 1}}")


def test_a_class_that_nobody_has_is_left_out_of_means_and_named(tmp_path: Path) -> None:
    labels = np.array([0, 1] * 60)
    answers = {"candidate": np.where(np.arange(120) % 10, labels, 1 - labels), "base": labels}
    tables: dict[str, dict[str, Any]] = {"labels": {"label": labels}}
    for side, predicted in answers.items():
        likely = np.where(predicted, 0.8, 0.2)
        tables[side] = {"prediction": predicted, "score_0": 1 - likely, "score_1": likely, "score_2": 0 * likely}
    report = run(tmp_path, tables, "{f1_macro: {max_drop_abs: 0.05}}")
    found = comparison(report, "f1_macro")
    assert found.base
    assert found.candidate.value == pytest.approx(f1_score(labels, answers["candidate"], average="macro"), abs=1e-12)
    assert (found.base.value, found.support, found.word) == (1.0, 60, "regressed")
    assert found.title == "F1 (mean over classes, without 2)"


def test_means_over_classes_are_those_of_scikit_learn_where_a_class_is_only_predicted(tmp_path: Path) -> None:
    labels = np.array(["a", "b", "c"] * 40)
    stray = np.where(np.arange(120) % 7, labels, "d")
    tables: dict[str, dict[str, Any]] = {"labels": {"label": labels}, "candidate": {"prediction": stray}}
    report = run(tmp_path, {**tables, "base": {"prediction": labels}})
    for name, of in (("f1_macro", f1_score), ("precision", precision_score), ("recall", recall_score)):
        expected = of(labels, stray, average="macro", zero_division=0)
        found = comparison(report, name)
        assert found.base
        assert found.candidate.value == pytest.approx(expected, abs=1e-12)
        assert found.base.value == 1.0


@pytest.mark.parametrize("slices", ["[id]", "[label]", "[[place, label]]", "[{column: label, bins: [1]}]"])
def test_slices_by_the_id_or_the_label_are_refused(tmp_path: Path, slices: str) -> None:
    columns = {"label": [1, 0] * 20, "prediction": [1, 0] * 20, "place": ["x"] * 40}
    with pytest.raises(ConfigError, match=r"evaluate\.slices names '(id|label)', which is the id or the label"):
        run(tmp_path, {"candidate": columns}, f"{{accuracy: {{max_drop_abs: 0.1}}, slices: {slices}}}")


def test_a_folder_without_a_bundle_may_have_meant_a_file(tmp_path: Path) -> None:
    (tmp_path / "mlops.yaml").write_text(f"model: toy\nevaluate: {LIMIT}\n", encoding="utf-8")
    with pytest.raises(DataError, match="There is no bundle at") as raised:
        evaluate.run(load(tmp_path), candidate=tmp_path, progress=silent)
    assert "name a Parquet file" in str(raised.value)


def test_a_column_that_is_only_called_like_a_label_makes_slices(tmp_path: Path) -> None:
    columns = {"label": [1, 0] * 40, "prediction": [1, 0] * 40, "label_source": ["x"] * 80}
    section = "{accuracy: {max_drop_abs: 0.1}, slices: [label_source], min_slice_rows: 30}"
    tables: dict[str, dict[str, Any]] = {
        "labels": columns,
        "candidate": {"prediction": [1, 0] * 40},
        "base": {"prediction": [1, 0] * 40},
    }
    found = run(tmp_path, tables, section).evaluation
    assert found
    assert [one.name for one in found.slices] == ["label_source = x"]
    several = {"label_a": [1, 0] * 20, "label_b": [0, 1] * 20, "score_a": [0.5] * 40, "score_b": [0.5] * 40}
    with pytest.raises(ConfigError, match="names 'label_a', which is the id or the label"):
        run(tmp_path, {"candidate": several}, "{slices: [label_a]}")
