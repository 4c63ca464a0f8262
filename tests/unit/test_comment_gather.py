"""From plan, reports and results of jobs to one record. Nothing passes by being absent."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_actions.comment import read_reports, record, results
from mlops_actions.config import Config, load
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.report import Finding, GateRecord, Plan, Report, write_report
from mlops_actions.verdict import Decision, Verdict
from support import records

YAML = """model: flights
data: {path: flights.parquet, label: late}
evaluate:
  roc_auc:
    min: 0.6
    max_drop_abs: 0.005
"""
FINE = dict.fromkeys(["plan", "validate", "candidate", "base", "evaluate"], "success")
SKIPPED = dict.fromkeys(FINE, "skipped")


def config(tmp_path: Path, more: str = "") -> Config:
    (tmp_path / "mlops.yaml").write_text(YAML + more)
    return load(tmp_path)


def report(decision: Decision, evaluation: Any = None, *, stage: Any = "evaluate", model: str = "flights") -> Report:
    verdict = Verdict(decision=decision, reason="regressed", sentence="ROC AUC: worse.")
    finding = Finding(name="roc_auc.max_drop_abs", verdict=verdict, key="evaluate.roc_auc.max_drop_abs")
    return Report(stage=stage, model=model, verdict=verdict, findings=[finding], evaluation=evaluation)


def evaluation(decision: Decision) -> dict[str, Report]:
    made = {Decision.FAIL: records.worse, Decision.PASS: records.better, Decision.UNDECIDED: records.cannot_tell}
    return {"evaluate": report(decision, made[decision]().evaluation)}


def plan(*, identical: bool = False, **more: Any) -> Plan:
    given: dict[str, Any] = {
        "model": "flights",
        "config": "models/mlops.yaml",
        "head": "h",
        "tested": records.HEAD,
        "base": "b",
        "base_kind": "first_parent",
        "candidate_key": "k",
    }
    return Plan(identical=identical, **{**given, **more})


def gathered(settings: Config, **more: Any) -> GateRecord:
    given: dict[str, Any] = {"head": "h", "reports": {}, "needs": {}}
    return record(settings, **{**given, **more})


@pytest.mark.parametrize(
    ("decision", "conclusion"),
    [(Decision.FAIL, "failure"), (Decision.PASS, "success"), (Decision.UNDECIDED, "neutral")],
)
def test_the_verdict_is_the_conclusion(tmp_path: Path, decision: Decision, conclusion: str) -> None:
    needs = FINE | ({"evaluate": "failure"} if decision is Decision.FAIL else {})
    found = gathered(config(tmp_path), plan=plan(), reports=evaluation(decision), needs=needs)
    assert (found.outcome, found.conclusion, found.unenforced) == ("evaluated", conclusion, conclusion)
    assert found.evaluation
    assert "ROC AUC" in found.sentence
    assert (found.problem, found.notes) == ("", [])


def test_an_undecided_evaluation_of_a_push_ends_red_and_stays_neutral(tmp_path: Path) -> None:
    found = gathered(config(tmp_path), reports=evaluation(Decision.UNDECIDED), needs=FINE | {"evaluate": "failure"})
    assert (found.outcome, found.conclusion) == ("evaluated", "neutral")


@pytest.mark.parametrize("result", ["failure", "cancelled", "skipped"])
def test_a_report_that_passes_does_not_excuse_a_job_that_did_not(tmp_path: Path, result: str) -> None:
    found = gathered(
        config(tmp_path), plan=plan(), reports=evaluation(Decision.PASS), needs=FINE | {"evaluate": result}
    )
    assert found.outcome == "stopped"
    assert found.conclusion != "success"
    assert found.evaluation is None


def test_observe_mode_fails_nothing_and_says_what_it_would_have_done(tmp_path: Path) -> None:
    found = gathered(config(tmp_path, "enforce: false\n"), reports=evaluation(Decision.FAIL), needs=FINE)
    assert (found.conclusion, found.unenforced, found.enforce) == ("neutral", "failure", False)
    assert [annotation.level for annotation in found.annotations] == ["warning"]


def test_observe_mode_does_not_hide_a_crash(tmp_path: Path) -> None:
    found = gathered(config(tmp_path, "enforce: false\n"), needs=FINE | {"candidate": "failure", "evaluate": "skipped"})
    assert (found.outcome, found.conclusion) == ("stopped", "failure")


@pytest.mark.parametrize(("decision", "conclusion"), [(Decision.PASS, "neutral"), (Decision.FAIL, "failure")])
def test_what_is_not_verified_is_never_a_success(tmp_path: Path, decision: Decision, conclusion: str) -> None:
    found = gathered(config(tmp_path), reports=evaluation(decision), verified=False)
    assert (found.conclusion, found.verified) == (conclusion, False)
    identical = gathered(config(tmp_path), plan=plan(identical=True), needs=SKIPPED, verified=False)
    assert (identical.outcome, identical.conclusion) == ("identical", "neutral")


def test_identical_inputs_need_no_evaluation(tmp_path: Path) -> None:
    found = gathered(config(tmp_path), plan=plan(identical=True), needs=SKIPPED | {"plan": "success"})
    assert (found.outcome, found.conclusion, found.evaluation) == ("identical", "success", None)


def test_identical_inputs_whose_data_do_not_pass_any_more_are_stopped(tmp_path: Path) -> None:
    needs = SKIPPED | {"plan": "success", "validate": "failure"}
    found = gathered(config(tmp_path), plan=plan(identical=True), needs=needs)
    assert (found.outcome, found.conclusion) == ("stopped", "failure")


def test_a_workflow_whose_paths_were_not_touched(tmp_path: Path) -> None:
    found = gathered(config(tmp_path), needs=SKIPPED)
    assert (found.outcome, found.conclusion) == ("skipped", "success")


@pytest.mark.parametrize("needs", [SKIPPED, SKIPPED | {"plan": "success"}, FINE, {"evaluate": "success"}])
def test_jobs_that_left_no_report_are_no_pass(tmp_path: Path, needs: dict[str, str]) -> None:
    found = gathered(config(tmp_path), plan=plan(), needs=needs)
    assert (found.outcome, found.conclusion) == ("stopped", "failure")
    assert "left no report" in found.sentence


def test_what_stopped_it_is_said_in_its_own_words(tmp_path: Path) -> None:
    needs = SKIPPED | {"plan": "success", "validate": "failure"}
    reports = {"validate-data": report(Decision.FAIL, stage="validate-data")}
    found = gathered(config(tmp_path), plan=plan(), reports=reports, needs=needs)
    assert found.sentence == found.problem == "Checking the data failed: ROC AUC: worse."
    assert [annotation.line for annotation in found.annotations] == [6]


def test_a_job_of_another_name_is_called_by_it(tmp_path: Path) -> None:
    found = gathered(config(tmp_path), needs={"build-features": "failure", "evaluate": "skipped"})
    assert found.sentence == "The job build-features failed."


def test_a_job_that_ran_out_of_time_is_no_good_news(tmp_path: Path) -> None:
    """GitHub calls it cancelled."""
    found = gathered(config(tmp_path), needs=SKIPPED | {"candidate": "cancelled"})
    assert (found.outcome, found.conclusion) == ("stopped", "failure")
    assert found.sentence == "Training the model was cancelled or ran out of time."


@pytest.mark.parametrize(
    ("result", "words"), [("failure", "failed"), ("cancelled", "was cancelled or ran out of time")]
)
def test_a_base_that_broke_leaves_no_evaluation_without_a_base(tmp_path: Path, result: str, words: str) -> None:
    """Else whoever makes the base's training hang would pass unseen."""
    alone = {"evaluate": report(Decision.PASS, records.first_ever().evaluation)}
    needs = FINE | {"base": result}
    found = gathered(config(tmp_path), plan=plan(), reports=alone, needs=needs)
    assert (found.outcome, found.conclusion, found.evaluation) == ("stopped", "failure", None)
    assert found.sentence == found.problem == f"Training the base's model {words}."
    first = gathered(config(tmp_path), plan=plan(base="", base_kind="none"), reports=alone, needs=needs)
    assert (first.outcome, first.conclusion) == ("evaluated", "success")


