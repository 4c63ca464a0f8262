"""Bases that cannot be paired: other test rows, recorded numbers, slim copies, other versions; and labels that are trusted."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from mlops_actions import evaluate
from mlops_actions.bundle import Bundle
from mlops_actions.config import load
from mlops_actions.errors import DataError
from mlops_actions.progress import silent
from mlops_actions.report import GateRecord, Report
from mlops_actions.report.evaluation import Evaluation
from mlops_actions.report.noise import MetricNoise, Noise, write_noise
from mlops_actions.verdict import Decision
from support.bundles import model_config, predictions, write_bundle
from support.evaluated import comparison, evaluation

ROWS = 2000
SECTION = "{accuracy: {max_drop_abs: 0.01}, roc_auc: {min: 0.5}}"
DATA = "data: {path: data.parquet, label: late, id: key, test: month >= 10}\n"


def bundle(folder: Path, name: str, right: float, rows: int = ROWS, seed: int = 0, **changes: Any) -> Path:
    """Write a bundle that has a share of its rows right; rows of one seed and count are one test set."""
    labels = np.random.default_rng(seed).integers(0, 2, rows)
    sure = np.where(np.arange(rows) < right * rows, 0.9, 0.1)
    larger = np.where(labels == 1, sure, 1 - sure)
    ids = [f"{seed}-{number}" for number in range(rows)]
    frame = predictions(
        ids, ["no" if code == 0 else "yes" for code in labels], ["no", "yes"], np.column_stack([1 - larger, larger])
    )
    write_bundle(folder / name, model_config(**{"input_digest": name, **changes}), frame)
    return folder / name


def run(folder: Path, section: str = SECTION, data: str = "", **given: Any) -> Report:
    (folder / "mlops.yaml").write_text(f"model: toy\n{data}evaluate: {section}\n", encoding="utf-8")
    return evaluate.run(load(folder), progress=silent, **given)


@pytest.mark.parametrize(("seed", "rows"), [(1, ROWS), (0, ROWS - 1), (0, ROWS + 1)])
@pytest.mark.parametrize("right", [0.5, 0.99])
def test_other_test_rows_are_never_paired(tmp_path: Path, *, seed: int, rows: int, right: float) -> None:
    paths: dict[str, Any] = {
        "candidate": bundle(tmp_path, "new", right),
        "base": bundle(tmp_path, "old", 0.9, rows, seed),
    }
    report = run(tmp_path, uses=7, **paths)
    found = comparison(report, "accuracy")
    assert (report.decision, evaluation(report).word, found.word) == (Decision.UNDECIDED, *["different_test_set"] * 2)
    assert found.gain
    assert found.gain.value == pytest.approx(right - 0.9, abs=0.002)
    assert found.method == "difference of two separate estimates"
    assert "the base was tested on other rows" in report.verdict.sentence
    assert f"another test set ({rows:,} rows), the candidate on 2,000" in evaluation(report).notices[0]
    assert evaluation(report).flips is None
    assert evaluation(report).uses == 1
    allowed = run(tmp_path, SECTION[:-1] + ", allow: [undecided]}", **paths)
    assert allowed.decision is Decision.PASS


def test_the_test_set_is_ids_and_labels_whoever_predicts(tmp_path: Path) -> None:
    one, other = (run(tmp_path, candidate=bundle(tmp_path, f"b{right}", right)) for right in (0.8, 0.9))
    assert evaluation(one).test_set == evaluation(other).test_set
    assert evaluation(one).test_set != evaluation(run(tmp_path, candidate=bundle(tmp_path, "x", 0.9, seed=1))).test_set


def record(folder: Path, right: float, seed: int = 0, *, whole: bool = True, **changes: Any) -> Path:
    """Write what a gate on the base commit left."""
    found = evaluation(run(folder, "{}", candidate=bundle(folder, "recorded", right, seed=seed))).model_copy(
        update=changes
    )
    gate = GateRecord(
        model="toy",
        config="mlops.yaml",
        head="0" * 40,
        outcome="evaluated",
        conclusion="success",
        unenforced="success",
        sentence="…",
        evaluation=found,
    )
    path = folder / "record.json"
    path.write_text((gate if whole else found).model_dump_json())
    return path


@pytest.mark.parametrize("whole", [True, False])
def test_recorded_numbers_can_show_a_loss_and_never_that_there_is_none(tmp_path: Path, *, whole: bool) -> None:
    words = {}
    for right in (0.80, 0.899, 0.90, 0.99):
        report = run(tmp_path, record=record(tmp_path, 0.9, whole=whole), candidate=bundle(tmp_path, "new", right))
        words[right] = (comparison(report, "accuracy").word, str(report.decision))
        assert evaluation(report).base_from == "record"
        assert "rows are not paired" in evaluation(report).notices[0]
    undecided = ("undecided", "undecided")
    assert words == {0.80: ("regressed", "fail"), 0.899: undecided, 0.90: undecided, 0.99: undecided}


def test_the_interval_of_two_estimates_is_that_of_independent_ones(tmp_path: Path) -> None:
    report = run(tmp_path, record=record(tmp_path, 0.9), candidate=bundle(tmp_path, "new", 0.9))
    gain = comparison(report, "accuracy").gain
    assert gain
    assert gain.error == pytest.approx((2 * 0.9 * 0.1 / ROWS) ** 0.5, rel=0.01)


def test_a_record_of_other_rows_claims_nothing(tmp_path: Path) -> None:
    report = run(tmp_path, record=record(tmp_path, 0.99, seed=1), candidate=bundle(tmp_path, "new", 0.5))
    assert (report.decision, evaluation(report).word) == (Decision.UNDECIDED, "different_test_set")
    assert "another test set (2,000 rows)" in evaluation(report).notices[0]


def test_a_record_of_another_evaluator_is_said(tmp_path: Path) -> None:
    found = run(tmp_path, record=record(tmp_path, 0.9, evaluator="0"), candidate=bundle(tmp_path, "new", 0.9))
    assert "computed by version 0 of the evaluator" in evaluation(found).notices[1]


def test_a_record_without_numbers_is_not_the_lack_of_a_base(tmp_path: Path) -> None:
    path = record(tmp_path, 0.9)
    path.write_text(json.dumps({**json.loads(path.read_text()), "outcome": "skipped", "evaluation": None}))
    report = run(tmp_path, record=path, candidate=bundle(tmp_path, "new", 0.9))
    assert (report.decision, report.verdict.reason) == (Decision.UNDECIDED, "undecided")
    assert (evaluation(report).word, evaluation(report).base_from) == ("undecided", "record")
    assert "the record of the base has no value of Accuracy" in report.verdict.sentence
    assert evaluation(report).notices == [
        "The record of the base holds no numbers, so there is nothing to compare with."
    ]


@pytest.mark.parametrize("kept", [[], ["roc_auc"]])
def test_a_limited_metric_that_the_record_lacks_cannot_be_told(tmp_path: Path, kept: list[str]) -> None:
    path = record(tmp_path, 0.9, whole=False)
    content = json.loads(path.read_text())
    content["comparisons"] = [one for one in content["comparisons"] if one["metric"] in kept]
    path.write_text(json.dumps(content))
    report = run(tmp_path, record=path, candidate=bundle(tmp_path, "new", 0.5))
    assert (report.decision, comparison(report, "accuracy").word) == (Decision.UNDECIDED, "undecided")
    assert comparison(report, "log_loss").word == "no_limit"
    assert "the record of the base has no value of Accuracy" in report.verdict.sentence
    strict = run(tmp_path, SECTION[:-1] + ", allow: [undecided]}", record=path, candidate=tmp_path / "new")
    assert strict.decision is Decision.PASS


def test_a_base_on_other_rows_without_scores_cannot_be_told(tmp_path: Path) -> None:
    base = bundle(tmp_path, "old", 0.9, seed=1)
    table = pl.read_parquet(base / "predictions" / "test.parquet").select("id", "label", "prediction")
    write_bundle(base, model_config(input_digest="old"), table)
    report = run(tmp_path, "{roc_auc: {max_drop_abs: 0.01}}", candidate=bundle(tmp_path, "new", 0.5), base=base)
    assert (report.decision, evaluation(report).word) == (Decision.UNDECIDED, "different_test_set")
    assert "tested on other rows, has no value of ROC AUC" in report.verdict.sentence


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "it is no JSON"),
        ("[]", "the whole: Input should be"),
        ('{"outcome": "evaluated"}', "Field required"),
        ("\ud800", "it is no JSON"),
    ],
)
def test_a_record_that_is_none(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(DataError, match=message):
        run(tmp_path, record=path, candidate=bundle(tmp_path, "new", 0.9))
    with pytest.raises(DataError, match="cannot be read"):
        run(tmp_path, record=tmp_path / "gone.json", candidate=tmp_path / "new")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('"alpha":0.05', '"alpha":0.5', "evaluation.alpha: Input should be less than 0.5"),
        ('"alpha":0.05', '"alpha":0.0', "evaluation.alpha: Input should be greater than 0"),
        (
            '"candidate":{"value":0.9,',
            '"candidate":{"value":NaN,',
            r"candidate\.value: Input should be a finite number",
        ),
        (
            '"candidate":{"value":0.9',
            '"candidate":{"value":1e999',
            r"candidate\.value: Input should be a finite number",
        ),
    ],
)
def test_a_record_of_impossible_numbers_is_refused(tmp_path: Path, before: str, after: str, message: str) -> None:
    path = record(tmp_path, 0.9)
    content = path.read_text()
    assert before in content
    path.write_text(content.replace(before, after))
    with pytest.raises(DataError, match=message):
        run(tmp_path, record=path, candidate=bundle(tmp_path, "new", 0.9))


def test_a_base_goes_before_its_record(tmp_path: Path) -> None:
    paths: dict[str, Any] = {"candidate": bundle(tmp_path, "new", 0.9), "base": bundle(tmp_path, "old", 0.9)}
    report = run(tmp_path, record=tmp_path / "gone.json", base_from="cache", **paths)
    assert (evaluation(report).base_from, comparison(report, "accuracy").word) == ("cache", "non_inferior")


def test_a_slim_copy_of_the_base_says_what_the_base_says(tmp_path: Path) -> None:
    candidate, base = bundle(tmp_path, "new", 0.9), bundle(tmp_path, "old", 0.92)
    for path in (candidate, base):
        (path / "model").mkdir()
        (path / "model" / "model.skops").write_bytes(b"model")
        Bundle(path).write_config(Bundle(path).config(), seal=False)
    slim = Bundle(base).predictions_only(tmp_path / "slim").path
    whole, kept = (run(tmp_path, candidate=candidate, base=path) for path in (base, slim))
    assert evaluation(whole) == evaluation(kept)
    pl.read_parquet(slim / "predictions" / "test.parquet").with_columns(prediction="label").write_parquet(
        slim / "predictions" / "test.parquet"
    )
    with pytest.raises(DataError, match=r"'predictions/test\.parquet' changed"):
        run(tmp_path, candidate=candidate, base=slim)


def test_a_base_of_an_older_version_says_what_to_do(tmp_path: Path) -> None:
    base = bundle(tmp_path, "old", 0.9)
    path = base / "model_config.yaml"
    old = yaml.safe_load(path.read_text())
    old["python_version"] = old.pop("environment")["python"]
    path.write_text(yaml.safe_dump(old))
    with pytest.raises(DataError, match=r"of this version.*environment(.|\n)*train .*again(.|\n)*--record"):
        run(tmp_path, candidate=bundle(tmp_path, "new", 0.9), base=base)


def test_trusted_labels_are_those_of_data_whatever_the_candidate_brings(tmp_path: Path) -> None:
    candidate = bundle(tmp_path, "new", 0.6)
    table = pl.read_parquet(candidate / "predictions" / "test.parquet")
    data = table.select(key="id", late="label").with_columns(month=pl.lit(10), x=pl.lit(1.0))
    first = data.head(2).with_columns(month=pl.lit(1), key=pl.Series(["t1", "t2"]), late=pl.Series(["no", "yes"]))
    pl.concat([first, data.sample(fraction=1, shuffle=True, seed=1)]).write_parquet(tmp_path / "data.parquet")
    honest = run(tmp_path, data=DATA, candidate=candidate, labels="data")
    assert comparison(honest, "accuracy").candidate.value == pytest.approx(0.6)
    # The candidate claims labels that make it right everywhere.
    write_bundle(tmp_path / "liar", model_config(input_digest="liar"), table.with_columns(label="prediction"))
    lied = run(tmp_path, data=DATA, candidate=tmp_path / "liar", labels="data")
    assert evaluation(lied).comparisons == evaluation(honest).comparisons
    # Predictions of other rows are refused.
    write_bundle(tmp_path / "less", model_config(input_digest="less"), table.head(100))
    with pytest.raises(DataError, match="lacks 1900 of the 2000 labelled ids"):
        run(tmp_path, data=DATA, candidate=tmp_path / "less", labels="data")
    # A trusted base was tested on the same data, though it knows it in another order.
    shuffled = bundle(tmp_path, "old", 0.9)
    assert evaluation(run(tmp_path, data=DATA, candidate=candidate, base=shuffled, labels="data")).word == "regressed"


def test_labels_unseen_in_training_are_classes_like_others(tmp_path: Path) -> None:
    candidate, base = bundle(tmp_path, "new", 0.9), bundle(tmp_path, "old", 0.9)
    for path in (candidate, base):
        table = pl.read_parquet(path / "predictions" / "test.parquet").with_row_index("row")
        new = table.with_columns(label=pl.when(pl.col("row") < 50).then(pl.lit("maybe")).otherwise("label")).drop("row")
        write_bundle(path, model_config(input_digest=path.name), new)
    report = run(
        tmp_path, "{accuracy: {max_drop_abs: 0.01}, log_loss: {max_drop_abs: 0.01}}", candidate=candidate, base=base
    )
    found: Evaluation = evaluation(report)
    assert found.classes == ["no", "yes", "maybe"]
    assert comparison(report, "accuracy").candidate.value == pytest.approx(0.875)
    assert {one.metric for one in found.comparisons} >= {"accuracy", "roc_auc", "log_loss", "brier"}


@pytest.mark.parametrize(("measured", "said"), [("new", False), ("old", False), ("third", True)])
def test_noise_of_other_trainings_is_said(tmp_path: Path, measured: str, *, said: bool) -> None:
    paths: dict[str, Any] = {"candidate": bundle(tmp_path, "new", 0.9), "base": bundle(tmp_path, "old", 0.9)}
    metric = MetricNoise(
        title="Accuracy", sigma=0.01, seeds=2, values=[0.9, 0.91], error=0.01, widens=None, worse=0, better=0
    )
    noise = Noise(
        model="toy",
        seeds=[0, 1],
        input_digests=[measured, "fourth"],
        test_set="sha256:0",
        rows=10,
        alpha=0.05,
        pairs=1,
        regressed=0,
        improved=0,
        metrics={"accuracy": metric},
    )
    found = evaluation(run(tmp_path, noise=write_noise(tmp_path, noise), **paths))
    assert ("measured on other inputs" in found.notices[0]) is said
