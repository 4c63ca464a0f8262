"""The check run of a model: one, updated in place, and the record in it believed only where workflows wrote it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from mlops_actions.comment import check
from mlops_actions.errors import ConfigError
from mlops_actions.github import checks
from mlops_actions.github.hidden import hide
from mlops_actions.github.refusal import GitHubError
from mlops_actions.report import GateRecord
from mlops_actions.report.gate import Annotation
from support import records
from support.gates import HOME, Gate
from support.github_routes import Answer
from support.github_server import GitHubServer
from support.records import BASE, HEAD

NAME = "mlops / flights"
BUSY = Answer(502, {"message": "Server Error"})


@pytest.fixture
def gate() -> Iterator[Gate]:
    with GitHubServer(HOME) as server:
        yield Gate.on(server)


def publish(gate: Gate, record: GateRecord, **permissions: str) -> checks.Posted:
    return checks.publish(gate.github(**permissions), HOME, record, check)


def read(gate: Gate, sha: str = HEAD) -> list[GateRecord]:
    return checks.records(gate.github(checks="read"), HOME, sha, progress=gate.said.append)


def test_a_record_comes_back_from_its_check_run(gate: Gate) -> None:
    posted = publish(gate, records.worse(), checks="write")
    run = gate.server.checks(HEAD)[NAME]
    assert (run.conclusion, run.status, run.details_url) == ("failure", "completed", records.RUN)
    assert (run.id, run.completed_at) == (posted.id, "2026-11-18T11:06:40Z")
    assert run.title.startswith("Worse")
    assert read(gate) == [records.worse()]


def test_without_checks_write_the_yaml_to_add_is_said(gate: Gate) -> None:
    with pytest.raises(GitHubError) as refused:
        publish(gate, records.worse(), checks="read", pull_requests="write")
    assert "permissions:\n  checks: write" in refused.value.fix


def test_a_run_again_updates_the_check_run_and_repeats_no_annotation(gate: Gate) -> None:
    publish(gate, records.worse())
    more = Annotation(level="warning", path="mlops.yaml", line=3, title="t", message="m")
    publish(gate, records.worse().model_copy(update={"annotations": [*records.worse().annotations, more]}))
    (run,) = gate.server.state.checks.values()
    assert [one["message"] for one in run.annotations] == [one.message for one in [*records.worse().annotations, more]]
    publish(gate, records.better())
    assert (len(gate.server.state.checks), run.conclusion) == (1, "success")


def test_annotations_go_in_batches_of_fifty(gate: Gate) -> None:
    many = [
        Annotation(level="warning", path="mlops.yaml", line=n + 1, title="t" * 300, message="m") for n in range(120)
    ]
    record = records.worse().model_copy(update={"annotations": many})
    publish(gate, record)
    run = gate.server.checks(HEAD)[NAME]
    assert [one["start_line"] for one in run.annotations] == list(range(1, 121))
    assert len(gate.server.written()) == 3
    assert read(gate)[0].annotations == many


def test_a_post_that_arrived_without_an_answer_is_not_made_twice(gate: Gate) -> None:
    def arrives() -> None:
        text, _ = hide(records.worse(), "")
        gate.server.add_check(
            HEAD, NAME, external_id="mlops-actions/1:flights", text=text, status="completed", conclusion="failure"
        )

    gate.server.before("POST", "/check-runs$", arrives)
    gate.server.fail("POST", "/check-runs$", BUSY)
    publish(gate, records.worse())
    assert len(gate.server.state.checks) == 1
    assert gate.waited == [2.0]


def test_a_burst_of_errors_is_waited_out(gate: Gate) -> None:
    gate.server.fail("GET", "/check-runs", BUSY, times=2)
    gate.server.fail("POST", "/check-runs$", BUSY, times=2)
    publish(gate, records.worse())
    assert len(gate.server.state.checks) == 1


def test_a_check_run_of_another_app_is_left_alone_and_not_believed(gate: Gate) -> None:
    text, _ = hide(records.better(), "")
    forged = gate.server.add_check(
        HEAD,
        NAME,
        app="stranger",
        external_id="mlops-actions/1:flights",
        text=text,
        status="completed",
        conclusion="success",
    )
    assert read(gate) == []
    publish(gate, records.worse())
    assert forged.text == text
    assert read(gate) == [records.worse()]


def test_the_token_of_another_app_is_refused_in_words(gate: Gate) -> None:
    with pytest.raises(ConfigError, match="'own-app'") as refused:
        publish(gate, records.worse(), app="own-app", checks="write")
    assert "github.token" in refused.value.fix


def test_what_another_app_s_token_posted_is_taken_back(gate: Gate) -> None:
    """Whose a token is shows only in what it makes, and nobody can delete a check run."""
    with pytest.raises(ConfigError):
        publish(gate, records.better(), app="own-app", checks="write")
    left = gate.server.checks(HEAD)[NAME]
    assert (left.conclusion, left.text) == ("cancelled", "")
    assert left.title.startswith("No verdict")


@pytest.mark.parametrize("token", ["ghp_" + "0" * 36, "github_pat_" + "0" * 36])
def test_a_person_s_token_is_known_before_anything_is_posted(gate: Gate, token: str) -> None:
    github = replace(gate.github(), token=token)
    with pytest.raises(ConfigError, match="a person"):
        checks.publish(github, HOME, records.better(), check)
    assert gate.server.asked == []


def test_a_record_under_another_sign_is_not_believed(gate: Gate) -> None:
    """Another job of a workflow may post any name and text; our sign is in a field of its own."""
    text, _ = hide(records.better(), "")
    gate.server.add_check(HEAD, NAME, text=text, status="completed", conclusion="success", external_id="other")
    assert read(gate) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (hide(records.better(), "")[0][:-30], "damaged"),
        (hide(records.better().model_copy(update={"head": BASE}), "")[0], "about another"),
        (hide(records.better().model_copy(update={"model": "delays"}), "")[0], "about another"),
    ],
    ids=["damaged", "another commit", "another model"],
)
def test_a_record_that_cannot_be_right_is_told_and_left_out(gate: Gate, text: str, told: str) -> None:
    gate.server.add_check(HEAD, NAME, text=text, status="completed", conclusion="success")
    assert read(gate) == []
    assert told in gate.said[0]


def test_other_check_runs_are_none_of_ours(gate: Gate) -> None:
    gate.server.add_check(HEAD, "lint", text="Words.", status="completed", conclusion="success")
    gate.server.add_check(HEAD, NAME, text=None, status="in_progress")
    assert read(gate) == []
    assert gate.said == []


def test_of_one_model_the_latest_counts_and_all_pages_are_read(gate: Gate) -> None:
    for record in (records.better(), records.worse()):
        gate.server.add_check(
            HEAD,
            NAME,
            text=hide(record, "")[0],
            status="completed",
            conclusion="neutral",
            external_id="mlops-actions/1:flights",
        )
    for number in range(150):
        gate.server.add_check(HEAD, f"test {number}", status="completed", conclusion="success")
    assert read(gate) == [records.worse()]


def test_the_record_of_one_model(gate: Gate) -> None:
    publish(gate, records.worse())
    github = gate.github(checks="read")
    assert checks.record_of(github, HOME, HEAD, "flights", progress=gate.said.append) == records.worse()
    assert checks.record_of(github, HOME, HEAD, "delays", progress=gate.said.append) is None
    assert checks.record_of(github, HOME, BASE, "flights", progress=gate.said.append) is None
