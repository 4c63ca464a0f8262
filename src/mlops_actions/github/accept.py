"""`/mlops accept REASON`: somebody with write access turns the commit that they looked at green.

Only the commit they looked at: the head has to be the one that our comment shows, and its verdicts have to be older than
theirs. So nothing that is pushed between their comment and this run rides along.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from mlops_actions.github import checks, sticky
from mlops_actions.github.checks import Posted
from mlops_actions.github.event import IssueCommentEvent
from mlops_actions.github.publish import PERMISSIONS, Place, accepted, refresh
from mlops_actions.github.pulls import read_pull
from mlops_actions.github.refusal import needing
from mlops_actions.report.gate import Accepted, GateRecord

COMMAND = re.compile(r"/mlops(?=\s|$)\s*(?P<verb>\S*)\s*(?P<reason>.*)")
USAGE = "Write `/mlops accept REASON` as the first line of a new comment; the reason is kept with the verdict."
MOST_REASON = 1000
MAY_WRITE = {"admin", "write"}  # GitHub's coarse word for admin, maintain, write and roles made from them


@dataclass(frozen=True)
class Answer:
    """What came of a comment.

    Attributes:
        records: that are green by it now.
        refused: why nothing was accepted; "" otherwise.
    """

    records: tuple[GateRecord, ...] = ()
    refused: str = ""


def is_command(event: IssueCommentEvent) -> bool:
    """Say whether a comment is a new one on a pull request, by a person, that begins with `/mlops`."""
    asked = event.action == "created" and event.on_pull_request and not event.bot
    return asked and COMMAND.fullmatch(_first_line(event.body)) is not None


def accept(place: Place, event: IssueCommentEvent) -> Answer:
    """Carry out the command in a comment, react to it, and say so there if it is refused.

    Raises:
        ValueError: the comment is no command; ask `is_command` first.
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    if not is_command(event):
        raise ValueError("not a command")
    with needing(*PERMISSIONS):
        return _answered(place, event)


def _answered(place: Place, event: IssueCommentEvent) -> Answer:
    answer = _decided(place, event)
    comments = f"repos/{place.repository}/issues/comments/{event.comment}"
    place.github.send("POST", f"{comments}/reactions", {"content": "confused" if answer.refused else "+1"})
    if answer.refused:
        reply = {"body": f"Not accepted: {answer.refused}"}
        place.github.send("POST", f"repos/{place.repository}/issues/{event.number}/comments", reply)
    return answer


def _first_line(body: str) -> str:
    return (body.strip().splitlines() or [""])[0].strip()


def _decided(place: Place, event: IssueCommentEvent) -> Answer:
    command = COMMAND.fullmatch(_first_line(event.body))
    reason = command["reason"] if command and command["verb"] == "accept" else ""
    if not reason:
        return Answer(refused=f"there is no reason. {USAGE}")
    if not _may_write(place, event.author):
        return Answer(refused="this takes write access to the repository.")
    head = read_pull(place.github, place.repository, event.number).head
    found = checks.posted(place.github, place.repository, head, progress=place.progress)
    if refused := _not_yet(place, event, head, found):
        return Answer(refused=refused)
    acceptance = Accepted(by=event.author, reason=reason[:MOST_REASON], at=event.created_at, url=event.url)
    return _accepted(
        place, event.number, head, [one for one in found if one.record.conclusion != "success"], acceptance
    )


def _may_write(place: Place, login: str) -> bool:
    answer = place.github.get(f"repos/{place.repository}/collaborators/{login}/permission")
    return answer["permission"] in MAY_WRITE


def _not_yet(place: Place, event: IssueCommentEvent, head: str, found: list[Posted]) -> str:
    """Return why the commit at the head cannot have been what was looked at; "" if it was."""
    again = "Look at it, and write the command again if you still mean it."
    reasons: list[tuple[Callable[[], bool], str]] = [
        (lambda: not found, f"there is no verdict about the head {head[:12]} yet."),
        (
            # Both are GitHub's own whole seconds: the same second is not before.
            lambda: any(one.completed_at >= event.created_at for one in found),
            f"the verdict about the head {head[:12]} is newer than your comment. {again}",
        ),
        (
            lambda: [one.head for one in sticky.stickies(place.github, place.repository, event.number)] != [head],
            f"the comment with the verdict does not show the head {head[:12]}, so you cannot have looked at it. {again}",
        ),
        (
            lambda: all(one.record.conclusion == "success" for one in found),
            f"nothing is left to accept: every check about {head[:12]} is green.",
        ),
    ]
    return next((sentence for holds, sentence in reasons if holds()), "")


def _accepted(place: Place, number: int, head: str, chosen: list[Posted], acceptance: Accepted) -> Answer:
    green = [accepted(one.record, acceptance) for one in chosen]
    for record in green:
        checks.publish(place.github, place.repository, record, place.views.check(record))
    refresh(place, number, head)
    return Answer(records=tuple(green))
