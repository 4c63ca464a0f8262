"""The one comment on a pull request: found again, edited in place, never written for a commit that is no longer the head.

A comment is ours if workflows wrote it, its first line is our marker and nothing else, and its last line is our end. A person
who quotes us has none of these; another bot that repeats us has not the first; another workflow that shows what somebody wrote
would have to show both, at the very begin and the very end.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

from mlops_actions.github.checks import APP
from mlops_actions.github.client import GitHub
from mlops_actions.github.pulls import read_pull
from mlops_actions.github.refusal import GitHubError
from mlops_actions.progress import Progress

MARKER = re.compile(r"<!-- mlops-actions ([0-9a-f]{40}(?:[0-9a-f]{24})?) -->")
END = "<!-- mlops-actions end -->"
MOST_CHARACTERS = 65_536
Done = Literal["created", "edited", "unchanged", "stale"]


@dataclass(frozen=True)
class Sticky:
    """Our comment as it stands.

    Attributes:
        head: commit that it is about.
        updated_at: when it was last written, by GitHub's clock; ISO 8601, UTC, whole seconds.
    """

    id: int
    body: str
    head: str
    updated_at: str


def marker(head: str) -> str:
    """Return the first line of our comment about a commit; nobody sees it."""
    return f"<!-- mlops-actions {head} -->"


def stickies(github: GitHub, repository: str, number: int) -> list[Sticky]:
    """Return our comments on a pull request, all pages read, oldest first; more than one is the fruit of a race."""
    comments = github.pages(f"repos/{repository}/issues/{number}/comments")
    found = [
        Sticky(comment["id"], comment["body"], head, comment["updated_at"])
        for comment in comments
        if (head := _ours(comment))
    ]
    return sorted(found, key=lambda one: one.id)


def _ours(comment: Any) -> str:
    """Return the commit that a comment of ours is about; "" if it is not ours."""
    author = comment["user"] or {}
    if author.get("type") != "Bot" or author.get("login") != f"{APP}[bot]":
        return ""
    lines = (comment["body"] or "").strip().splitlines()
    found = MARKER.fullmatch(lines[0].rstrip()) if lines and lines[-1] == END else None
    return found[1] if found else ""


def upsert(github: GitHub, repository: str, number: int, body: str, *, head: str, progress: Progress) -> Done:
    """Write our comment: the oldest of ours is edited, later ones are removed, without one it is made.

    The head is read again before every attempt to write, and once more afterwards: "stale" says that it has moved, and what
    stands there may be about the commit before. A body that is there already is not sent again.

    Args:
        github: a client whose token may write pull requests.
        repository: OWNER/NAME.
        number: of the pull request; closed ones are written to as well.
        body: Markdown that begins with `marker(head)`; our end is added.
        head: commit that the body is about.
        progress: told when the head has moved.

    Raises:
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    whole = f"{body.rstrip()}\n\n{END}"
    if len(whole) > MOST_CHARACTERS or not body.startswith(marker(head)):
        raise ValueError("not a body of ours")
    done = github.again(lambda: _upsert(github, repository, number, whole, head))
    now = read_pull(github, repository, number).head
    if now != head:
        progress(f"Pull request {number} is at {now[:12]} now: nothing more is said about {head[:12]}.")
        return "stale"
    return done


def _upsert(github: GitHub, repository: str, number: int, body: str, head: str) -> Done:
    first, *later = [*stickies(github, repository, number), None]
    if read_pull(github, repository, number).head != head:
        return "stale"
    done = _write(github, repository, number, body, first)
    for one in later:
        if one:
            _remove(github, repository, one)
    return done


def _write(github: GitHub, repository: str, number: int, body: str, first: Sticky | None) -> Done:
    if first and _same(first.body, body):
        return "unchanged"
    if first:
        try:
            # Not repeated by itself: the head may move while GitHub is down.
            github.send("PATCH", f"repos/{repository}/issues/comments/{first.id}", {"body": body}, once=True)
        except GitHubError as error:
            if error.status != 404:  # somebody deleted it this moment
                raise
        else:
            return "edited"
    github.send("POST", f"repos/{repository}/issues/{number}/comments", {"body": body})
    return "created"


def _remove(github: GitHub, repository: str, one: Sticky) -> None:
    try:
        github.send("DELETE", f"repos/{repository}/issues/comments/{one.id}", {})
    except GitHubError as error:
        if error.status != 404:  # another job was quicker
            raise


def _same(one: str, other: str) -> bool:
    """GitHub may give line ends back as a browser would send them."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()
