"""`mlops comment` as a step of a workflow: what it posts, where, with which token, and what it writes besides."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mlops_actions.github import checks
from mlops_actions.github.acceptance import accepted
from mlops_actions.github.publish import publish
from mlops_actions.github.sticky import marker
from mlops_actions.report import Finding, GateRecord, Plan, Report, write_plan, write_report
from mlops_actions.report.gate import Accepted
from mlops_actions.verdict import Decision, Verdict
from support import events, records
from support.gates import HOME, Gate, called, for_one
from support.github_server import GitHubServer
from support.records import BASE, HEAD

MERGE = "e" * 40
BY = Accepted(by="mona", reason="known", at="2026-11-24T09:00:00Z", url="https://github.com/owner/flights/pull/1")
NEEDS = dict.fromkeys(["plan", "validate", "candidate", "base", "evaluate"], "success")
YAML = "model: flights\ndata: {path: a.parquet, label: late}\nevaluate:\n  roc_auc: {max_drop_abs: 0.005}\n"


@pytest.fixture
def gate() -> Iterator[Gate]:
    with GitHubServer(HOME) as server:
        yield Gate.on(server)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mlops.yaml").write_text(YAML)
    plan(tmp_path)
    report(tmp_path, records.worse(), Decision.FAIL)
    return tmp_path


def plan(folder: Path, **more: Any) -> None:
    given = {"model": "flights", "config": "mlops.yaml", "head": HEAD, "tested": MERGE, "base": BASE}
    kind: dict[str, Any] = {"base_kind": "first_parent", "candidate_key": "k", "base_config": "mlops.yaml"}
    write_plan(folder / ".mlops/flights", Plan(**{**given, **kind, **more}))


def report(folder: Path, record: GateRecord, decision: Decision) -> None:
    verdict = Verdict(decision=decision, reason="regressed", sentence="ROC AUC fell.")
    finding = Finding(name="roc_auc.max_drop_abs", verdict=verdict, key="evaluate.roc_auc.max_drop_abs")
    made = Report(stage="evaluate", model="flights", verdict=verdict, findings=[finding], evaluation=record.evaluation)
    write_report(folder / ".mlops/flights", made)


def needs(**changed: str) -> str:
    return json.dumps({job: {"result": result, "outputs": {}} for job, result in (NEEDS | changed).items()})


def run(gate: Gate, folder: Path, event: str = "pull_request", payload: object = None, **more: Any) -> Result:
    given = {
        "config": str(folder),
        "needs": needs(),
        "token": gate.server.token(checks="write", pull_requests="write"),
    }
    payload = payload or events.pull_request(gate.pull, HOME, MERGE, "d" * 40)
    return called("comment", folder, gate.server, event, payload, **{**given, **more})


def test_check_comment_summary_and_page(gate: Gate, folder: Path) -> None:
    result = run(gate, folder)
    assert result.exit_code == 0, result.output
    check = gate.server.checks(HEAD)["mlops / flights"]
    assert (check.conclusion, check.details_url) == ("failure", f"https://github.com/{HOME}/actions/runs/77")
    assert [(one["path"], one["start_line"]) for one in check.annotations] == [("mlops.yaml", 4)]
    assert "worse" in gate.sticky().body.lower()
    assert "flights" in (folder / "summary.md").read_text()
    assert "<html" in (folder / ".mlops/flights/reports/report.html").read_text()
    assert gate.record().base_branch == "main"
    assert (gate.record().pull_request, gate.record().head, gate.record().base) == (1, HEAD, BASE)


def test_it_is_red_on_the_check_run_and_green_as_a_job(gate: Gate, folder: Path) -> None:
    assert run(gate, folder, needs=needs(evaluate="failure")).exit_code == 0
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "failure"


def test_identical_by_construction_needs_the_plan_alone(gate: Gate, folder: Path) -> None:
    (folder / ".mlops/flights/reports/evaluate.json").unlink()
    plan(folder, identical=True)
    skipped = dict.fromkeys(["validate", "candidate", "base", "evaluate"], "skipped")
    run(gate, folder, needs=needs(**skipped))
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "success"
    assert gate.record().outcome == "identical"


def test_a_stage_that_failed_is_told_and_red(gate: Gate, folder: Path) -> None:
    (folder / ".mlops/flights/reports/evaluate.json").unlink()
    run(gate, folder, needs=needs(candidate="failure", evaluate="skipped"))
    assert gate.record().outcome == "stopped"
    assert "raining the model failed" in gate.sticky().body


def test_a_push_posts_the_check_and_no_comment(gate: Gate, folder: Path) -> None:
    run(gate, folder, "push", events.push(HOME, HEAD, MERGE, "refs/heads/main"))
    assert gate.record(sha=MERGE).pull_request is None
    assert gate.server.comments(1) == []


@pytest.mark.parametrize("head_repository", ["stranger/flights", HOME])
def test_a_token_that_only_reads_is_left_to_the_other_workflow(gate: Gate, folder: Path, head_repository: str) -> None:
    gate.pull.head_repository = head_repository
    actor = "stranger" if head_repository != HOME else "dependabot[bot]"
    result = run(gate, folder, token="", actor=actor)
    assert result.exit_code == 0, result.output
    assert "model-comment.yml" in result.output
    assert gate.server.asked == []
    assert (folder / ".mlops/flights/reports/report.html").exists()
    assert "flights" in (folder / "summary.md").read_text()


def test_a_permission_that_is_missing_is_said_with_the_yaml(gate: Gate, folder: Path) -> None:
    result = run(gate, folder, token=gate.server.token(contents="read"))
    assert result.exit_code == 2
    assert "permissions:\n  contents: read # check the repository out\n  checks: write\n  pull-requests: write" in (
        result.output.replace("%0A", "\n")
    )
    assert "flights" in (folder / "summary.md").read_text()


def test_the_token_is_nowhere_in_what_is_written(gate: Gate, folder: Path) -> None:
    token = gate.server.token(checks="read")
    result = run(gate, folder, token=token)
    assert result.exit_code == 2
    written = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    assert not any(token in text for text in [result.output, *written])


def test_without_a_token_it_says_how(gate: Gate, folder: Path) -> None:
    result = run(gate, folder, token="")
    assert result.exit_code == 2
    assert "github.token" in result.output


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"needs": "all well"}, "toJSON(needs)"),
        ({"plan": "nowhere.json"}, "nowhere.json"),
        ({"event": "workflow_run"}, "workflow_run"),
        ({"event": "star"}, "'star'"),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_is_posted(
    gate: Gate, folder: Path, more: dict[str, str], said: str
) -> None:
    result = run(gate, folder, **more)
    assert result.exit_code == 2
    assert said in result.output
    assert gate.server.written() == []


def test_a_pull_request_that_breaks_mlops_yaml_is_red(
    gate: Gate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left that names the model but the record of the base."""
    monkeypatch.chdir(folder)
    for record in (records.better(), records.better().model_copy(update={"model": "o", "config": "o/mlops.yaml"})):
        checks.publish(gate.github(), HOME, record.model_copy(update={"head": BASE}), gate.place().views.check)
    shutil.rmtree(folder / ".mlops")
    (folder / "mlops.yaml").write_text("modle: flights\n")
    result = run(gate, folder, config=".", needs=needs(plan="failure"))
    assert result.exit_code == 0, result.output
    record = gate.record()
    assert (record.outcome, record.conclusion, record.config) == ("stopped", "failure", "mlops.yaml")
    assert "modle" in record.problem
    assert set(gate.server.checks(HEAD)) == {"mlops / flights"}
    assert "could not be judged" in gate.sticky().body


