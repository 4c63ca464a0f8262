"""What the tests' GitHub remembers: pull requests, comments, check runs, runs and their artifacts, people."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

APP = "github-actions"


def now() -> str:
    """Return the time as GitHub writes it: UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Pull:
    """A pull request; a fork's has another `head_repository`."""

    number: int
    head: str
    head_branch: str
    head_repository: str
    base: str
    base_branch: str = "main"
    author: str = "developer"
    state: str = "open"
    merged_at: str | None = None
    merge_commit: str | None = None
    updated_at: str = field(default_factory=now)
    files: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Comment:
    """A comment on a pull request; `app` is the slug of the app that wrote it, "" for a person."""

    id: int
    number: int
    body: str
    author: str
    app: str = ""
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)
    reactions: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Check:
    """A check run."""

    id: int
    head: str
    name: str
    app: str
    status: str = "queued"
    conclusion: str | None = None
    completed_at: str | None = None
    external_id: str = ""
    details_url: str = ""
    title: str = ""
    summary: str = ""
    text: str | None = None
    annotations: list[dict[str, object]] = field(default_factory=list)
    suite: int = 1


@dataclass
class Run:
    """A workflow run."""

    id: int
    head: str
    head_branch: str
    head_repository: str
    event: str = "pull_request"
    conclusion: str | None = "success"
    path: str = ".github/workflows/model.yml"


@dataclass
class Artifact:
    """An artifact; its content may be a function that yields pieces, without end if need be."""

    id: int
    run: int
    name: str
    content: bytes | Callable[[], Iterable[bytes]]
    size_in_bytes: int
    expired: bool = False


@dataclass
class State:
    """One repository.

    Attributes:
        parents: of each commit known.
        permissions: of people: admin, maintain, write, triage, read; others have none.
        clock: what time comments are written at.
    """

    repository: str
    clock: Callable[[], str] = now
    default_branch: str = "main"
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    checks: dict[int, Check] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    artifacts: dict[int, Artifact] = field(default_factory=dict)
    parents: dict[str, list[str]] = field(default_factory=dict)
    permissions: dict[str, str] = field(default_factory=dict)
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1001))

    def next_id(self) -> int:
        """Return a number that nothing has yet."""
        return next(self.ids)

    def ancestors(self, sha: str) -> list[str]:
        """Return a commit and all before it, the nearest first."""
        found, left = list[str](), [sha]
        while left:
            commit = left.pop(0)
            if commit not in found:
                found.append(commit)
                left += self.parents.get(commit, [])
        return found
