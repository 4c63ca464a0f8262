"""Publishing: check run first, then the one comment of all models, also when their jobs meet."""

from collections.abc import Iterator
from threading import Barrier, Thread

import pytest

from mlops_actions.github import checks
from mlops_actions.github.acceptance import accepted
from mlops_actions.github.publish import Place, publish
from mlops_actions.github.sticky import marker
from mlops_actions.report import GateRecord
from mlops_actions.report.gate import Accepted
from support import records
from support.gates import HOME, Gate, for_one
from support.github_routes import Answer
from support.github_server import GitHubServer
from support.records import BASE, HEAD

LATER = "c" * 40
BY = Accepted(by="mona", reason="known", at="2026-11-24T09:00:00Z", url="https://github.com/owner/flights/pull/1")


@pytest.fixture
def gate() -> Iterator[Gate]:
    with GitHubServer(HOME) as server:
        yield Gate.on(server)


def delays(record: GateRecord, **more: object) -> GateRecord:
    return for_one(record, model="delays", config="delays/mlops.yaml", **more)


def test_check_and_comment_with_the_fewest_permissions(gate: Gate) -> None:
    publish(gate.place(), for_one(records.worse()))
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "failure"
    assert gate.sticky().body.startswith(marker(HEAD) + "\n")
    assert "worse" in gate.sticky().body.lower()


def test_a_run_again_writes_no_second_comment_and_counts_no_second_use(gate: Gate) -> None:
    first = publish(gate.place(), for_one(records.worse()))
    again = publish(gate.place(), for_one(records.worse()))
    assert (first.uses, again) == (1, first)
    assert len(gate.server.comments(1)) == 1
    assert len(gate.server.state.checks) == 1


def test_two_models_share_the_comment(gate: Gate) -> None:
    publish(gate.place(), for_one(records.better()))
    publish(gate.place(), delays(records.worse()))
    body = gate.sticky().body
    assert "flights" in body
    assert "delays" in body
    assert body.index("delays") < body.index("flights"), "the worst comes first"


def test_jobs_that_meet_end_in_one_comment_about_all(gate: Gate) -> None:
    """Every job waits for the others where each has seen no comment yet."""
    models = ["a", "b", "c"]
    barrier = Barrier(len(models))
    gate.server.after("GET", "/issues/1/comments$", barrier.wait, times=len(models))
    jobs = [Thread(target=publish, args=(gate.place(), for_one(records.better(), model=name))) for name in models]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    body = gate.sticky().body
    assert all(f"**{name}**" in body or f"`{name}`" in body or f" {name}" in body for name in models)
    assert [record.model for record in checks.records(gate.github(), HOME, HEAD, progress=gate.said.append)] == models


def test_a_record_that_comes_in_while_the_comment_is_written_is_shown(gate: Gate) -> None:
    def other_job() -> None:
        checks.publish(gate.github(), HOME, delays(records.worse()), gate.place().views.check)

    gate.server.after("POST", "/issues/1/comments$", other_job)
    publish(gate.place(), for_one(records.better()))
    assert "delays" in gate.sticky().body


def test_records_that_never_settle_end_the_rounds(gate: Gate) -> None:
    sentences = iter(range(100))

    def other_job() -> None:
        record = delays(records.worse(), sentence=f"Sentence {next(sentences)}.")
        checks.publish(gate.github(), HOME, record, gate.place().views.check)

    gate.server.after("GET", "/pulls/1$", other_job, times=100)
    publish(gate.place(), for_one(records.better()))
    assert next(sentences) == 10, "five rounds, and the head is read twice in each"
    assert len(gate.server.comments(1)) == 1


def test_an_outage_in_the_middle_is_waited_out(gate: Gate) -> None:
    busy = Answer(503, {"message": "Unavailable"})
    for method, pattern in [("GET", "/check-runs"), ("POST", "/check-runs$"), ("GET", "/pulls/1$")]:
        gate.server.fail(method, pattern, busy, times=2)
    gate.server.fail("POST", "/comments$", busy, times=2)
    publish(gate.place(), for_one(records.worse()))
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "failure"
    assert len(gate.server.comments(1)) == 1


