"""The event that started the run: its payload, read into types. Nothing in it is trusted to have the right shape."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mlops_actions.errors import ConfigError
from mlops_actions.github.runner import Runner

SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
DEPENDABOT = "dependabot[bot]"


@dataclass(frozen=True)
class PullRequestEvent:
    """A pull request was opened, reopened or pushed to.

    Attributes:
        head: commit at its head when it happened.
        head_repository: "" where the fork was deleted.
        base: commit of the base branch when it happened.
        merge_commit: the merge that GitHub tests; "" where it has not been made (yet).
        before: head before a push; "" otherwise.
    """

    number: int
    head: str
    head_branch: str
    head_repository: str
    base: str
    base_branch: str
    merge_commit: str
    before: str
    repository: str

    @property
    def from_fork(self) -> bool:
        """Whether its code comes from another repository."""
        return self.head_repository != self.repository


@dataclass(frozen=True)
class PushEvent:
    """Commits arrived on a branch or in a merge queue, or somebody started the workflow for one.

    Attributes:
        head: the newest commit.
        before: the newest one before; "" where there is none.
        branch: without refs/heads/.
    """

    head: str
    before: str
    branch: str
    default_branch: str
    repository: str


@dataclass(frozen=True)
class WorkflowRunEvent:
    """Another workflow's run ended (or began: `action`).

    Attributes:
        event: what had started that run.
        path: of that workflow's file.
        conclusion: of the run; "" while it runs.
    """

    action: str
    run: int
    event: str
    path: str
    conclusion: str
    head: str
    head_branch: str
    head_repository: str
    actor: str
    run_url: str
    repository: str


@dataclass(frozen=True)
class IssueCommentEvent:
    """Somebody commented on an issue or a pull request.

    Attributes:
        action: created, edited or deleted.
        created_at: ISO 8601, as GitHub writes it.
        bot: whether an app wrote it.
    """

    action: str
    number: int
    on_pull_request: bool
    comment: int
    body: str
    author: str
    bot: bool
    created_at: str
    url: str
    repository: str


Event = PullRequestEvent | PushEvent | WorkflowRunEvent | IssueCommentEvent


def read_event(runner: Runner) -> Event:
    """Return the event of this run.

    Raises:
        ConfigError: there is none, it is of a kind that we do not know, or its payload is not what GitHub writes.
    """
    reader = READERS.get(runner.event)
    if reader is None or runner.event_path is None:
        raise ConfigError(
            f"The event {runner.event!r} is none that this command knows." if runner.event else "There is no event.",
            why="the command was started outside of GitHub Actions, or by another event.",
            fix=f"run it in a workflow on {', '.join(READERS)}.",
        )
    try:
        payload = json.loads(runner.event_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _malformed(runner.event, type(error).__name__) from None
    return reader(_Payload(runner.event, payload), runner)


def _malformed(event: str, what: str) -> ConfigError:
    return ConfigError(
        f"The payload of the event {event} cannot be used: {what}.",
        why="it is not what GitHub writes: a stand-in for it, or another version of GitHub Enterprise.",
        fix="look at the file that GITHUB_EVENT_PATH names.",
    )


@dataclass(frozen=True)
class _Payload:
    """JSON asked by path; what is missing or of another type is said by its path."""

    event: str
    content: Any

    def at(self, path: str) -> Any:
        value = self.content
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def text(self, path: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self.at(path)
        if not isinstance(value, str) or (pattern and not pattern.fullmatch(value)):
            raise _malformed(self.event, f"{path} is {str(value)[:80]!r}")
        return value

    def text_or_empty(self, path: str, pattern: re.Pattern[str] | None = None) -> str:
        return "" if self.at(path) is None else self.text(path, pattern)

    def number(self, path: str) -> int:
        value = self.at(path)
        if type(value) is not int:
            raise _malformed(self.event, f"{path} is {str(value)[:80]!r}")
        return value

    def repository(self) -> str:
        return self.text("repository.full_name", REPOSITORY)


def _pull_request(payload: _Payload, _: Runner) -> PullRequestEvent:
    return PullRequestEvent(
        number=payload.number("pull_request.number"),
        head=payload.text("pull_request.head.sha", SHA),
        head_branch=payload.text("pull_request.head.ref"),
        head_repository=payload.text_or_empty("pull_request.head.repo.full_name", REPOSITORY),
        base=payload.text("pull_request.base.sha", SHA),
        base_branch=payload.text("pull_request.base.ref"),
        merge_commit=payload.text_or_empty("pull_request.merge_commit_sha", SHA),
        before=payload.text_or_empty("before", SHA),
        repository=payload.repository(),
    )


def _push(payload: _Payload, _: Runner) -> PushEvent:
    before = payload.text("before", SHA)
    head = payload.text("after", SHA)
    if not head.strip("0"):
        raise _malformed("push", "the branch was deleted, so there is no commit to judge")
    return PushEvent(
        head=head,
        before=before if before.strip("0") else "",
        branch=payload.text("ref").removeprefix("refs/heads/"),
        default_branch=payload.text("repository.default_branch"),
        repository=payload.repository(),
    )


def _merge_group(payload: _Payload, _: Runner) -> PushEvent:
    return PushEvent(
        head=payload.text("merge_group.head_sha", SHA),
        before=payload.text("merge_group.base_sha", SHA),
        branch=payload.text("merge_group.head_ref").removeprefix("refs/heads/"),
        default_branch=payload.text("repository.default_branch"),
        repository=payload.repository(),
    )


def _started(payload: _Payload, runner: Runner) -> PushEvent:
    if not SHA.fullmatch(runner.commit):
        raise _malformed(runner.event, f"GITHUB_SHA is {runner.commit[:80]!r}")
    return PushEvent(
        head=runner.commit,
        before="",
        branch=payload.text_or_empty("ref").removeprefix("refs/heads/"),
        default_branch=payload.text("repository.default_branch"),
        repository=payload.repository(),
    )


def _workflow_run(payload: _Payload, _: Runner) -> WorkflowRunEvent:
    return WorkflowRunEvent(
        action=payload.text("action"),
        run=payload.number("workflow_run.id"),
        event=payload.text("workflow_run.event"),
        path=payload.text("workflow_run.path"),
        conclusion=payload.text_or_empty("workflow_run.conclusion"),
        head=payload.text("workflow_run.head_sha", SHA),
        head_branch=payload.text_or_empty("workflow_run.head_branch"),
        head_repository=payload.text_or_empty("workflow_run.head_repository.full_name", REPOSITORY),
        actor=payload.text_or_empty("workflow_run.actor.login"),
        run_url=payload.text_or_empty("workflow_run.html_url"),
        repository=payload.repository(),
    )


def _issue_comment(payload: _Payload, _: Runner) -> IssueCommentEvent:
    return IssueCommentEvent(
        action=payload.text("action"),
        number=payload.number("issue.number"),
        on_pull_request=isinstance(payload.at("issue.pull_request"), dict),
        comment=payload.number("comment.id"),
        body=payload.text("comment.body"),
        author=payload.text("comment.user.login"),
        bot=payload.text("comment.user.type") == "Bot",
        created_at=payload.text("comment.created_at"),
        url=payload.text("comment.html_url"),
        repository=payload.repository(),
    )


READERS: dict[str, Callable[[_Payload, Runner], Event]] = {
    "pull_request": _pull_request,
    "pull_request_target": _pull_request,
    "push": _push,
    "merge_group": _merge_group,
    "workflow_dispatch": _started,
    "schedule": _started,
    "workflow_run": _workflow_run,
    "issue_comment": _issue_comment,
}
