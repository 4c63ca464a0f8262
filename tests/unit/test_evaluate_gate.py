"""The gate through its door: what several metrics and slices may claim together, and what the whole says."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_actions import evaluate
from mlops_actions.config import load
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.verdicts import rows_needed
from mlops_actions.progress import silent
from mlops_actions.report import Report
from mlops_actions.report.noise import MetricNoise, Noise, write_noise
from mlops_actions.statistics import mcnemar
from mlops_actions.verdict import Decision
from support.evaluated import comparison, evaluation, slice_of


def write(folder: Path, rows: int, lost: int, won: int, **columns: Any) -> dict[str, Any]:
    """Write three files: the candidate loses the first `lost` rows and wins the next `won`; both have all others right."""
    ids, labels = np.arange(rows), np.arange(rows) % 2
    right = np.where(labels == 1, 0.9, 0.1)
    candidate, base = right.copy(), right.copy()
    candidate[:lost] = 1 - candidate[:lost]
    base[lost : lost + won] = 1 - base[lost : lost + won]
    pl.DataFrame({"id": ids, "label": labels, **columns}).write_parquet(folder / "labels.parquet")
    for name, scores in (("candidate", candidate), ("base", base)):
        pl.DataFrame({"id": ids, "score": scores}).write_parquet(folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in ("labels", "candidate", "base")}


def run(folder: Path, section: str, **given: Any) -> Report:
    (folder / "mlops.yaml").write_text(f"model: toy\nevaluate: {section}\n", encoding="utf-8")
    return evaluate.run(load(folder), progress=silent, **given)


# A loss of 20 rows against 10 won: one-sided p = 0.035, significant alone and not as one of two.
LOST, WON, ROWS = 20, 10, 1000


def test_two_metrics_share_alpha(tmp_path: Path) -> None:
    """A test that drops Holm's procedure fails here."""
    paths = write(tmp_path, ROWS, LOST, WON)
    assert 0.025 < mcnemar.counted(LOST, WON, ROWS).p_below() < 0.05
    alone = run(tmp_path, "{accuracy: {max_drop_abs: 0}}", **paths)
    assert (alone.decision, comparison(alone, "accuracy").word) == (Decision.FAIL, "regressed")
    both = run(tmp_path, "{accuracy: {max_drop_abs: 0}, recall: {max_drop_abs: 0.2}}", **paths)
    found = comparison(both, "accuracy")
    assert (both.decision, found.word) == (Decision.UNDECIDED, "undecided")
    assert found.gain
    assert found.gain.high < 0 < found.gain.adjusted_high
    assert "seen alone it would be a drop, but among 2 metrics it may be chance" in both.verdict.sentence


def test_a_metric_without_a_limit_costs_nothing(tmp_path: Path) -> None:
    paths = write(tmp_path, ROWS, LOST, WON)
    report = run(tmp_path, "{accuracy: {max_drop_abs: 0}, recall: {min: 0.1}}", **paths)
    assert comparison(report, "accuracy").word == "regressed"


def test_no_worse_is_claimed_at_the_full_alpha(tmp_path: Path) -> None:
    """All metrics have to pass, so none pays for the others (Berger 1982)."""
    paths = write(tmp_path, ROWS, LOST, WON)
    margin = -mcnemar.counted(LOST, WON, ROWS).interval(0.05).low + 1e-6
    three = f"{{accuracy: {{max_drop_abs: {margin}}}, recall: {{max_drop_abs: 0.2}}, precision: {{max_drop_abs: 0.2}}}}"
    report = run(tmp_path, three, **paths)
    assert comparison(report, "accuracy").word == "non_inferior"
    assert (report.decision, evaluation(report).word) == (Decision.PASS, "non_inferior")