def test_a_head_that_moved_keeps_its_check_and_gets_no_comment(gate: Gate) -> None:
    gate.server.push(1, LATER)
    publish(gate.place(), for_one(records.worse()))
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "failure"
    assert gate.server.comments(1) == []


def test_a_second_push_updates_the_comment_in_place(gate: Gate) -> None:
    publish(gate.place(), for_one(records.worse()))
    before = gate.sticky()
    gate.server.push(1, LATER)
    publish(gate.place(), for_one(records.better(), head=LATER))
    assert gate.sticky().id == before.id
    assert gate.sticky().body.startswith(marker(LATER))


def test_what_was_accepted_stays_accepted_on_its_commit_and_not_on_the_next(gate: Gate) -> None:
    publish(gate.place(), accepted(for_one(records.worse()), BY))
    kept = publish(gate.place(), for_one(records.worse())).accepted
    assert kept == BY.model_copy(update={"outcome": "evaluated", "word": "regressed", "conclusion": "failure"})
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "success"
    gate.server.push(1, LATER)
    assert publish(gate.place(), for_one(records.worse(), head=LATER)).accepted is None
    assert gate.server.checks(LATER)["mlops / flights"].conclusion == "failure"


STOPPED = {"evaluation": None, "outcome": "stopped", "conclusion": "failure", "unenforced": "failure", "problem": "p"}


@pytest.mark.parametrize(
    ("was", "now", "holds"),
    [
        (records.worse(), records.slightly_worse(), True),
        (records.worse(), records.cannot_tell(), True),
        (records.slightly_worse(), records.worse(), False),
        (records.slightly_worse(), records.cannot_tell(), False),
        (records.cannot_tell(), records.worse(), False),
        (records.better().model_copy(update=STOPPED), records.worse(), False),
        (records.worse(), records.better().model_copy(update=STOPPED), False),
        (records.better().model_copy(update=STOPPED), records.better().model_copy(update=STOPPED), True),
    ],
)
def test_an_acceptance_holds_for_no_worse_verdict_of_a_run_again(
    gate: Gate, was: GateRecord, now: GateRecord, holds: bool
) -> None:
    publish(gate.place(), accepted(for_one(was), BY))
    stands = publish(gate.place(), for_one(now))
    assert (stands.accepted is not None) is holds
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == ("success" if holds else now.conclusion)
    assert any("does not hold" in note for note in gate.record().notes) is not holds


def test_an_acceptance_of_old_numbers_that_lands_on_new_ones_is_undone(gate: Gate) -> None:
    """`/mlops accept` read the record before this run posted its own, and wrote after it."""

    def late_acceptance() -> None:
        stale = accepted(for_one(records.slightly_worse()), BY)
        checks.publish(gate.github(), HOME, stale, gate.place().views.check)

    publish(gate.place(), for_one(records.slightly_worse()))
    gate.server.after("PATCH", "/issues/comments/", late_acceptance)
    publish(gate.place(), for_one(records.worse()))
    assert gate.record().accepted is None
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "failure"
    assert "mona" in " ".join(gate.record().notes)


def test_a_verdict_is_shown_in_every_open_pull_request_with_this_head(gate: Gate) -> None:
    second = gate.server.add_pull(head=HEAD, base=BASE, head_branch="reviewed")
    publish(gate.place(), for_one(records.worse()))
    publish(gate.place(), for_one(records.better(), pull_request=second.number, base_branch="main"))
    assert [len(gate.server.comments(number)) for number in (1, second.number)] == [1, 1]
    assert gate.server.comments(1)[0].body == gate.server.comments(second.number)[0].body


