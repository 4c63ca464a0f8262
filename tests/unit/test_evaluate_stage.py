"""The stage through its door: verdicts, sentences, tables, facts, with bundles and with plain files."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops_actions import evaluate
from mlops_actions.bundle import Bundle
from mlops_actions.config import Config, load
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.progress import silent
from mlops_actions.report import Report
from mlops_actions.report.markdown import render
from mlops_actions.verdict import Decision
from support.bundles import model_config, predictions, write_bundle
from support.evaluated import comparison, evaluation

ROWS = 2000


def config(folder: Path, evaluate_section: str = "{}") -> Config:
    (folder / "mlops.yaml").write_text(f"model: toy\nevaluate: {evaluate_section}\n", encoding="utf-8")
    return load(folder)


def scores(seed: int, noise: float, labels: np.ndarray, shared: np.ndarray) -> np.ndarray:
    """Return [N, 2] probabilities that know the label through `noise`, half of it shared between models."""
    own = np.random.default_rng(seed).normal(size=len(labels))
    signal = (labels * 2 - 1) + noise * (0.9 * shared + 0.3 * own)
    larger = 1 / (1 + np.exp(-signal))
    return np.column_stack([1 - larger, larger])


@pytest.fixture(scope="module")
def truth() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return (generator.random(ROWS) < 0.4).astype(int), generator.normal(size=ROWS)


@pytest.fixture
def bundles(tmp_path: Path, truth: tuple[np.ndarray, np.ndarray]) -> dict[str, Path]:
    """Write a base and candidates that are the same, as good, better, and worse."""
    labels, shared = truth
    texts = [["no", "yes"][code] for code in labels]
    ids = [f"row {number}" for number in range(ROWS)]
    noises = {"base": (1, 1.0), "same": (1, 1.0), "alike": (2, 1.0), "better": (3, 0.4), "worse": (4, 2.0)}
    for name, (seed, noise) in noises.items():
        frame = predictions(ids, texts, ["no", "yes"], scores(seed, noise, labels, shared))
        digest = "sha256:same" if name in {"base", "same"} else f"sha256:{name}"
        write_bundle(
            tmp_path / name, model_config(input_digest=digest), frame.sample(fraction=1, shuffle=True, seed=seed)
        )
    return {name: tmp_path / name for name in noises}


def run(folder: Path, section: str, **paths: Any) -> Report:
    return evaluate.run(config(folder, section), progress=silent, **paths)


@pytest.mark.parametrize("metric", ["accuracy", "f1_weighted", "roc_auc"])
@pytest.mark.parametrize(
    ("name", "reason", "decision"),
    [
        ("worse", "regressed", Decision.FAIL),
        ("better", "improved", Decision.PASS),
        ("same", "identical", Decision.PASS),
        ("alike", "non_inferior", Decision.PASS),
    ],
)
def test_against_a_base(
    tmp_path: Path, bundles: dict[str, Path], *, metric: str, name: str, reason: str, decision: Decision
) -> None:
    report = run(tmp_path, f"{{{metric}: {{max_drop_abs: 0.03}}}}", candidate=bundles[name], base=bundles["base"])
    assert (report.verdict.reason, report.decision) == (reason, decision)
    assert report.findings[0].key == f"evaluate.{metric}.max_drop_abs"
    assert report.tables[0].rows[0][-1] in {"worse", "better", "identical by construction", "no worse"}


def test_the_sentence_has_the_numbers_and_words_of_people(tmp_path: Path, bundles: dict[str, Path]) -> None:
    report = run(tmp_path, "{accuracy: {max_drop_abs: 0.01}}", candidate=bundles["worse"], base=bundles["base"])
    sentence = report.verdict.sentence
    for part in ("Worse: Accuracy fell from", "2,000 rows", "90 % sure between", "more than the 0.01 you allow"):
        assert part in sentence
    evidence = report.verdict.evidence["accuracy.max_drop_abs"]
    assert evidence["value"] == pytest.approx(evidence["candidate"] - evidence["base"])
    assert evidence["low"] < evidence["value"] < evidence["high"] < 0
    assert "Accuracy" in render(report)


def test_a_margin_that_the_rows_cannot_show_is_undecided_and_says_what_it_would_take(
    tmp_path: Path, bundles: dict[str, Path]
) -> None:
    paths = {"candidate": bundles["alike"], "base": bundles["base"]}
    report = run(tmp_path, "{accuracy: {max_drop_abs: 0.0001}}", **paths)
    assert (report.decision, report.verdict.reason) == (Decision.UNDECIDED, "undecided")
    evidence = report.verdict.evidence["accuracy.max_drop_abs"]
    assert evidence["rows_needed"] > ROWS
    assert 0 < evidence["minimum_detectable_effect"] < 0.1
    assert f"about {evidence['rows_needed']:,} rows would settle it" in report.verdict.sentence
    allowed = run(tmp_path, "{accuracy: {max_drop_abs: 0.0001}, allow: [undecided]}", **paths)
    assert (allowed.decision, allowed.verdict.reason) == (Decision.PASS, "undecided")
    assert "evaluate.allow lets it pass" in allowed.verdict.sentence


def test_a_small_but_certain_drop_stops_unless_it_is_allowed(
    tmp_path: Path, truth: tuple[np.ndarray, np.ndarray]
) -> None:
    labels = truth[0]
    base = np.eye(2)[labels]
    candidate = base.copy()
    candidate[:30] = candidate[:30, ::-1]
    ids, texts = [str(number) for number in range(ROWS)], [["no", "yes"][code] for code in labels]
    for name, made in (("before", base), ("after", candidate)):
        write_bundle(tmp_path / name, model_config(input_digest=name), predictions(ids, texts, ["no", "yes"], made))
    paths = {"candidate": tmp_path / "after", "base": tmp_path / "before"}
    report = run(tmp_path, "{accuracy: {max_drop_abs: 0.017}}", **paths)
    assert (report.decision, report.verdict.reason) == (Decision.UNDECIDED, "small_drop")
    allowed = run(tmp_path, "{accuracy: {max_drop_abs: 0.017}, allow: [small_drop]}", **paths)
    assert (allowed.decision, allowed.verdict.reason) == (Decision.PASS, "small_drop")
    only_undecided = run(tmp_path, "{accuracy: {max_drop_abs: 0.017}, allow: [undecided]}", **paths)
    assert only_undecided.decision is Decision.UNDECIDED


def test_relative_and_absolute_drops_are_judged_each(tmp_path: Path, bundles: dict[str, Path]) -> None:
    section = "{accuracy: {max_drop_abs: 0.5, max_drop_rel: 0.001}}"
    report = run(tmp_path, section, candidate=bundles["worse"], base=bundles["base"])
    by_key = {finding.key: finding.verdict for finding in report.findings}
    assert by_key["evaluate.accuracy.max_drop_abs"].reason == "non_inferior"
    relative = by_key["evaluate.accuracy.max_drop_rel"]
    assert relative.reason == "regressed"
    assert relative.evidence["margin"] == pytest.approx(0.001 * relative.evidence["base"])
    assert report.findings[0].verdict.decision is Decision.FAIL


@pytest.mark.parametrize(
    ("limits", "reason", "decision"),
    [
        ("min: 0.5", "within_limit", Decision.PASS),
        ("min: 0.99", "below_min", Decision.FAIL),
        ("max: 0.5", "above_max", Decision.FAIL),
        ("max: 0.999", "within_limit", Decision.PASS),
    ],
)
def test_floors_and_ceilings(
    tmp_path: Path, bundles: dict[str, Path], limits: str, reason: str, decision: Decision
) -> None:
    report = run(tmp_path, f"{{accuracy: {{{limits}}}}}", candidate=bundles["base"])
    assert (report.verdict.reason, report.decision) == (reason, decision)


def test_a_floor_inside_the_interval_cannot_be_told(tmp_path: Path, bundles: dict[str, Path]) -> None:
    value = comparison(run(tmp_path, "{}", candidate=bundles["base"]), "accuracy").candidate.value
    for floor in (value - 0.001, value + 0.001):
        report = run(tmp_path, f"{{accuracy: {{min: {floor}}}}}", candidate=bundles["base"])
        assert (report.decision, report.verdict.reason) == (Decision.UNDECIDED, "undecided")


def test_without_a_base_a_drop_limit_passes_and_says_so(tmp_path: Path, bundles: dict[str, Path]) -> None:
    report = run(tmp_path, "{roc_auc: {max_drop_abs: 0.005, min: 0.5}}", candidate=bundles["base"])
    assert {finding.verdict.reason for finding in report.findings} == {"no_base", "within_limit"}
    assert report.decision is Decision.PASS
    assert "Nothing to compare with: there is no base" in report.verdict.sentence


def test_without_limits_nothing_fails_and_the_values_are_shown(tmp_path: Path, bundles: dict[str, Path]) -> None:
    report = run(tmp_path, "{}", candidate=bundles["worse"], base=bundles["base"])
    assert (report.decision, report.verdict.reason) == (Decision.PASS, "no_limits")
    assert [row[0] for row in report.tables[0].rows[:2]] == ["Accuracy", "Precision (of yes)"]
    assert {one.word for one in evaluation(report).comparisons} == {"no_limit"}
    assert evaluation(report).word == "no_limit"


def test_identical_inputs_still_have_to_keep_the_floor(tmp_path: Path, bundles: dict[str, Path]) -> None:
    section = "{accuracy: {max_drop_abs: 0.01, min: 0.99}}"
    report = run(tmp_path, section, candidate=bundles["same"], base=bundles["base"])
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "below_min")


def test_equal_inputs_with_other_answers_are_compared_and_said_to_be_chance(
    tmp_path: Path, bundles: dict[str, Path]
) -> None:
    for name in ("base", "worse"):
        frame = pl.read_parquet(bundles[name] / "predictions" / "test.parquet")
        write_bundle(tmp_path / f"again {name}", model_config(input_digest="sha256:equal"), frame)
    paths = {"candidate": tmp_path / "again worse", "base": tmp_path / "again base"}
    report = run(tmp_path, "{accuracy: {max_drop_abs: 0.03}}", **paths)
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "regressed")
    assert "Same inputs gave different predictions on 2,000 rows" in report.verdict.sentence
    assert "identical" not in report.model_dump_json()
    notice = next(one for one in report.findings if one.verdict.reason == "not_deterministic")
    assert notice.verdict.decision is Decision.PASS


def test_an_interval_is_written_so_that_its_ends_differ_from_the_value(tmp_path: Path) -> None:
    labels = np.zeros(400)
    off = {"base": 1.2 + 0.03 * np.random.default_rng(0).normal(size=400), "candidate": np.ones(400)}
    for name, predicted in off.items():
        frame = pl.DataFrame({"id": [str(number) for number in range(400)], "label": labels, "prediction": predicted})
        write_bundle(tmp_path / name, model_config(task="regression", classes=[], input_digest=name), frame)
    report = run(
        tmp_path, "{mae: {max_drop_abs: 0.05, max: 2}}", candidate=tmp_path / "candidate", base=tmp_path / "base"
    )
    change = re.search(r"change (\S+), 90 % sure between (\S+) and ([^)]+)\)", report.verdict.sentence)
    assert change
    value, low, high = map(float, change.groups())
    assert low < value < high
    row = report.tables[0].rows[0]
    assert row[3:5] == [change[1], f"{change[2]} to {change[3]}"]


@pytest.mark.parametrize("name", ["candidate", "base"])
@pytest.mark.parametrize("change", ["edited", "added", "lost"])
def test_a_bundle_that_is_not_as_it_was_written_is_refused(
    tmp_path: Path, bundles: dict[str, Path], name: str, change: str
) -> None:
    paths = {"candidate": bundles["alike"], "base": bundles["better"]}
    for path in paths.values():
        (path / "model").mkdir()
        (path / "model" / "model.skops").touch()
        Bundle(path).write_config(Bundle(path).config(), seal=False)
    predicted = paths[name] / "predictions" / "test.parquet"
    if change == "edited":
        pl.read_parquet(predicted).with_columns(prediction="label").write_parquet(predicted)
    elif change == "added":
        (paths[name] / "more.txt").touch()
    else:
        (paths[name] / "contract.json").unlink()
    with pytest.raises(DataError, match=r"is not as it was written: '.*' changed, came or went"):
        run(tmp_path, "{accuracy: {max_drop_abs: 0.03}}", **paths)


def test_flips_count_every_row_once(tmp_path: Path, bundles: dict[str, Path]) -> None:
    report = run(tmp_path, "{}", candidate=bundles["worse"], base=bundles["base"])
    counts = {row[0]: row[1] for row in report.tables[1].rows}
    assert sum(int(str(count)) for count in counts.values()) == ROWS
    gain = comparison(report, "accuracy").gain
    assert gain
    assert int(str(counts["newly right"])) - int(str(counts["newly wrong"])) == pytest.approx(gain.value * ROWS)


def test_few_rows_are_unpowered_whatever_they_show(tmp_path: Path) -> None:
    labels = np.array([0] * 100 + [1] * 29)
    texts, ids = [["no", "yes"][code] for code in labels], [str(number) for number in range(129)]
    for name, made in (("good", np.eye(2)[labels]), ("bad", np.eye(2)[1 - labels])):
        write_bundle(tmp_path / name, model_config(input_digest=name), predictions(ids, texts, ["no", "yes"], made))
    section = "{roc_auc: {max_drop_abs: 0.1, min: 0.1}}"
    report = run(tmp_path, section, candidate=tmp_path / "bad", base=tmp_path / "good")
    assert (report.decision, report.verdict.reason) == (Decision.UNDECIDED, "unpowered")
    assert "29 rows or groups of rows, counted where they are fewest" in report.verdict.sentence


def test_many_classes_say_how_the_area_is_averaged(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels, names = generator.integers(0, 3, 600), ["a", "b", "c"]
    made = generator.dirichlet(np.ones(3), 600) + np.eye(3)[labels]
    frame = predictions([str(number) for number in range(600)], [names[code] for code in labels], names, made)
    write_bundle(tmp_path / "bundle", model_config(classes=names), frame)
    report = run(tmp_path, "{roc_auc: {min: 0.6}}", candidate=tmp_path / "bundle")
    assert report.decision is Decision.PASS
    assert report.tables[0].rows[0][0] == "ROC AUC (one-vs-rest, macro)"


def regression(folder: Path, name: str, error: float) -> Path:
    generator = np.random.default_rng(5)
    labels = generator.normal(size=400)
    frame = pl.DataFrame(
        {
            "id": [str(number) for number in range(400)],
            "label": labels,
            "prediction": labels + error * generator.normal(size=400),
        }
    )
    write_bundle(folder / name, model_config(task="regression", classes=[], input_digest=name), frame)
    return folder / name


def test_a_regression_is_judged_by_its_error_and_less_is_better(tmp_path: Path) -> None:
    small, large = regression(tmp_path, "small", 0.1), regression(tmp_path, "large", 0.5)
    section = "{mae: {max_drop_abs: 0.05, max: 0.2}}"
    assert run(tmp_path, section, candidate=small, base=large).decision is Decision.PASS
    worse = run(tmp_path, section, candidate=large, base=small)
    assert worse.decision is Decision.FAIL
    assert {finding.verdict.reason for finding in worse.findings} == {"regressed", "above_max"}
    assert [row[0] for row in worse.tables[0].rows] == ["Mean absolute error", "Root mean squared error", "R²"]


def test_no_change_has_no_sign_of_a_loss(tmp_path: Path) -> None:
    new, old = (regression(tmp_path, name, 0.0) for name in ("new", "old"))
    report = run(tmp_path, "{mae: {max_drop_abs: 0.1}, rmse: {max_drop_abs: 0.1}}", candidate=new, base=old)
    assert "+0.0000" in report.verdict.sentence
    assert "-0.0000" not in report.verdict.sentence + render(report)


def test_a_metric_of_the_other_task_is_a_clear_error(tmp_path: Path, bundles: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match=r"evaluate\.roc_auc is a metric of classification.*\n.*mae"):
        run(tmp_path, "{roc_auc: {min: 0.5}}", candidate=regression(tmp_path, "r", 0.1))
    with pytest.raises(ConfigError, match=r"evaluate\.mae is a metric of regression"):
        run(tmp_path, "{mae: {max: 1}}", candidate=bundles["base"])


def test_weights_and_groups_count(tmp_path: Path) -> None:
    labels = np.array([0, 1] * 50)
    texts, ids = [["no", "yes"][code] for code in labels], [str(number) for number in range(100)]
    right = np.eye(2)[labels]
    right[:50] = 1 - right[:50]
    columns: dict[str, Any] = {"group": [f"g{number // 4}" for number in range(100)], "weight": [1.0] * 50 + [3.0] * 50}
    write_bundle(tmp_path / "b", model_config(), predictions(ids, texts, ["no", "yes"], right, **columns))
    report = run(tmp_path, "{accuracy: {min: 0.1}}", candidate=tmp_path / "b")
    found = comparison(report, "accuracy")
    assert found.candidate.value == pytest.approx(0.75)
    assert found.support == 20
    assert [finding.verdict.reason for finding in report.findings] == ["unpowered", "few_groups"]


def test_the_bundle_of_train_is_the_default_candidate(tmp_path: Path, bundles: dict[str, Path]) -> None:
    (tmp_path / ".mlops" / "toy").mkdir(parents=True)
    bundles["base"].rename(tmp_path / ".mlops" / "toy" / "bundle")
    report = run(tmp_path, "{}")
    assert report.facts["candidate"]["path"].endswith("bundle")
    assert report.facts["rows"] == ROWS


def test_plain_files_say_the_same_as_bundles(tmp_path: Path, bundles: dict[str, Path]) -> None:
    labels = pl.read_parquet(bundles["base"] / "predictions" / "test.parquet", columns=["id", "label"])
    labels.write_parquet(tmp_path / "labels.parquet")
    for name in ("base", "alike"):
        frame = pl.read_parquet(bundles[name] / "predictions" / "test.parquet")
        frame.select("id", "score_no", "score_yes").write_parquet(tmp_path / f"{name}.parquet")
    limits = "accuracy: {max_drop_abs: 0.02}, roc_auc: {max_drop_abs: 0.02}, f1_weighted: {max_drop_abs: 0.02}"
    plain = run(
        tmp_path,
        f"{{{limits}, files: {{labels: labels.parquet, base: base.parquet, candidate: alike.parquet}}}}",
    )
    by_options = run(
        tmp_path,
        f"{{{limits}}}",
        labels=tmp_path / "labels.parquet",
        base=tmp_path / "base.parquet",
        candidate=tmp_path / "alike.parquet",
    )
    bundled = run(tmp_path, f"{{{limits}}}", base=bundles["base"], candidate=bundles["alike"])
    compared = [evaluation(report).comparisons for report in (plain, by_options, bundled)]
    assert compared[0] == compared[1] == compared[2]
    assert len({evaluation(report).test_set for report in (plain, by_options, bundled)}) == 1
    assert plain.verdict == bundled.verdict
