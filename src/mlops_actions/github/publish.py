"""Publish a gate record: its check run first, then the comment as a view of all records of the commit.

Jobs of several models do this at once and know nothing of each other. Each looks again after it has written, so whoever
writes last has seen everything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mlops_actions.github import checks, sticky
from mlops_actions.github.checks import Output
from mlops_actions.github.client import GitHub
from mlops_actions.github.pulls import pulls_of_commit
from mlops_actions.github.refusal import needing
from mlops_actions.github.uses import counted
from mlops_actions.progress import Progress
from mlops_actions.report.gate import Accepted, GateRecord

ROUNDS = 5
PERMISSIONS = ("contents: read # check the repository out", "checks: write", "pull-requests: write")


@dataclass(frozen=True)
class Views:
    """How records are shown (`comment.check.check`, `comment.markdown.comment`).

    Attributes:
        check: what people read in the check run of a record.
        comment: the comment about the records of one commit; its first line is the marker given.
    """

    check: Callable[[GateRecord], Output]
    comment: Callable[[list[GateRecord], str], str]


@dataclass(frozen=True)
class Place:
    """A repository, and how to write to it."""

    github: GitHub
    repository: str
    views: Views
    progress: Progress


def publish(place: Place, record: GateRecord, *, before: str = "") -> GateRecord:
    """Publish one record, and bring the pull request's comment up to date if it has one.

    What stands at the commit already counts: a commit that was accepted stays accepted when its run is repeated; a record
    that trusted code made is not replaced by one of a fork's job; a repeated look at a test set is not a new one.

    Args:
        place: where, and how it is shown.
        record: what the gate says.
        before: head of the pull request before this one, where it is known.

    Returns:
        The record as it stands.

    Raises:
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    with needing(*PERMISSIONS):
        settled = _settled(place, record, before)
        checks.publish(place.github, place.repository, settled, place.views.check(settled))
        if record.pull_request is not None:
            refresh(place, record.pull_request, record.head)
    return settled


def refresh(place: Place, number: int, head: str) -> None:
    """Show the records of a head in the comment; look again afterwards, as other jobs may have posted theirs meanwhile.

    Args:
        place: where, and how it is shown.
        number: of the pull request.
        head: commit that the comment is to be about.
    """
    shown: list[GateRecord] = []
    for _ in range(ROUNDS):
        found = checks.records(place.github, place.repository, head, progress=place.progress)
        if found in ([], shown):
            return
        body = place.views.comment(found, sticky.marker(head))
        done = sticky.upsert(place.github, place.repository, number, body, head=head, progress=place.progress)
        if done == "stale":
            return
        # A comment that was made may have been made twice, so it is looked for again.
        shown = [] if done == "created" else found


def accepted(record: GateRecord, acceptance: Accepted) -> GateRecord:
    """Return the record as a person turned it green."""
    return record.model_copy(update={"conclusion": "success", "accepted": acceptance})


def _settled(place: Place, record: GateRecord, before: str) -> GateRecord:
    there = _record(place, record.head, record.model)
    if there and there.verified and not record.verified:
        place.progress(f"{record.model} was judged at {record.head[:12]} by trusted code already: that stays.")
        return there
    earlier = [found for sha in _earlier(place, record, before) if (found := _record(place, sha, record.model))]
    decides = record.pull_request is not None
    new = counted(record, earlier=earlier, same_commit=there, decides=decides)
    return accepted(new, there.accepted) if there and there.accepted and new.conclusion != "success" else new


def _earlier(place: Place, record: GateRecord, before: str) -> set[str]:
    """Return the commits whose looks at the test set led here; none where there was no look."""
    if record.evaluation is None:
        return set()
    if record.pull_request is not None:
        ours = sticky.stickies(place.github, place.repository, record.pull_request)
        heads = {one.head for one in ours}
    else:
        heads = {pull.head for pull in pulls_of_commit(place.github, place.repository, record.head)}
    return (heads | {record.base, before}) - {"", record.head}


def _record(place: Place, sha: str, model: str) -> GateRecord | None:
    return checks.record_of(place.github, place.repository, sha, model, progress=place.progress)
