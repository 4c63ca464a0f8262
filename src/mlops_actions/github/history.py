"""What the gate said of the pull requests of the last days: `would have stopped 2 of 31`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mlops_actions.github.checks import records
from mlops_actions.github.client import GitHub
from mlops_actions.github.pulls import Pull, pulls_updated_since
from mlops_actions.progress import Progress
from mlops_actions.report.gate import GateRecord


@dataclass(frozen=True)
class ModelHistory:
    """One model over the pull requests of a time, each counted once, at its last head.

    Attributes:
        judged: pull requests with a verdict about it.
        stopped: numbers of those whose check is red.
        accepted: numbers of those that a person turned green.
        would_have_stopped: numbers of those that passed only because of `enforce: false`.
        undecided: numbers of those that came out neutral for lack of evidence (or of trust, from forks).
        merged_red: numbers of those that were merged with a red check.
    """

    model: str
    judged: int
    stopped: tuple[int, ...]
    accepted: tuple[int, ...]
    would_have_stopped: tuple[int, ...]
    undecided: tuple[int, ...]
    merged_red: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """What it comes to, for people."""
        parts = [
            f"stopped {len(self.stopped)}" if self.stopped or not self.would_have_stopped else "",
            f"would have stopped {len(self.would_have_stopped)}" if self.would_have_stopped else "",
        ]
        said = ", ".join(part for part in parts if part)
        more = f"; {len(self.accepted)} accepted by a person" if self.accepted else ""
        open_ = f"; {len(self.undecided)} undecided or unverified" if self.undecided else ""
        return f"{said} of {self.judged} pull requests{more}{open_}"


@dataclass(frozen=True)
class History:
    """What the gate said since a day.

    Attributes:
        since: ISO 8601, UTC.
        pulls: pull requests that changed since, with a verdict or without.
        models: by name.
    """

    since: str
    pulls: int
    models: list[ModelHistory]


def since(github: GitHub, repository: str, days: int, *, progress: Progress) -> History:
    """Add up the records at the heads of all pull requests, open and closed, that changed in the last days.

    Args:
        github: a client whose token may read checks and pull requests; one request for each pull request.
        repository: OWNER/NAME.
        days: how many.
        progress: told how far it is.

    Raises:
        GitHubError: GitHub refused or did not answer.
    """
    begin = datetime.fromtimestamp(github.now(), UTC) - timedelta(days=days)
    moment = begin.strftime("%Y-%m-%dT%H:%M:%SZ")
    pulls = list(pulls_updated_since(github, repository, moment))
    judged: dict[str, list[tuple[Pull, GateRecord]]] = {}
    for place, pull in enumerate(pulls, start=1):
        if place % 25 == 0:
            progress(f"{place} of {len(pulls)} pull requests read")
        for record in records(github, repository, pull.head, progress=progress):
            judged.setdefault(record.model, []).append((pull, record))
    return History(moment, len(pulls), [_added_up(model, judged[model]) for model in sorted(judged)])


def _added_up(model: str, judged: list[tuple[Pull, GateRecord]]) -> ModelHistory:
    red = [(pull, record) for pull, record in judged if record.conclusion == "failure"]
    return ModelHistory(
        model=model,
        judged=len(judged),
        stopped=_numbers(pull for pull, _ in red),
        accepted=_numbers(pull for pull, record in judged if record.accepted),
        would_have_stopped=_numbers(pull for pull, record in judged if _let_through(record)),
        undecided=_numbers(pull for pull, record in judged if _open(record)),
        merged_red=_numbers(pull for pull, _ in red if pull.merged),
    )


def _let_through(record: GateRecord) -> bool:
    observed = not record.enforce and record.unenforced == "failure" and record.conclusion != "failure"
    return observed and record.accepted is None


def _open(record: GateRecord) -> bool:
    return record.conclusion == "neutral" and not _let_through(record)


def _numbers(pulls: Iterable[Pull]) -> tuple[int, ...]:
    return tuple(sorted(pull.number for pull in pulls))
