"""Files that do not fit: a clear error each, never a smaller comparison; and values that mean the same are the same."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops_actions import evaluate
from mlops_actions.config import load
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.progress import silent
from mlops_actions.report import Report
from mlops_actions.report.markdown import render
from mlops_actions.verdict import Decision
from support.bundles import model_config, write_bundle
from support.evaluated import comparison, evaluation

IDS = [1, 2, 3, 4]
LABELS = {"id": IDS, "label": [0, 1, 0, 1]}
BASE = {"id": IDS, "score": [0.1, 0.8, 0.2, 0.9]}


def run(folder: Path, section: str = "{}", **tables: dict[str, Any] | Path | None) -> Report:
    """Write the tables as Parquet files and evaluate them."""
    paths: dict[str, Any] = {}
    for name, table in {"labels": LABELS, "candidate": BASE, "base": BASE, **tables}.items():
        paths[name] = folder / f"{name}.parquet" if isinstance(table, dict) else table
        if isinstance(table, dict):
            pl.DataFrame(table, strict=False).write_parquet(folder / f"{name}.parquet")
    (folder / "mlops.yaml").write_text(f"model: toy\nevaluate: {section}\n", encoding="utf-8")
    return evaluate.run(load(folder), progress=silent, **paths)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"candidate": {"id": [1, 2, 3], "score": [0.1, 0.2, 0.3]}}, r"lacks 1 of the 4 labelled ids: '4'"),
        ({"base": {"id": [1, 2, 3, 4, 9], "score": [0.1] * 5}}, r"has 1 ids that are not labelled: '9'"),
        ({"base": {"id": [5, 6, 7, 8], "score": [0.1] * 4}}, r"another test set"),
        ({"candidate": {"id": [1, 2, 3, 3], "score": [0.1] * 4}}, r"1 ids .* more than once, such as '3'"),
        ({"labels": {"id": [1, 2, 3, 3], "label": ["a", "b", "a", "b"]}}, r"more than once"),
        ({"candidate": {"id": [1, 2, 3, None], "score": [0.1] * 4}}, r"1 rows of .* have no id"),
        ({"candidate": {"id": IDS, "score": [0.1, None, 0.3, float("nan")]}}, r"2 rows .* no usable score"),
        ({"candidate": {"id": IDS, "score_0": [float("inf")] * 4, "score_1": [0.1] * 4}}, r"no usable score_0"),
        ({"candidate": {"id": IDS, "prediction": [1, None, 0, 0]}}, r"1 rows .* no usable prediction"),
        ({"labels": {"id": IDS, "label": ["a", None, "b", "a"]}}, r"1 rows .* have no label"),
        ({"labels": {"id": IDS, "answer": ["a"] * 4}}, r"no column 'label'.*'answer'"),
        ({"candidate": {"row": IDS, "score": [0.1] * 4}}, r"no column 'id'"),
        ({"candidate": {"id": IDS}}, r"neither prediction nor scores"),
        ({"candidate": {"id": IDS, "score_1": [0.1] * 4}}, r"neither prediction nor scores"),
        ({"candidate": {"id": IDS, "score": ["high"] * 4}}, r"score .* is String, not a number"),
        ({"candidate": {"id": IDS, "score": [1.0, -3.0, 2.0, 7.0]}}, r"no probability: it goes from -3 to 7"),
        ({"candidate": {"id": [], "score": []}}, r"has no rows"),
        (
            {"labels": {"id": IDS, "label": ["a", "b", "c", "a"]}, "base": {"id": IDS, "score": [0.1] * 4}},
            r"one column score, and there are 3 classes",
        ),
        (
            {
                name: {"id": IDS, "label": ["a"] * 4, "prediction": ["a"] * 4}
                for name in ("labels", "candidate", "base")
            },
            r"All labels are of one class",
        ),
    ],
)
def test_rows_that_do_not_fit(tmp_path: Path, tables: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        run(tmp_path, **tables)


@pytest.mark.parametrize("content", [b"", b"id,label\n1,a\n", b"PAR1\x00\x00broken", b"version https://git-lfs"])
def test_a_file_that_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken [1].parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        run(tmp_path, base=path)


def test_a_truncated_file(tmp_path: Path) -> None:
    pl.DataFrame(BASE).write_parquet(tmp_path / "whole.parquet")
    (tmp_path / "half.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-40])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        run(tmp_path, base=tmp_path / "half.parquet")


def test_a_base_that_is_named_and_not_there_is_never_a_first_run(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is nothing at"):
        run(tmp_path, "{accuracy: {max_drop_abs: 0.1}}", base=tmp_path / "gone.parquet")


def test_a_branch_is_no_base_before_it_is_trained(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is nothing at main") as caught:
        run(tmp_path, base=Path("main"))
    assert "a bundle folder or a Parquet file; a branch has to be trained" in caught.value.why
    assert f"mlops evaluate --base {tmp_path / '.mlops' / 'toy' / 'base'}" in caught.value.fix


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no bundle"):
        run(tmp_path, base=tmp_path)


def test_plain_files_without_labels(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--labels PATH"):
        run(tmp_path, labels=None)


def test_a_named_metric_without_its_scores(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"evaluate\.roc_auc cannot be computed: the base has no scores"):
        run(tmp_path, "{roc_auc: {min: 0.1}}", base={"id": IDS, "prediction": [1, 0, 0, 1]})


def test_a_named_metric_with_too_few_rows_of_a_class(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="fewer than two test rows"):
        run(tmp_path, "{roc_auc: {min: 0.1}}", labels={"id": IDS, "label": [0, 0, 0, 1]})


def test_labels_corrected_since_the_base_are_another_test_set(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["1", "2", "3"], "label": ["no", "yes", "no"], "prediction": ["no", "yes", "no"]})
    write_bundle(tmp_path / "new", model_config(), frame)
    write_bundle(tmp_path / "old", model_config(), frame.with_columns(label=pl.Series(["yes", "yes", "no"])))
    report = run(
        tmp_path, "{accuracy: {max_drop_abs: 0.1}}", labels=None, candidate=tmp_path / "new", base=tmp_path / "old"
    )
    assert (report.decision, evaluation(report).word) == (Decision.UNDECIDED, "different_test_set")
    with pytest.raises(DataError, match="1 rows have another label in the base, such as id '1'"):
        run(tmp_path, labels=None, candidate=tmp_path / "new", base=tmp_path / "old" / "predictions" / "test.parquet")


def test_a_classifier_is_not_compared_with_a_regression(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["1", "2"], "label": [1.5, 2.5], "prediction": [1.0, 2.0]})
    write_bundle(tmp_path / "new", model_config(task="regression", classes=[]), frame)
    write_bundle(tmp_path / "old", model_config(), frame)
    with pytest.raises(DataError, match="different tasks"):
        run(tmp_path, labels=None, candidate=tmp_path / "new", base=tmp_path / "old")


@pytest.mark.parametrize(
    ("ids", "labels", "predicted"),
    [
        ([1.0, 2.0, 3.0, 4.0], [0, 1, 0, 1], [0.0, 1.0, 0.0, 1.0]),
        (["1", "2", "3", "4"], [False, True, False, True], ["false", "true", "false", "true"]),
        ([4, 3, 2, 1], ["0", "1", "0", "1"], [1, 0, 1, 0]),
    ],
)
def test_ids_and_classes_from_other_tools_mean_the_same(
    tmp_path: Path, ids: list[Any], labels: list[Any], predicted: list[Any]
) -> None:
    report = run(
        tmp_path, labels={"id": IDS, "label": labels}, candidate={"id": ids, "prediction": predicted}, base=None
    )
    assert comparison(report, "accuracy").candidate.value == 1.0


def test_classes_that_are_numbers_are_ordered_as_numbers(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        labels={"id": IDS, "label": [9, 10, 9, 10]},
        candidate={"id": IDS, "score": [0.1, 0.9, 0.2, 0.7]},
        base=None,
    )
    assert comparison(report, "roc_auc").candidate.value == 1.0
    assert comparison(report, "accuracy").candidate.value == 1.0


def test_numbers_with_a_fraction_are_a_regression(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        labels={"id": IDS, "label": [1, 2, 3, 4]},
        candidate={"id": IDS, "prediction": [1.5, 2.5, 3.5, 4.5]},
        base=None,
    )
    assert comparison(report, "mae").candidate.value == 0.5


@pytest.mark.parametrize("name", ["::set-output name=passed::true", "a|b\n<b>x</b>", "@everyone", "x" * 10_000, ""])
def test_class_names_are_data_and_come_out_inert(tmp_path: Path, name: str) -> None:
    labels = {"id": IDS, "label": [name, "b", name, "b"]}
    scores = {"id": IDS, f"score_{name}": [0.9, 0.1, 0.8, 0.2], "score_b": [0.1, 0.9, 0.2, 0.8]}
    report = run(tmp_path, "{accuracy: {min: 0.1}}", labels=labels, candidate=scores, base=None)
    assert comparison(report, "accuracy").candidate.value == 1.0
    assert name not in render(report) or name == ""


def test_score_is_of_the_larger_class_also_where_a_bundle_orders_its_classes_otherwise(tmp_path: Path) -> None:
    labels = ["0", "1", "0", "1"]
    frame = pl.DataFrame({"id": IDS, "label": labels, "prediction": labels}).with_columns(
        score_1=pl.Series([0.1, 0.9, 0.1, 0.9]), score_0=pl.Series([0.9, 0.1, 0.9, 0.1])
    )
    write_bundle(tmp_path / "new", model_config(classes=["1", "0"]), frame)
    report = run(tmp_path, labels=None, candidate=tmp_path / "new", base=BASE)
    for name in ("roc_auc", "accuracy"):
        found = comparison(report, name)
        assert found.base
        assert found.base.value == found.candidate.value == 1.0


@pytest.mark.parametrize("labels", [[False, True] * 2, ["False", "True"] * 2, [-1, 1] * 2, ["1", "2"] * 2])
def test_score_is_of_true_and_of_the_larger_number(tmp_path: Path, labels: list[Any]) -> None:
    report = run(tmp_path, labels={"id": IDS, "label": labels})
    assert comparison(report, "roc_auc").candidate.value == 1.0


@pytest.mark.parametrize("labels", [["churn", "stay"] * 2, ["false", "True"] * 2, ["nan", "0"] * 2, ["0", "true"] * 2])
def test_a_bare_score_between_two_names_is_refused(tmp_path: Path, labels: list[str]) -> None:
    """P(churn) taken for P(stay), which the alphabet puts last, would call a worse model better."""
    first, second = sorted(labels[:2])
    with pytest.raises(DataError, match="does not say which class it is of") as caught:
        run(tmp_path, labels={"id": IDS, "label": labels})
    assert f"score_{first} and score_{second}" in caught.value.fix


@pytest.mark.parametrize(("side", "other"), [("candidate", "base"), ("base", "candidate")])
def test_scores_of_the_other_class_are_said_first(tmp_path: Path, side: str, other: str) -> None:
    labels = [0, 1] * 50
    right = [0.8 if (label == 1) != (place < 20) else 0.2 for place, label in enumerate(labels)]
    tables: dict[str, dict[str, Any]] = {
        "labels": {"id": range(100), "label": labels},
        side: {"id": range(100), "score": [1 - score for score in right]},
        other: {"id": range(100), "score": right},
    }
    report = run(tmp_path, "{roc_auc: {max_drop_abs: 0.01}}", **tables)
    said = f"ROC AUC is below 0.5 of the {side} (0.2): the scores rank the wrong class first."
    assert evaluation(report).notices[0].startswith(said)
    assert said in report.verdict.sentence
    assert [one.key for one in report.findings if one.name == "below_chance"] == ["evaluate.roc_auc"]


def test_an_area_that_may_be_above_chance_is_no_notice(tmp_path: Path) -> None:
    labels = {"id": range(80), "label": [0, 1] * 40}
    guessed = {"id": range(80), "score": [0.2, 0.8, 0.8, 0.2] * 19 + [0.8, 0.2] * 2}
    report = run(tmp_path, labels=labels, candidate=guessed, base=None)
    assert comparison(report, "roc_auc").candidate.value < 0.5
    assert evaluation(report).notices == []


def test_an_option_goes_before_the_file_that_is_named(tmp_path: Path) -> None:
    files = "{files: {labels: labels.parquet, candidate: candidate.parquet, base: gone.parquet}}"
    report = run(tmp_path, files)
    assert report.facts["base"]["path"].endswith("base.parquet")