def test_a_base_that_broke_is_replaced_by_its_recorded_numbers(tmp_path: Path) -> None:
    recorded = records.evaluated("undecided", [records.auc(0.0, 0.004, "undecided")], base_from="record", base=None)
    found = gathered(
        config(tmp_path),
        plan=plan(),
        reports={"evaluate": report(Decision.UNDECIDED, recorded)},
        needs=FINE | {"base": "cancelled"},
    )
    assert (found.outcome, found.conclusion) == ("evaluated", "neutral")
    assert found.notes == ["Training the base's model was cancelled or ran out of time."]


def test_a_base_that_could_not_be_trained_is_told_beside_the_verdict(tmp_path: Path) -> None:
    needs = FINE | {"base": "failure"}
    found = gathered(
        config(tmp_path), plan=plan(notes=["Nobody counted."]), reports=evaluation(Decision.PASS), needs=needs
    )
    assert (found.outcome, found.conclusion) == ("evaluated", "success")
    assert found.notes == ["Nobody counted.", "Training the base's model failed."]


def test_annotations_stand_on_the_line_that_asked(tmp_path: Path) -> None:
    found = gathered(
        config(tmp_path), plan=plan(), reports=evaluation(Decision.FAIL), needs=FINE | {"evaluate": "failure"}
    )
    (annotation,) = found.annotations
    assert (annotation.level, annotation.path, annotation.line) == ("failure", "models/mlops.yaml", 6)
    assert annotation.message == "ROC AUC: worse."
    assert gathered(config(tmp_path), reports=evaluation(Decision.PASS)).annotations == []


def test_where_it_comes_from(tmp_path: Path) -> None:
    found = gathered(
        config(tmp_path), plan=plan(uses=7), reports=evaluation(Decision.PASS), pull_request=3, run_url="u"
    )
    assert (found.base, found.base_kind, found.pull_request, found.run_url, found.head) == (
        "b",
        "first_parent",
        3,
        "u",
        "h",
    )
    local = gathered(config(tmp_path), reports=evaluation(Decision.PASS))
    assert local.base == records.BASE
    assert local.config.endswith("mlops.yaml")


