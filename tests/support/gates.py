"""A repository with one pull request, and what it takes to publish records there."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from mlops_actions.cli.main import mlops
from mlops_actions.comment import check, comment
from mlops_actions.github.client import GitHub
from mlops_actions.github.hidden import find
from mlops_actions.github.publish import Place, Views
from mlops_actions.report import GateRecord
from support.github_server import GitHubServer
from support.github_state import Comment, Pull
from support.records import BASE, HEAD

HOME = "owner/flights"
MINIMUM = {"checks": "write", "pull_requests": "write"}


@dataclass
class Gate:
    """Pull request 1 of `server`, at HEAD on BASE.

    Attributes:
        waited: seconds that clients slept.
        said: lines of progress.
    """

    server: GitHubServer
    pull: Pull
    waited: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    clock: float = 1_795_000_000.0

    @classmethod
    def on(cls, server: GitHubServer) -> "Gate":
        """Open the pull request; comments are written at the time of `clock`."""
        gate = cls(server, server.add_pull(head=HEAD, base=BASE))
        server.state.clock = lambda: datetime.fromtimestamp(gate.clock, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return gate

    def github(self, *, app: str = "github-actions", **permissions: str) -> GitHub:
        """Return a client that waits for nothing; without permissions it has the fewest that publishing takes."""
        token = self.server.token(app=app, **(permissions or MINIMUM))
        return GitHub(self.server.url, token, timeout_seconds=5, sleep=self.waited.append, now=lambda: self.clock)

    def place(self, **given: Any) -> Place:
        """Return where to publish."""
        views = Views(check, lambda records, marker: comment(records, marker=marker))
        return Place(self.github(**given), HOME, views, self.said.append)

    def record(self, model: str = "flights", sha: str = HEAD) -> GateRecord:
        """Return the record in the check run of a model."""
        found = find(self.server.checks(sha)[f"mlops / {model}"].text or "")
        assert found
        return found

    def sticky(self) -> Comment:
        """Return the only comment of a bot."""
        (one,) = [comment for comment in self.server.comments(self.pull.number) if comment.app]
        return one


def called(command: str, folder: Path, server: GitHubServer, event: str, payload: object, **more: Any) -> Result:
    """Run a command of ours as a step of a workflow does: inputs and event in the environment."""
    path = folder / "event.json"
    path.write_text(json.dumps(payload))
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_API_URL": server.url,
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": HOME,
        "GITHUB_RUN_ID": "77",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_ACTOR": more.pop("actor", "developer"),
    }
    inputs = {f"MLOPS_{command.upper()}_{name.upper()}": value for name, value in more.items()}
    return CliRunner().invoke(mlops, [command], env=environ | inputs)


Change = Callable[[GateRecord], GateRecord]


def for_one(record: GateRecord, **more: Any) -> GateRecord:
    """Return an example record as one about pull request 1."""
    return record.model_copy(update={"pull_request": 1, **more})
