"""What the gate said of the pull requests of the last days."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from mlops_actions.cli.main import mlops
from mlops_actions.github.acceptance import accepted
from mlops_actions.github.history import History, since
from mlops_actions.github.publish import publish
from mlops_actions.report import GateRecord
from mlops_actions.report.gate import Accepted
from support import records
from support.gates import HOME, Gate
from support.github_server import GitHubServer
from support.records import BASE

BY = Accepted(by="mona", reason="known", at="2026-11-24T09:00:00Z", url="https://github.com/owner/flights/pull/1")


@pytest.fixture
def gate() -> Iterator[Gate]:
    with GitHubServer(HOME) as server:
        gate = Gate.on(server)
        gate.clock = datetime.now(UTC).timestamp()
        yield gate


def judged(gate: Gate, record: GateRecord, model: str = "flights") -> int:
    """Open a pull request with a record at its head and return its number."""
    head = f"{len(gate.server.state.pulls) + 1:040x}"
    number = gate.server.add_pull(head=head, base=BASE).number
    update = {"pull_request": number, "head": head, "model": model}
    publish(gate.place(), record.model_copy(update=update))
    return number


def added_up(gate: Gate, days: int = 30) -> History:
    return since(gate.github(checks="read", pull_requests="read"), HOME, days, progress=gate.said.append)


def test_it_adds_up_by_model(gate: Gate) -> None:
    watched = [judged(gate, records.observe()) for _ in range(2)]
    fine = [judged(gate, records.better()) for _ in range(3)]
    open_ = judged(gate, records.cannot_tell())
    taken = judged(gate, accepted(records.worse(), BY))
    red = [judged(gate, records.worse(), "delays") for _ in range(2)]
    gate.server.close(red[0], merge_commit="e" * 40)
    gate.server.close(fine[0])
    history = added_up(gate)
    delays, flights = history.models
    assert history.pulls == 10  # one of them has no verdict
    assert (flights.judged, flights.would_have_stopped, flights.stopped) == (7, tuple(watched), ())
    assert (flights.undecided, flights.accepted) == ((open_,), (taken,))
    assert (delays.judged, delays.stopped, delays.merged_red) == (2, tuple(red), (red[0],))
    assert (
        flights.sentence == "would have stopped 2 of 7 pull requests; 1 accepted by a person; 1 undecided or unverified"
    )
    assert delays.sentence == "stopped 2 of 2 pull requests"


def test_older_ones_are_not_read(gate: Gate) -> None:
    for _ in range(120):
        gate.server.add_pull(head="f" * 40, base=BASE).updated_at = "2020-01-01T00:00:00Z"
    judged(gate, records.worse())
    gate.server.asked.clear()
    history = added_up(gate, days=7)
    assert (history.pulls, [model.judged for model in history.models]) == (2, [1])
    assert len(gate.server.asked) == 3


def report(gate: Gate, *options: str, **environ: str) -> Result:
    token = gate.server.token(checks="read", pull_requests="read")
    environ = {"GITHUB_ACTIONS": "", "GITHUB_API_URL": gate.server.url, "MLOPS_REPORT_TOKEN": token, **environ}
    return CliRunner().invoke(mlops, ["report", *options], env=environ)


def test_the_command_says_it_without_a_checkout(gate: Gate) -> None:
    number = judged(gate, records.observe())
    judged(gate, records.better())
    result = report(gate, "--since", "30d", "--repository", HOME)
    assert result.exit_code == 0, result.output
    assert "flights: would have stopped 1 of 2 pull requests" in result.output
    assert f"#{number}" in result.output


def test_in_a_workflow_the_repository_is_known(gate: Gate) -> None:
    result = report(gate, "--since", "7d", GITHUB_ACTIONS="true", GITHUB_REPOSITORY=HOME)
    assert result.exit_code == 0, result.output
    assert "No verdict" in result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "month"], "--since"),
        (["--since", "0d"], "--since"),
        (["--since", "30d"], "--repository"),
        (["--since", "30d", "--repository", "flights"], "--repository"),
        (["--since", "30d", "--repository", HOME, "--token", ""], "--token"),
    ],
)
def test_what_is_missing_is_said(gate: Gate, options: list[str], said: str) -> None:
    result = report(gate, *options)
    assert result.exit_code == 2
    assert said in result.output
