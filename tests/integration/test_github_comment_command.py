"""`mlops comment` as a step of a workflow: what it posts, where, with which token, and what it writes besides."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mlops_actions.report import Finding, GateRecord, Plan, Report, write_plan, write_report
from mlops_actions.verdict import Decision, Verdict
from support import events, records
from support.gates import HOME, Gate, called
from support.github_server import GitHubServer
from support.records import BASE, HEAD

MERGE = "e" * 40
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


def test_a_plan_of_another_model_is_not_posted(gate: Gate, folder: Path) -> None:
    plan(folder, model="delays")
    result = run(gate, folder)
    assert result.exit_code == 2
    assert gate.server.written() == []
