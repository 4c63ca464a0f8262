"""The one comment on a pull request: found again, edited in place, never written for a commit that is no longer the head.

A comment is ours if its first line is our marker and nothing else, and workflows wrote it. A person who quotes us has neither;
another bot that repeats us has not the second.
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
MOST_CHARACTERS = 65_536
Done = Literal["created", "edited", "unchanged", "stale"]


@dataclass(frozen=True)
class Sticky:
    """Our comment as it stands.

    Attributes:
        head: commit that it is about.
    """

    id: int
    body: str
    head: str


def marker(head: str) -> str:
    """Return the first line of our comment about a commit; nobody sees it."""
    return f"<!-- mlops-actions {head} -->"


def stickies(github: GitHub, repository: str, number: int) -> list[Sticky]:
    """Return our comments on a pull request, all pages read, oldest first; more than one is the fruit of a race."""
    comments = github.pages(f"repos/{repository}/issues/{number}/comments")
    found = [Sticky(comment["id"], comment["body"], head) for comment in comments if (head := _ours(comment))]
    return sorted(found, key=lambda one: one.id)


def _ours(comment: Any) -> str:
    """Return the commit that a comment of ours is about; "" if it is not ours."""
    author = comment["user"] or {}
    if author.get("type") != "Bot" or author.get("login") != f"{APP}[bot]":
        return ""
    lines = (comment["body"] or "").splitlines()
    found = MARKER.fullmatch(lines[0].rstrip()) if lines else None
    return found[1] if found else ""


def upsert(github: GitHub, repository: str, number: int, body: str, *, head: str, progress: Progress) -> Done:
    """Write our comment: the oldest of ours is edited, later ones are removed, without one it is made.

    Just before writing the head is read again: if it has moved, nothing is written, since another run tells about it.
    A body that is there already is not sent again.

    Args:
        github: a client whose token may write pull requests.
        repository: OWNER/NAME.
        number: of the pull request; closed ones are written to as well.
        body: Markdown that begins with `marker(head)`.
        head: commit that the body is about.
        progress: told when nothing is written.

    Raises:
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    if len(body) > MOST_CHARACTERS or not body.startswith(marker(head)):
        raise ValueError("not a body of ours")
    return github.again(lambda: _upsert(github, repository, number, body, head=head, progress=progress))


def _upsert(github: GitHub, repository: str, number: int, body: str, *, head: str, progress: Progress) -> Done:
    first, *later = [*stickies(github, repository, number), None]
    now = read_pull(github, repository, number).head
    if now != head:
        progress(f"Pull request {number} is at {now[:12]} now: nothing is said about {head[:12]}.")
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
            github.send("PATCH", f"repos/{repository}/issues/comments/{first.id}", {"body": body})
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
