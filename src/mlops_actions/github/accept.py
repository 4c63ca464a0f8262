"""`/mlops accept REASON`: somebody with write access turns the commit that they looked at green.

Only what they looked at: our comment has to show the head, and must not have been written since theirs. Both times are GitHub's.
So nothing that is pushed, and no verdict that comes in, between their comment and this run rides along.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from mlops_actions.github import checks, sticky
from mlops_actions.github.acceptance import accepted, covers
from mlops_actions.github.checks import Posted
from mlops_actions.github.event import IssueCommentEvent
from mlops_actions.github.publish import Place, refresh
from mlops_actions.github.pulls import Pull, read_pull
from mlops_actions.github.refusal import GitHubError, needing
from mlops_actions.report.gate import Accepted, GateRecord

COMMAND = re.compile(r"/mlops(?=\s|$)\s*(?P<verb>\S*)\s*(?P<reason>.*)")
USAGE = "Write `/mlops accept REASON` as the first line of a new comment; the reason is kept with the verdict."
MOST_REASON = 1000
AGAIN = "Look at it, and write the command again if you still mean it."
ROUNDS = 3
PERMISSIONS = ("checks: write", "pull-requests: write")
MAY_WRITE = {"admin", "write"}  # GitHub's coarse word for admin, maintain, write and roles made from them


@dataclass(frozen=True)
class Answer:
    """What came of a comment.

    Attributes:
        records: that are green by it now.
        refused: why nothing was accepted; "" otherwise.
        said: whether whoever asked is told why: nobody can make us write who may not write themselves.
    """

    records: tuple[GateRecord, ...] = ()
    refused: str = ""
    said: bool = True


def is_command(event: IssueCommentEvent) -> bool:
    """Say whether a comment is a new one on a pull request, by a person, that begins with `/mlops`."""
    asked = event.action == "created" and event.on_pull_request and not event.bot
    return asked and COMMAND.fullmatch(_first_line(event.body)) is not None


def accept(place: Place, event: IssueCommentEvent) -> Answer:
    """Carry out the command in a comment, react to it, and say so there if it is refused to somebody who may write.

    Raises:
        ValueError: the comment is no command; ask `is_command` first.
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    if not is_command(event):
        raise ValueError("not a command")
    with needing(*PERMISSIONS):
        answer = _decided(place, event)
    _answer(place, event, answer)
    return answer


def _answer(place: Place, event: IssueCommentEvent, answer: Answer) -> None:
    """Tell whoever asked. What was done is done, so that it cannot be told is said in the log and is no error."""
    issues = f"repos/{place.repository}/issues"
    told = [(f"comments/{event.comment}/reactions", {"content": "confused" if answer.refused else "+1"})]
    if answer.refused and answer.said:
        told.append((f"{event.number}/comments", {"body": f"Not accepted: {answer.refused}"}))
    for path, body in told:
        try:
            place.github.send("POST", f"{issues}/{path}", body)
        except GitHubError as error:
            place.progress(f"The answer could not be given in the pull request: {error.what}")


def _first_line(body: str) -> str:
    return (body.strip().splitlines() or [""])[0].strip()


def _decided(place: Place, event: IssueCommentEvent) -> Answer:
    if not _may_write(place, event.author):
        return Answer(refused="this takes write access to the repository.", said=False)
    command = COMMAND.fullmatch(_first_line(event.body))
    reason = command["reason"] if command and command["verb"] == "accept" else ""
    if not reason:
        return Answer(refused=f"there is no reason. {USAGE}")
    pull = read_pull(place.github, place.repository, event.number)
    found = checks.posted(place.github, place.repository, pull.head, progress=place.progress)
    if refused := _not_yet(place, event, pull, found):
        return Answer(refused=refused)
    acceptance = Accepted(by=event.author, reason=reason[:MOST_REASON], at=event.created_at, url=event.url)
    chosen = [one.record for one in found if one.record.conclusion != "success"]
    return _accepted(place, event.number, chosen, acceptance)


def _may_write(place: Place, login: str) -> bool:
    answer = place.github.get(f"repos/{place.repository}/collaborators/{login}/permission")
    return answer["permission"] in MAY_WRITE


def _not_yet(place: Place, event: IssueCommentEvent, pull: Pull, found: list[Posted]) -> str:
    """Return why what stands at the head cannot be what was looked at; "" if it is."""
    head = pull.head[:12]
    shown = sticky.stickies(place.github, place.repository, event.number)
    reasons: list[tuple[Callable[[], bool], str]] = [
        (lambda: pull.state != "open", "the pull request is closed, so there is nothing to let through."),
        (lambda: not found, f"there is no verdict about the head {head} yet."),
        (
            lambda: [one.head for one in shown] != [pull.head],
            f"the comment with the verdict does not show the head {head}, so you cannot have looked at it. {AGAIN}",
        ),
        (
            # The comment's time and the event's are GitHub's own whole seconds: the same second is not before. A check run
            # has the time of its runner, which may be wrong: it says of a verdict that no comment shows yet that it is new.
            lambda: any(time >= event.created_at for time in _times(shown, found)),
            f"the verdict about the head {head} is newer than your comment. {AGAIN}",
        ),
        (
            lambda: all(one.record.conclusion == "success" for one in found),
            f"nothing is left to accept: every check about {head} is green.",
        ),
    ]
    return next((sentence for holds, sentence in reasons if holds()), "")


def _times(shown: list[sticky.Sticky], found: list[Posted]) -> list[str]:
    return [*(one.updated_at for one in shown), *(one.completed_at for one in found)]


def _accepted(place: Place, number: int, chosen: list[GateRecord], acceptance: Accepted) -> Answer:
    """Turn the checks green; a verdict that comes in at this moment is green only if it is no worse than what was seen."""
    wanted = [accepted(record, acceptance) for record in chosen]
    green = _all_green(place, number, wanted)
    for _ in range(ROUNDS):
        if all(_stands(place, record) for record in green):
            break
        green = _all_green(place, number, wanted)
    if missed := [record.model for record in green if record.conclusion != "success"]:
        said = f"another verdict about {', '.join(missed)} came in at the same moment. {AGAIN}"
        return Answer(records=tuple(record for record in green if record.accepted), refused=said)
    return Answer(records=tuple(record for record in green if record.accepted))


def _all_green(place: Place, number: int, wanted: list[GateRecord]) -> list[GateRecord]:
    green = [_green(place, record) for record in wanted]
    refresh(place, number, wanted[0].head)
    return green


def _green(place: Place, wanted: GateRecord) -> GateRecord:
    """Turn one check green, if what stands there now is no worse than what was looked at; return what stands."""

    def settle(there: GateRecord | None) -> GateRecord:
        if there is None or there.accepted or there.conclusion == "success" or wanted.accepted is None:
            return there or wanted
        if not covers(wanted.accepted, there):
            return there
        return there.model_copy(update={"conclusion": "success", "accepted": wanted.accepted})

    return checks.publish(place.github, place.repository, wanted, place.views.check, settle=settle).record


def _stands(place: Place, record: GateRecord) -> bool:
    there = checks.record_of(place.github, place.repository, record.head, record.model, progress=place.progress)
    return there is not None and (record.accepted is None or there.accepted == record.accepted)