def based_on(commit: str, base_from: str) -> dict[str, Report]:
    side = records.side("v1", commit, 1, 1.0)
    return {"evaluate": report(Decision.PASS, records.evaluated("improved", [], base=side, base_from=base_from))}


@pytest.mark.parametrize("base_from", ["bundle", "trained", "identical"])
@pytest.mark.parametrize(("planned", "said"), [("a" * 40, "the plan names aaaaaaa"), ("", "the plan names no base")])
def test_the_base_is_the_one_that_was_compared_with(tmp_path: Path, base_from: str, planned: str, said: str) -> None:
    found = gathered(config(tmp_path), plan=plan(base=planned), reports=based_on(records.BASE, base_from))
    assert (found.base, found.base_kind) == (records.BASE, "none")
    assert found.notes == [f"The base that was compared with is of commit {records.BASE[:7]}; {said}."]


@pytest.mark.parametrize(
    ("base_from", "needs", "bundled"),
    [
        ("bundle", {}, "a" * 40),
        ("cache", {}, records.BASE),
        ("cache", FINE, records.BASE),
        ("identical", FINE, records.BASE),
    ],
)
def test_a_base_kept_by_content_is_that_of_the_plan(
    tmp_path: Path, base_from: str, needs: dict[str, str], bundled: str
) -> None:
    found = gathered(config(tmp_path), plan=plan(base="a" * 40), reports=based_on(bundled, base_from), needs=needs)
    assert (found.base, found.base_kind, found.notes) == ("a" * 40, "first_parent", [])


def test_an_evaluation_left_over_from_another_commit_says_nothing_of_this_one(tmp_path: Path) -> None:
    reports = evaluation(Decision.PASS)
    found = gathered(config(tmp_path), plan=plan(tested="c" * 40), reports=reports)
    assert (found.outcome, found.conclusion, found.evaluation) == ("stopped", "failure", None)
    assert found.sentence == found.problem
    assert f"is of commit {records.HEAD[:7]}, not of ccccccc: run `mlops train`" in found.problem


def test_an_evaluation_left_over_does_not_hide_that_nothing_has_to_run(tmp_path: Path) -> None:
    planned = plan(tested="c" * 40, identical=True)
    found = gathered(config(tmp_path), plan=planned, reports=evaluation(Decision.FAIL))
    assert (found.outcome, found.conclusion, found.evaluation) == ("identical", "success", None)


def test_without_a_plan_an_evaluation_of_another_commit_is_told_beside_the_verdict(tmp_path: Path) -> None:
    reports = evaluation(Decision.PASS)
    found = gathered(config(tmp_path), head="c" * 40, reports=reports)
    assert (found.outcome, found.conclusion) == ("evaluated", "success")
    assert found.notes[0].startswith(f"This evaluation is of commit {records.HEAD[:7]}, not of ccccccc: run")
    for same_or_unknown in (records.HEAD, ""):
        assert gathered(config(tmp_path), head=same_or_unknown, reports=reports).notes == []


def test_a_candidate_kept_by_content_may_be_of_an_earlier_commit(tmp_path: Path) -> None:
    found = gathered(config(tmp_path), plan=plan(tested="c" * 40), reports=evaluation(Decision.PASS), needs=FINE)
    assert (found.outcome, found.conclusion) == ("evaluated", "success")


@pytest.mark.parametrize(
    "more",
    [
        {"reports": {"evaluate": report(Decision.PASS, model="other")}},
        {"plan": plan(model="other"), "reports": {"evaluate": report(Decision.PASS)}},
    ],
)
def test_what_belongs_to_another_model_is_refused(tmp_path: Path, more: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="about other"):
        gathered(config(tmp_path), **more)


def test_nothing_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no report of an evaluation"):
        gathered(config(tmp_path))


def test_results_of_jobs_are_read_as_github_writes_them() -> None:
    needs = {"plan": {"result": "success", "outputs": {"a": "b"}}, "evaluate": {"result": "skipped", "outputs": {}}}
    assert results(json.dumps(needs)) == {"plan": "success", "evaluate": "skipped"}
    assert results("") == {}


@pytest.mark.parametrize(
    "needs", ["[]", "1", '{"a": 1}', '{"a": {}}', '{"a": {"result": "fine"}}', '{"a": {"result": []}}', "{"]
)
def test_results_that_are_none_are_refused(needs: str) -> None:
    with pytest.raises(ConfigError, match="results of the jobs"):
        results(needs)


def test_reports_are_read_by_stage_and_other_files_are_not(tmp_path: Path) -> None:
    write_report(tmp_path, report(Decision.PASS))
    (tmp_path / "reports" / "accepted-flights.json").write_text("{}")
    assert list(read_reports(tmp_path / "reports")) == ["evaluate"]
    assert read_reports(tmp_path / "nowhere") == {}
    (tmp_path / "reports" / "train.json").write_text("{}")
    with pytest.raises(DataError, match=r"train\.json"):
        read_reports(tmp_path / "reports")