def test_of_two_branches_that_one_commit_wants_to_go_into_the_red_one_counts(gate: Gate) -> None:
    gate.pull.base_branch = "main"
    second = gate.server.add_pull(head=HEAD, base=BASE, head_branch="same")
    second.base_branch = "release"
    into_release = {"pull_request": second.number, "base_branch": "release"}
    publish(gate.place(), for_one(records.worse(), base_branch="main"))
    for _ in range(2):
        stands = publish(gate.place(), for_one(records.better(), **into_release))
        assert (stands.conclusion, stands.pull_request, len(stands.notes)) == ("failure", 1, 1)
    assert "pull request 1 into main" in gate.server.comments(second.number)[0].body
    publish(gate.place(), for_one(records.better(), base_branch="main"))
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "success"


def test_a_pull_request_whose_base_was_changed_is_judged_anew(gate: Gate) -> None:
    publish(gate.place(), for_one(records.worse(), base_branch="main"))
    gate.pull.base_branch = "release"
    publish(gate.place(), for_one(records.better(), base_branch="release"))
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "success"


def test_an_edit_that_came_too_late_is_put_right(gate: Gate) -> None:
    """The run of the new head has written its comment already; ours took its place."""
    publish(gate.place(), for_one(records.better()))

    def pushed() -> None:
        gate.server.push(1, LATER)
        checks.publish(gate.github(), HOME, for_one(records.worse(), head=LATER), gate.place().views.check)

    gate.server.after("PATCH", "/issues/comments/", pushed)
    publish(gate.place(), for_one(records.slightly_worse()))
    assert gate.sticky().body.startswith(marker(LATER))


def test_an_acceptance_that_is_no_longer_needed_is_dropped(gate: Gate) -> None:
    publish(gate.place(), for_one(records.worse(), conclusion="success", accepted=BY))
    assert publish(gate.place(), for_one(records.better())).accepted is None


def test_what_trusted_code_said_is_not_replaced_by_what_a_fork_left(gate: Gate) -> None:
    publish(gate.place(), for_one(records.worse()))
    stands = publish(gate.place(), for_one(records.fork()))
    assert (stands.verified, stands.conclusion) == (True, "failure")
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "failure"
    assert "trusted code already" in gate.said[0]


def test_trusted_code_replaces_what_a_fork_left(gate: Gate) -> None:
    publish(gate.place(), for_one(records.fork()))
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "neutral"
    publish(gate.place(), for_one(records.better()))
    assert gate.server.checks(HEAD)["mlops / flights"].conclusion == "success"


def on_commit(place: Place, sha: str) -> GateRecord:
    return publish(place, for_one(records.better(), head=sha, base="", pull_request=None))


def test_uses_are_counted_along_base_pushes_and_merge(gate: Gate) -> None:
    assert on_commit(gate.place(), BASE).uses == 0
    heads = [HEAD, LATER, "d" * 40]
    uses = []
    for head in heads:
        gate.server.push(1, head)
        uses.append(publish(gate.place(), for_one(records.worse(), head=head)).uses)
    assert uses == [1, 2, 3]
    gate.server.close(1, merge_commit="e" * 40)
    merged = on_commit(gate.place(), "e" * 40)
    assert merged.uses == 3
    assert merged.evaluation
    assert merged.evaluation.uses == 3
    second = gate.server.add_pull(head="f" * 40, base="e" * 40)
    record = for_one(records.worse(), head="f" * 40, base="e" * 40, pull_request=second.number)
    assert publish(gate.place(), record).uses == 4


def test_the_head_before_is_counted_although_its_comment_was_deleted(gate: Gate) -> None:
    publish(gate.place(), for_one(records.worse()))
    gate.server.remove_comment(gate.sticky().id)
    gate.server.push(1, LATER)
    assert publish(gate.place(), for_one(records.worse(), head=LATER), before=HEAD).uses == 2


def test_a_push_writes_no_comment(gate: Gate) -> None:
    on_commit(gate.place(), BASE)
    assert gate.server.comments(1) == []
    assert gate.server.checks(BASE)["mlops / flights"].conclusion == "success"
