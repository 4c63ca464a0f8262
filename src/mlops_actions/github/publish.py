"""Publish a gate record: its check run first, then the comment as a view of all records of the commit.

Jobs of several models do this at once and know nothing of each other. Each looks again after it has written, so whoever
writes last has seen everything.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mlops_actions.github import checks, sticky
from mlops_actions.github.acceptance import kept
from mlops_actions.github.checks import Output
from mlops_actions.github.client import GitHub
from mlops_actions.github.pulls import Pull, pulls_of_commit, read_pull
from mlops_actions.github.refusal import needing
from mlops_actions.github.uses import counted
from mlops_actions.progress import Progress
from mlops_actions.report.gate import GateRecord

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

    What stands at the commit already counts: a commit that was accepted stays accepted when its run is repeated and comes out
    no worse; a record that trusted code made is not replaced by one of a fork's job; the same numbers are no new look at a test
    set; of two pull requests with this head the red one counts. Every open pull request with this head gets its comment renewed.

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
        pulls = pulls_of_commit(place.github, place.repository, record.head)
        showing = {pull.number: pull for pull in pulls if (pull.state, pull.head) == ("open", record.head)}
        earlier = _earlier_records(place, record, before, pulls)
        settling = _Settling(place, record, earlier, _merged_record(place, record, pulls), showing)
        stands = _published(place, settling)
        for _ in range(ROUNDS):
            if not _overruled(place, stands):
                break
            stands = _published(place, settling)
    return stands


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
            # The run of the new head tells about it. If it has done so already, what was written just now took its place.
            head, shown = read_pull(place.github, place.repository, number).head, []
            continue
        # A comment that was made may have been made twice, so it is looked for again.
        shown = [] if done == "created" else found


@dataclass(frozen=True)
class _Settling:
    """What becomes of a record at a commit where others may be."""

    place: Place
    record: GateRecord
    earlier: list[GateRecord]
    merged: GateRecord | None
    showing: dict[int, Pull]

    def settle(self, there: GateRecord | None) -> GateRecord:
        if there and there.verified and not self.record.verified:
            self.place.progress(f"{there.model} was judged at {there.head[:12]} by trusted code already: that stays.")
            return there
        decides = self.record.pull_request is not None
        new = counted(self.record, earlier=self.earlier, same_commit=there, decides=decides)
        new = kept(new, there if there and there.accepted else self.merged)
        return self._redder(there, new) if there else new

    def _redder(self, there: GateRecord, new: GateRecord) -> GateRecord:
        """Return the red one of two pull requests with one head: they go into different branches and share the check."""
        other = self.showing.get(there.pull_request or 0)
        if other is None or there.pull_request == new.pull_request or there.base_branch == new.base_branch:
            return new
        if there.conclusion != "failure" or new.conclusion == "failure" or other.base_branch != there.base_branch:
            return new
        note = (
            f"This commit is the head of pull request {other.number} into {other.base_branch} too. A check belongs to the commit,"
            f" so the red one of that pull request counts here as well."
        )
        return there if note in there.notes else there.model_copy(update={"notes": [*there.notes, note]})


def _published(place: Place, settling: _Settling) -> GateRecord:
    record = settling.record
    posted = checks.publish(place.github, place.repository, record, place.views.check, settle=settling.settle)
    for number in sorted({record.pull_request or 0, *settling.showing} - {0}):
        refresh(place, number, record.head)
    return posted.record


def _overruled(place: Place, stands: GateRecord) -> bool:
    """Say whether `/mlops accept`, which ran at the same time, has put an accepted record of before in place of this one."""
    there = _record(place, stands.head, stands.model)
    if there is None or there.accepted is None or there.accepted == stands.accepted:
        return False
    return _said(there) != _said(stands)


def _said(record: GateRecord) -> tuple[object, ...]:
    return record.outcome, record.sentence, record.evaluation and record.evaluation.comparisons


def _merged_record(place: Place, record: GateRecord, pulls: list[Pull]) -> GateRecord | None:
    """Return what stands at the head of the pull request that brought a commit: what a person accepted there came with it."""
    if record.pull_request is not None:
        return None
    heads = [pull.head for pull in pulls if pull.merged]
    found = [one for head in heads if (one := _record(place, head, record.model)) and one.accepted]
    # Of the branch that it was merged into this commit is a part, so that the two are not about different branches.
    return found[0].model_copy(update={"base_branch": record.base_branch}) if found else None


def _earlier_records(place: Place, record: GateRecord, before: str, pulls: list[Pull]) -> list[GateRecord]:
    """Return what was said of the commits whose looks at the test set led here; none where there was no look."""
    if record.evaluation is None:
        return []
    if record.pull_request is not None:
        heads = {one.head for one in sticky.stickies(place.github, place.repository, record.pull_request)}
    else:
        heads = {pull.head for pull in pulls}
    commits = sorted((heads | {record.base, before}) - {"", record.head})
    return [found for sha in commits if (found := _record(place, sha, record.model))]


def _record(place: Place, sha: str, model: str) -> GateRecord | None:
    return checks.record_of(place.github, place.repository, sha, model, progress=place.progress)