def test_slices_take_their_share_of_alpha(tmp_path: Path) -> None:
    place = ["a", "b"] * (ROWS // 2)
    paths = write(tmp_path, ROWS, LOST, WON, place=place)
    judged = run(tmp_path, "{accuracy: {max_drop_abs: 0}, slices: [place]}", **paths)
    assert comparison(judged, "accuracy").word == "undecided"
    # Slices that cannot be judged take nothing.
    unpowered = run(tmp_path, "{accuracy: {max_drop_abs: 0}, slices: [place], min_slice_rows: 900}", **paths)
    assert comparison(unpowered, "accuracy").word == "regressed"
    assert evaluation(unpowered).slices_unpowered == ["place = a", "place = b"]


def test_a_loss_in_one_place_fails_although_the_total_gains(tmp_path: Path) -> None:
    place = ["hurt" if row < 40 or 200 <= row < 360 else "fine" for row in range(2000)]
    paths = write(tmp_path, 2000, 40, 120, place=place)
    report = run(tmp_path, "{accuracy: {max_drop_abs: 0.01}, slices: [place]}", **paths)
    assert comparison(report, "accuracy").word == "improved"
    assert (report.decision, evaluation(report).word) == (Decision.FAIL, "regressed")
    assert evaluation(report).slices[0] == slice_of(report, "place = hurt")
    assert slice_of(report, "place = hurt").word == "regressed"
    assert slice_of(report, "place = fine").word == "improved"
    first = report.findings[0]
    assert (first.key, first.verdict.decision) == ("evaluate.slices", Decision.FAIL)
    assert first.verdict.sentence.startswith(
        "Worse where place = hurt: Accuracy fell from 1.000 to 0.800 on the same 200 rows"
    )
    assert report.tables[1].rows[0][0] == "place = hurt"


@pytest.mark.parametrize("slices", ["[place]", "[place, band]"])
def test_some_slice_of_many_looks_bad_by_chance_and_does_not_fail(tmp_path: Path, slices: str) -> None:
    """Two equal models on forty places, apart (Holm) and with bands across them (max-T): raw p-values would fail this run."""
    rows, places = 8000, 40
    generator = np.random.default_rng(13)
    labels = np.arange(rows) % 2
    right = generator.random((2, rows)) < 0.9
    places_of = {"place": [f"p{n % places}" for n in range(rows)], "band": [f"b{n // 400}" for n in range(rows)]}
    table = pl.DataFrame({"id": np.arange(rows), "label": labels, **places_of})
    table.write_parquet(tmp_path / "labels.parquet")
    for name, hits in zip(("candidate", "base"), right, strict=True):
        predicted = np.where(hits, labels, 1 - labels)
        pl.DataFrame({"id": np.arange(rows), "prediction": predicted}).write_parquet(tmp_path / f"{name}.parquet")
    paths = {name: tmp_path / f"{name}.parquet" for name in ("labels", "candidate", "base")}
    report = run(tmp_path, f"{{accuracy: {{max_drop_abs: 0.01}}, slices: {slices}}}", **paths)
    found = evaluation(report).slices
    assert any(one.gain and one.gain.p_worse < 0.025 and one.gain.value <= -0.01 for one in found)
    assert {one.word for one in found} & {"regressed"} == set()
    assert evaluation(report).word in {"non_inferior", "undecided"}


def test_the_verdict_names_metrics_then_three_slices_and_counts_the_rest(tmp_path: Path) -> None:
    paths = write(tmp_path, ROWS, 500, 0, place=[f"p{row * 10 // ROWS}" for row in range(ROWS)])
    section = "{accuracy: {max_drop_abs: 0.01, min: 0.9}, slices: [place], min_slice_rows: 50}"
    report = run(tmp_path, section, **paths)
    slices = [one for one in report.findings if one.key == "evaluate.slices" and one.verdict.decision is Decision.FAIL]
    metrics = [one for one in report.findings if one.key != "evaluate.slices" and one.verdict.decision is Decision.FAIL]
    assert (len(slices), len(metrics)) == (5, 2)
    told = " ".join(one.verdict.sentence for one in [*metrics, *slices[:3]])
    assert report.verdict.sentence.startswith(f"{told} And 2 more in the report. ROC AUC is below 0.5")
    assert report.verdict.reason == metrics[0].verdict.reason


def test_a_slice_that_may_be_worse_is_warned_of_and_passes(tmp_path: Path) -> None:
    place = ["odd"] * 300 + ["b"] * 300 + ["c"] * 400
    paths = write(tmp_path, ROWS, 13, 0, place=place)
    table = pl.read_parquet(paths["candidate"])
    fixed = table.with_columns(score=pl.when(pl.col("id") < 5).then(1 - pl.col("score")).otherwise("score"))
    fixed.write_parquet(paths["candidate"])
    section = "{accuracy: {max_drop_abs: 0.012}, slices: [place], slices_share: 0.01}"
    report = run(tmp_path, section, **paths)
    found = slice_of(report, "place = odd")
    assert (found.warned, found.word) == (True, "undecided")
    warning = next(one for one in report.findings if one.key == "evaluate.slices")
    assert (warning.verdict.reason, warning.verdict.decision) == ("slice_warned", Decision.PASS)
    assert warning.verdict.sentence.startswith("Watch place = odd: Accuracy fell from")
    assert [one.name for one in evaluation(report).slices if one.warned] == ["place = odd"]


@pytest.mark.parametrize(("policy", "decision"), [("pass", "pass"), ("undecided", "undecided"), ("fail", "fail")])
def test_the_first_run_ever_has_a_policy(tmp_path: Path, policy: str, decision: str) -> None:
    paths = write(tmp_path, 100, 0, 0)
    paths.pop("base")
    report = run(tmp_path, f"{{accuracy: {{max_drop_abs: 0.1}}, without_base: {policy}}}", **paths)
    assert (report.decision, report.verdict.reason) == (decision, "no_base")
    assert (evaluation(report).word, evaluation(report).base_from) == ("no_base", "none")


def test_a_worn_test_set_is_said(tmp_path: Path) -> None:
    paths = write(tmp_path, 400, 0, 0)
    section = "{accuracy: {max_drop_abs: 0.1}, max_uses: 12}"
    fresh, worn = (run(tmp_path, section, uses=uses, **paths) for uses in (11, 12))
    assert (evaluation(fresh).uses, evaluation(fresh).notices) == (12, [])
    assert evaluation(worn).uses == 13
    assert "has decided 13 times, more than the 12 of evaluate.max_uses" in evaluation(worn).notices[0]
    assert worn.decision is Decision.PASS
    assert evaluation(run(tmp_path, section, **paths)).uses is None


def noise(folder: Path, sigma: float, seeds: int = 5) -> Path:
    metric = MetricNoise(
        title="Accuracy", sigma=sigma, seeds=seeds, values=[0.9] * seeds, error=0.01, widens=None, worse=0, better=0
    )
    found = Noise(
        model="toy",
        seeds=list(range(seeds)),
        input_digests=["sha256:0"] * seeds,
        test_set="sha256:0",
        rows=10,
        alpha=0.05,
        pairs=1,
        regressed=0,
        improved=0,
        metrics={"accuracy": metric},
    )
    return write_noise(folder, found)


def test_noise_of_training_widens_what_is_claimed(tmp_path: Path) -> None:
    paths = write(tmp_path, 2000, 60, 20)
    section = "{accuracy: {max_drop_abs: 0.01}, recall: {max_drop_abs: 0.5}}"
    assert comparison(run(tmp_path, section, **paths), "accuracy").word == "regressed"
    report = run(tmp_path, section, noise=noise(tmp_path, 0.02), **paths)
    found = comparison(report, "accuracy")
    assert found.word == "undecided"
    assert found.noise == pytest.approx(0.02)
    assert found.rows_needed is None
    assert comparison(report, "recall").noise is None
    assert "as 5 seeds showed it, on another test set" in evaluation(report).notices[0]
    assert "not measured for recall" in evaluation(report).notices[1]
    # Three seeds know less than thirty.
    widths = []
    for seeds in (3, 30):
        gain = comparison(run(tmp_path, section, noise=noise(tmp_path, 0.02, seeds), **paths), "accuracy").gain
        assert gain
        widths.append(gain.high - gain.low)
    assert widths[0] > 1.5 * widths[1]


def test_slices_that_are_all_too_small_are_said_to_say_nothing(tmp_path: Path) -> None:
    paths = write(tmp_path, 400, 0, 0, place=[str(row // 50) for row in range(400)])
    report = run(tmp_path, "{accuracy: {max_drop_abs: 0.1}, slices: [place]}", **paths)
    assert evaluation(report).notices == [
        "None of the 8 slices had rows enough to be judged (100 at least), so slices say nothing."
    ]


def test_noise_without_any_limited_metric_widens_nothing_and_says_so(tmp_path: Path) -> None:
    paths = write(tmp_path, 2000, 60, 20)
    found = evaluation(run(tmp_path, "{recall: {max_drop_abs: 0.5}}", noise=noise(tmp_path, 0.02), **paths))
    assert found.notices == [
        "The noise of training was not measured for recall: there, intervals count the chance of the test rows alone."
    ]


def test_noise_of_another_model_is_refused(tmp_path: Path) -> None:
    paths = write(tmp_path, 2000, 60, 20)
    path = noise(tmp_path, 0.02)
    path.write_text(path.read_text().replace('"toy"', '"other"'))
    with pytest.raises(DataError, match="noise of the model 'other', and this is 'toy'"):
        run(tmp_path, "{accuracy: {max_drop_abs: 0.01}}", noise=path, **paths)


def test_noise_that_is_none_changes_nothing(tmp_path: Path) -> None:
    paths = write(tmp_path, 2000, 60, 20)
    section = "{accuracy: {max_drop_abs: 0.01}}"
    quiet, plain = run(tmp_path, section, noise=noise(tmp_path, 0.0), **paths), run(tmp_path, section, **paths)
    one, other = (comparison(report, "accuracy").gain for report in (quiet, plain))
    assert one
    assert other
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    with pytest.raises(DataError, match="noise was never measured here"):
        run(tmp_path, section, noise=tmp_path / "none.json", **paths)


@pytest.mark.parametrize(
    "section",
    [
        "{accuracy: {min: .nan}}",
        "{accuracy: {max: .inf}}",
        "{accuracy: {max_drop_abs: .inf}}",
        "{accuracy: {max_drop_abs: .nan}}",
        "{accuracy: {max_drop_rel: .nan}}",
        "{alpha: .nan}",
        "{slices: [{column: age, bins: [18, .inf]}]}",
        "{slices: [{column: age, bins: [.nan]}]}",
    ],
)
def test_limits_and_bins_are_finite(tmp_path: Path, section: str) -> None:
    with pytest.raises(ConfigError):
        run(tmp_path, section)


def test_rows_needed_are_those_of_the_margin() -> None:
    # 2,000 rows of which 5 % disagree, 0.5 points allowed: the published example needs about 12,400.
    assert rows_needed((0.05 / 2000) ** 0.5, 0.0, 0.005, 2000, alpha=0.05, power=0.8) == pytest.approx(12_365, rel=1e-3)
    assert rows_needed(0.01, 0.0, 0.0, 2000, alpha=0.05, power=0.8) is None
    assert rows_needed(0.01, 0.002, 0.005, 2000, alpha=0.05, power=0.8) is not None
    assert rows_needed(0.01, 0.003, 0.005, 2000, alpha=0.05, power=0.8) is None


def test_every_comparison_with_a_margin_says_what_it_could_have_seen(tmp_path: Path) -> None:
    paths = write(tmp_path, 2000, 50, 50)
    usual = comparison(run(tmp_path, "{accuracy: {max_drop_abs: 0.005}}", **paths), "accuracy")
    surer = comparison(run(tmp_path, "{accuracy: {max_drop_abs: 0.005}, power: 0.95}", **paths), "accuracy")
    assert usual.gain
    assert usual.detectable == pytest.approx((1.6449 + 0.8416) * usual.gain.error, rel=1e-3)
    assert surer.detectable
    assert usual.detectable
    assert surer.detectable > usual.detectable
    assert surer.rows_needed
    assert usual.rows_needed
    assert surer.rows_needed > usual.rows_needed > 2000


def test_the_tightest_limit_is_the_margin(tmp_path: Path) -> None:
    paths = write(tmp_path, 1000, 0, 100)
    found = comparison(run(tmp_path, "{accuracy: {max_drop_abs: 0.05, max_drop_rel: 0.01}}", **paths), "accuracy")
    assert found.margin == pytest.approx(0.009)
    assert found.key == "evaluate.accuracy.max_drop_rel"


def several(folder: Path, shift: int = 0, **candidate: Any) -> dict[str, Any]:
    """Write three files with two labels a row."""
    generator = np.random.default_rng(1)
    flags = (generator.random((400, 2)) < 0.5).astype(int)
    ids = np.arange(400)
    names = ("rain", "wind")
    pl.DataFrame({"id": ids, **{f"label_{name}": flags[:, n] for n, name in enumerate(names)}}).write_parquet(
        folder / "labels.parquet"
    )
    scores = {f"score_{name}": np.abs(flags[:, n] - 0.2) for n, name in enumerate(names)}
    pl.DataFrame({"id": ids, **scores}).write_parquet(folder / "base.parquet")
    pl.DataFrame({"id": ids, **scores, **candidate}).write_parquet(folder / "candidate.parquet")
    return {name: folder / f"{name}.parquet" for name in ("labels", "candidate", "base")}


def test_several_labels_a_row(tmp_path: Path) -> None:
    paths = several(tmp_path, score_rain=np.full(400, 0.4))
    report = run(tmp_path, "{accuracy: {max_drop_abs: 0.01}, f1_macro: {max_drop_abs: 0.01}}", **paths)
    found = evaluation(report)
    assert (found.task, found.classes, found.word) == ("multilabel", ["rain", "wind"], "regressed")
    assert comparison(report, "accuracy").candidate.value < 0.6
    assert "(all labels right)" in comparison(report, "accuracy").title


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("label_rain", [2] * 400, r"no usable label_rain: neither 0 nor 1"),
        ("label_rain", [None] * 399 + [1], r"no usable label_rain: missing"),
        ("weight", [0.0] * 400, r"no usable weight: zero or less"),
        ("weight", [float("nan")] * 400, r"no usable weight: missing, NaN or infinite"),
        ("group", [None] * 400, r"no usable group: missing"),
    ],
)
def test_labels_weights_and_groups_that_cannot_be_used(
    tmp_path: Path, column: str, values: list[Any], message: str
) -> None:
    paths = several(tmp_path)
    pl.read_parquet(paths["labels"]).with_columns(pl.Series(column, values)).write_parquet(paths["labels"])
    with pytest.raises(DataError, match=message):
        run(tmp_path, "{}", **paths)


def test_a_label_that_nobody_predicts(tmp_path: Path) -> None:
    paths = several(tmp_path)
    pl.read_parquet(paths["labels"]).with_columns(label_snow=pl.lit(0)).write_parquet(paths["labels"])
    with pytest.raises(DataError, match=r"neither prediction_snow nor score_snow"):
        run(tmp_path, "{}", **paths)


def test_data_for_labels_need_a_section(tmp_path: Path) -> None:
    paths = several(tmp_path)
    with pytest.raises(ConfigError, match="has no section data"):
        run(tmp_path, "{}", **{**paths, "labels": "data"})


@given(order=st.permutations(range(3)), seed=st.integers(0, 1000))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_changes_nothing(tmp_path: Path, order: list[int], seed: int) -> None:
    generator = np.random.default_rng(7)
    place = generator.choice(["a", "b", "c"], 300)
    paths = write(tmp_path, 300, 20, 8, place=place, weight=generator.random(300) + 0.5)
    section = "{log_loss: {max_drop_abs: 0.01}, f1_macro: {max_drop_abs: 0.01}, slices: [place], min_slice_rows: 30}"
    straight = run(tmp_path, section, **paths)
    for place_of, name in zip(order, paths, strict=True):
        table = pl.read_parquet(paths[name])
        table.sample(fraction=1, shuffle=True, seed=seed + place_of).write_parquet(paths[name])
    shuffled = run(tmp_path, section, **paths)
    assert evaluation(shuffled).model_dump_json() == evaluation(straight).model_dump_json()
    assert json.loads(evaluation(shuffled).model_dump_json())["slices"]