def test_a_broken_mlops_yaml_after_a_good_push_is_red_by_what_was_said_before(
    gate: Gate, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    run(gate, folder, config=".")
    shutil.rmtree(folder / ".mlops")
    (folder / "mlops.yaml").write_text("- a list\n")
    gate.server.push(1, MERGE)
    run(gate, folder, config=".", needs=needs(plan="failure"))
    assert gate.server.checks(MERGE)["mlops / flights"].conclusion == "failure"
    assert gate.sticky().body.startswith(marker(MERGE))


def test_a_plan_tells_whose_file_is_broken(gate: Gate, folder: Path) -> None:
    (folder / "mlops.yaml").write_text("modle: flights\n")
    assert run(gate, folder).exit_code == 0
    assert gate.record().outcome == "stopped"


def test_a_broken_file_of_a_model_that_nobody_knows_is_an_error_that_says_so(gate: Gate, folder: Path) -> None:
    shutil.rmtree(folder / ".mlops")
    (folder / "mlops.yaml").write_text("modle: flights\n")
    result = run(gate, folder)
    assert result.exit_code == 2
    assert "which model this file is about" in result.output
    assert gate.server.written() == []


def test_an_acceptance_comes_along_with_the_merge(gate: Gate, folder: Path) -> None:
    publish(gate.place(), accepted(for_one(records.worse(), base_branch="main"), BY))
    gate.server.close(1, merge_commit=MERGE)
    run(gate, folder, "push", events.push(HOME, BASE, MERGE, "refs/heads/main"))
    merged = gate.record(sha=MERGE)
    assert merged.accepted
    assert (merged.accepted.by, merged.conclusion, merged.unenforced) == ("mona", "success", "failure")
    kept = (folder / ".mlops/flights/reports/accepted-flights.json").read_text()
    assert GateRecord.model_validate_json(kept).accepted == merged.accepted


def test_an_acceptance_of_less_does_not_come_along(gate: Gate, folder: Path) -> None:
    publish(gate.place(), accepted(for_one(records.slightly_worse(), base_branch="main"), BY))
    gate.server.close(1, merge_commit=MERGE)
    run(gate, folder, "push", events.push(HOME, BASE, MERGE, "refs/heads/main"))
    assert (gate.record(sha=MERGE).accepted, gate.record(sha=MERGE).conclusion) == (None, "failure")
    assert not (folder / ".mlops/flights/reports/accepted-flights.json").exists()


def test_a_plan_of_another_model_is_not_posted(gate: Gate, folder: Path) -> None:
    plan(folder, model="delays")
    result = run(gate, folder)
    assert result.exit_code == 2
    assert gate.server.written() == []
