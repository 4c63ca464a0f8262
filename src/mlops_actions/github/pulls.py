"""Pull requests, as far as we look at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops_actions.github.client import GitHub


@dataclass(frozen=True)
class Pull:
    """A pull request now.

    Attributes:
        state: open or closed; merged ones are closed.
        head: commit at its head now.
        head_repository: "" where the fork was deleted.
        base: commit of the base branch when the head was last pushed.
        updated_at: ISO 8601, as GitHub writes it.
    """

    number: int
    state: str
    merged: bool
    head: str
    head_branch: str
    head_repository: str
    base: str
    base_branch: str
    author: str
    updated_at: str


def read_pull(github: GitHub, repository: str, number: int) -> Pull:
    """Return a pull request.

    Raises:
        GitHubError: there is none of this number, or GitHub refused or did not answer.
    """
    return _pull(github.get(f"repos/{repository}/pulls/{number}"))


def pulls_of_commit(github: GitHub, repository: str, sha: str) -> list[Pull]:
    """Return the pull requests that brought or hold a commit."""
    return [_pull(one) for one in github.pages(f"repos/{repository}/commits/{sha}/pulls")]


def pulls_with_head(github: GitHub, repository: str, *, owner: str, branch: str) -> list[Pull]:
    """Return the pull requests, open and closed, from a branch of an owner's fork (or of the repository itself)."""
    query = {"state": "all", "head": f"{owner}:{branch}"}
    return [_pull(one) for one in github.pages(f"repos/{repository}/pulls", query)]


def changed_files(github: GitHub, repository: str, number: int) -> set[str]:
    """Return the paths that a pull request adds, changes or removes, names before a renaming among them; 3,000 at most."""
    files = list(github.pages(f"repos/{repository}/pulls/{number}/files"))
    return {path for one in files for path in (one["filename"], one.get("previous_filename")) if path}


def pulls_updated_since(github: GitHub, repository: str, moment: str) -> Iterator[Pull]:
    """Yield the pull requests that changed since an ISO 8601 moment in UTC, the latest first."""
    query = {"state": "all", "sort": "updated", "direction": "desc"}
    for one in github.pages(f"repos/{repository}/pulls", query):
        pull = _pull(one)
        if pull.updated_at < moment:
            return
        yield pull


def _pull(content: dict[str, Any]) -> Pull:
    head = content["head"]
    return Pull(
        number=content["number"],
        state=content["state"],
        merged=content["merged_at"] is not None,
        head=head["sha"],
        head_branch=head["ref"],
        head_repository=head["repo"]["full_name"] if head["repo"] else "",
        base=content["base"]["sha"],
        base_branch=content["base"]["ref"],
        author=content["user"]["login"] if content["user"] else "",
        updated_at=content["updated_at"],
    )
