"""`/mlops accept REASON`: who may, what turns green, and every way in which something could ride along."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mlops_actions.github import checks
from mlops_actions.github.publish import publish, refresh
from mlops_actions.report import GateRecord
from support import events, records
from support.gates import HOME, Gate, called, for_one
from support.github_routes import Answer
from support.github_server import GitHubServer
from support.github_state import Comment
from support.records import HEAD

LATER = "c" * 40
AFTER, BEFORE = "2026-11-18T11:20:00Z", "2026-11-18T11:00:00Z"  # the verdict of `gate` is from 11:06:40
ACCEPT = "/mlops accept the old column is gone from Monday on"


@pytest.fixture
def gate() -> Iterator[Gate]:
    with GitHubServer(HOME) as server:
        server.add_person("mona", "maintain")
        gate = Gate.on(server)
        publish(gate.place(), for_one(records.worse()))
        yield gate


def comment(gate: Gate, body: str = ACCEPT, *, author: str = "mona", created_at: str = AFTER) -> Comment:
    return gate.server.add_comment(1, body, author=author, created_at=created_at)


def run(gate: Gate, folder: Path, said: Comment, **payload: Any) -> Result:
    token = gate.server.token(checks="write", pull_requests="write")
    event = events.issue_comment(said, HOME) | payload
    return called("accept", folder, gate.server, "issue_comment", event, token=token, reports=str(folder / "accepted"))


def conclusion(gate: Gate, sha: str = HEAD, model: str = "flights") -> str | None:
    return gate.server.checks(sha)[f"mlops / {model}"].conclusion


def silently_refused(gate: Gate, said: Comment) -> None:
    """Say that nothing turned green, and that a frown is all that came of it."""
    assert conclusion(gate) == "failure"
    assert [content for _, content in said.reactions] == ["confused"]
    assert gate.server.comments(1)[-1] is said


def refused(gate: Gate, said: Comment, because: str) -> None:
    """Say that nothing turned green, that the comment got a frown, and that one short reply says why."""
    assert conclusion(gate) == "failure"
    assert [content for _, content in said.reactions] == ["confused"]
    reply = gate.server.comments(1)[-1]
    assert reply.body.startswith("Not accepted: ")
    assert because in reply.body


def test_the_check_turns_green_with_name_and_reason(gate: Gate, tmp_path: Path) -> None:
    said = comment(gate)
    result = run(gate, tmp_path, said)
    assert result.exit_code == 0, result.output
    assert conclusion(gate) == "success"
    assert gate.server.checks(HEAD)["mlops / flights"].title.startswith("Worse")
    assert [content for _, content in said.reactions] == ["+1"]
    accepted = gate.record().accepted
    assert accepted
    assert (accepted.by, accepted.reason, accepted.at) == ("mona", "the old column is gone from Monday on", AFTER)
    assert accepted.url.endswith(f"#issuecomment-{said.id}")
    assert gate.record().unenforced == "failure"
    assert "mona" in gate.sticky().body
    assert "the old column is gone" in gate.sticky().body
    assert len(gate.server.comments(1)) == 2


def test_the_accepted_record_is_kept_as_a_file(gate: Gate, tmp_path: Path) -> None:
    run(gate, tmp_path, comment(gate))
    kept = json.loads((tmp_path / "accepted/accepted-flights.json").read_text())
    assert GateRecord.model_validate(kept) == gate.record()


def test_every_check_that_is_not_green_is_accepted_and_green_ones_are_left(gate: Gate, tmp_path: Path) -> None:
    publish(gate.place(), for_one(records.cannot_tell(), model="delays"))
    publish(gate.place(), for_one(records.better(), model="fares"))
    run(gate, tmp_path, comment(gate))
    assert [conclusion(gate, model=model) for model in ("flights", "delays", "fares")] == ["success"] * 3
    assert gate.record("fares").accepted is None
    assert sorted(path.name for path in (tmp_path / "accepted").iterdir()) == [
        "accepted-delays.json",
        "accepted-flights.json",
    ]


def test_an_unverified_fork_can_be_accepted(gate: Gate, tmp_path: Path) -> None:
    publish(gate.place(), for_one(records.fork(), model="forked"))
    run(gate, tmp_path, comment(gate))
    assert conclusion(gate, model="forked") == "success"
    assert gate.record("forked").verified is False


@pytest.mark.parametrize("role", ["admin", "maintain", "write"])
def test_who_may_write_may_accept(gate: Gate, tmp_path: Path, role: str) -> None:
    gate.server.add_person("someone", role)
    run(gate, tmp_path, comment(gate, author="someone"))
    assert conclusion(gate) == "success"


@pytest.mark.parametrize("role", ["triage", "read", "none"])
def test_who_may_not_write_may_not_accept(gate: Gate, tmp_path: Path, role: str) -> None:
    gate.server.add_person("someone", role)
    said = comment(gate, author="someone")
    assert run(gate, tmp_path, said).exit_code == 0
    silently_refused(gate, said)
    assert not (tmp_path / "accepted").exists()


@pytest.mark.parametrize(
    "body", ["/mlops accept", "/mlops accept   ", "/mlops", "/mlops approve it", "/mlops\naccept x"]
)
def test_without_a_reason_the_reply_says_how(gate: Gate, tmp_path: Path, body: str) -> None:
    said = comment(gate, body)
    run(gate, tmp_path, said)
    refused(gate, said, "`/mlops accept REASON`")


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        ("/mlopsaccept x", {}),
        ("I would not write /mlops accept x", {}),
        ("> /mlops accept x", {}),
        ("Words first.\n/mlops accept x", {}),
        ("", {}),
        (ACCEPT, {"action": "edited"}),
        (ACCEPT, {"action": "deleted"}),
        (ACCEPT, {"issue": {"number": 1, "state": "open"}}),
    ],
)
def test_what_is_no_new_command_on_a_pull_request_is_nothing(
    gate: Gate, tmp_path: Path, body: str, payload: dict[str, Any]
) -> None:
    before = len(gate.server.written())
    assert run(gate, tmp_path, comment(gate, body), **payload).exit_code == 0
    assert conclusion(gate) == "failure"
    assert len(gate.server.written()) == before


def test_a_bot_cannot_command(gate: Gate, tmp_path: Path) -> None:
    event = events.issue_comment(comment(gate, author="helper[bot]"), HOME)
    event["comment"]["user"]["type"] = "Bot"
    called("accept", tmp_path, gate.server, "issue_comment", event, token=gate.server.token(checks="write"))
    assert conclusion(gate) == "failure"


@pytest.mark.parametrize("created_at", [BEFORE, "2026-11-18T11:06:40Z"])
def test_a_verdict_that_is_newer_than_the_comment_is_not_accepted(gate: Gate, tmp_path: Path, created_at: str) -> None:
    said = comment(gate, created_at=created_at)
    run(gate, tmp_path, said)
    refused(gate, said, "newer than your comment")


@pytest.mark.parametrize("body", ["/mlops accept", "/mlops", "/mlops approve it"])
def test_strangers_cannot_make_us_talk(gate: Gate, tmp_path: Path, body: str) -> None:
    said = comment(gate, body, author="stranger")
    assert run(gate, tmp_path, said).exit_code == 0
    silently_refused(gate, said)


def test_a_comment_of_ours_that_was_edited_after_theirs_is_not_what_they_saw(gate: Gate, tmp_path: Path) -> None:
    """The runner's clock was slow, so the check seems old; GitHub's own time of the comment says otherwise."""
    gate.sticky().updated_at = "2026-11-18T11:20:01Z"
    said = comment(gate)
    run(gate, tmp_path, said)
    refused(gate, said, "newer than your comment")


def test_a_commit_that_was_green_when_it_was_looked_at_and_has_an_older_red_verdict(gate: Gate, tmp_path: Path) -> None:
    """HEAD was judged long ago, then LATER, which they saw; HEAD is pushed again and our comment shows it again."""
    gate.clock += 60
    gate.server.push(1, LATER)
    publish(gate.place(), for_one(records.better(), head=LATER))
    said = comment(gate)
    gate.clock += 3600
    gate.server.push(1, HEAD)
    refresh(gate.place(), 1, HEAD)
    run(gate, tmp_path, said)
    refused(gate, said, "newer than your comment")


@pytest.mark.parametrize("merge_commit", [None, LATER])
def test_nothing_is_accepted_after_the_end(gate: Gate, tmp_path: Path, merge_commit: str | None) -> None:
    gate.server.close(1, merge_commit=merge_commit)
    said = comment(gate)
    run(gate, tmp_path, said)
    refused(gate, said, "is closed")


def other_run(gate: Gate, record: GateRecord) -> None:
    checks.publish(gate.github(), HOME, for_one(record), gate.place().views.check)


@pytest.mark.parametrize(("record", "green"), [(records.worse(), True), (records.slightly_worse(), True)])
def test_a_verdict_that_wipes_the_acceptance_out_at_that_moment_gets_it_again(
    gate: Gate, tmp_path: Path, record: GateRecord, green: bool
) -> None:
    gate.server.after("PATCH", "/check-runs/", lambda: other_run(gate, record))
    run(gate, tmp_path, comment(gate))
    assert (conclusion(gate) == "success") is green
    assert gate.record().sentence == record.sentence


def test_a_worse_verdict_that_comes_in_at_that_moment_stays_red(gate: Gate, tmp_path: Path) -> None:
    publish(gate.place(), for_one(records.slightly_worse()))
    said = comment(gate)
    gate.server.after("GET", "/issues/1/comments$", lambda: other_run(gate, records.worse()))
    run(gate, tmp_path, said)
    refused(gate, said, "at the same moment")
    assert gate.record().sentence == records.worse().sentence
    assert not (tmp_path / "accepted").exists()


def test_an_answer_that_cannot_be_given_is_no_failure(gate: Gate, tmp_path: Path) -> None:
    gate.server.fail("POST", "/reactions$", Answer(500, {"message": "Server Error"}), times=9)
    result = run(gate, tmp_path, comment(gate))
    assert result.exit_code == 0, result.output
    assert "could not be given" in result.output
    assert conclusion(gate) == "success"
    assert (tmp_path / "accepted/accepted-flights.json").exists()


def test_one_new_verdict_among_old_ones_is_enough_to_refuse(gate: Gate, tmp_path: Path) -> None:
    gate.clock += 3600
    publish(gate.place(), for_one(records.better(), model="delays"))
    said = comment(gate)
    run(gate, tmp_path, said)
    refused(gate, said, "newer than your comment")


def test_a_push_between_comment_and_run_does_not_ride_along(gate: Gate, tmp_path: Path) -> None:
    said = comment(gate)
    gate.server.push(1, LATER)
    run(gate, tmp_path, said)
    refused(gate, said, "no verdict about the head")


def test_a_push_back_to_a_commit_judged_long_ago_does_not_ride_along(gate: Gate, tmp_path: Path) -> None:
    """LATER was judged first; the maintainer looked at HEAD; then LATER is pushed again, whose verdict is older."""
    publish(gate.place(), for_one(records.worse(), head=LATER))
    said = comment(gate)
    gate.server.push(1, LATER)
    run(gate, tmp_path, said)
    refused(gate, said, "does not show the head")
    assert conclusion(gate, LATER) == "failure"


def test_a_push_while_it_is_carried_out_gets_nothing(gate: Gate, tmp_path: Path) -> None:
    publish(gate.place(), for_one(records.worse(), head=LATER))
    gate.server.after("PATCH", "/check-runs/", lambda: gate.server.push(1, LATER))
    run(gate, tmp_path, comment(gate))
    assert (conclusion(gate), conclusion(gate, LATER)) == ("success", "failure")
    assert "mona" not in gate.sticky().body


def test_without_our_comment_there_is_nothing_that_was_looked_at(gate: Gate, tmp_path: Path) -> None:
    gate.server.remove_comment(gate.sticky().id)
    said = comment(gate)
    run(gate, tmp_path, said)
    refused(gate, said, "does not show the head")


def test_what_is_green_needs_no_acceptance(gate: Gate, tmp_path: Path) -> None:
    publish(gate.place(), for_one(records.better()))
    said = comment(gate)
    run(gate, tmp_path, said)
    assert "every check about" in gate.server.comments(1)[-1].body
    assert gate.record().accepted is None


def test_twice_is_once(gate: Gate, tmp_path: Path) -> None:
    run(gate, tmp_path, comment(gate))
    first = gate.record().accepted
    run(gate, tmp_path, comment(gate, "/mlops accept another reason", created_at="2027-11-18T11:20:00Z"))
    assert gate.record().accepted == first


def test_a_reason_is_text_and_has_an_end(gate: Gate, tmp_path: Path) -> None:
    run(gate, tmp_path, comment(gate, f"/mlops accept @everyone <img src=x> [a](http://b) {'x' * 5000}\nSecond line."))
    accepted = gate.record().accepted
    assert accepted
    assert len(accepted.reason) == 1000
    assert "@everyone" not in gate.sticky().body
    assert "\\<img" in gate.sticky().body
    assert "Second line" not in gate.sticky().body


def test_a_missing_permission_is_said_with_the_yaml(gate: Gate, tmp_path: Path) -> None:
    event = events.issue_comment(comment(gate), HOME)
    token = gate.server.token(checks="read", pull_requests="write")
    result = called("accept", tmp_path, gate.server, "issue_comment", event, token=token)
    assert result.exit_code == 2
    assert "checks: write" in result.output
    assert "contents" not in result.output


def test_another_event_is_refused(gate: Gate, tmp_path: Path) -> None:
    result = called("accept", tmp_path, gate.server, "push", events.push(HOME, HEAD, LATER, "refs/heads/main"))
    assert result.exit_code == 2
    assert "issue_comment" in result.output
