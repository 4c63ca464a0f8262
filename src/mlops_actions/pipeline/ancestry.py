"""Which commit a pull request is compared with, and the history it takes to know.

Like is compared with like: if the merge commit was tested, its first parent is the base; if the head itself was, the merge-base.
Mixed up, the pull request would be charged with other people's commits.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_actions.errors import ConfigError, OutsideError
from mlops_actions.progress import Progress
from mlops_actions.report.plan import BaseKind
from mlops_actions.repository import FULL_HASH, Repository

FIRST_STEP, LAST_STEP = 32, 4096


@dataclass(frozen=True)
class PullRequest:
    """What is known of a pull request before its commits are looked at.

    Attributes:
        head: commit at its head, full or abbreviated.
        onto: commits or branches it goes to, the first that can be had counts; may be empty where its merge is tested.
    """

    head: str
    onto: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """The commits of one run: see `report/plan.py`."""

    head: str
    tested: str
    base: str
    kind: BaseKind


def compared(repository: Repository, pull: PullRequest | None, progress: Progress) -> Compared:
    """Find the base; fetch what a shallow clone lacks.

    Args:
        repository: the checkout; HEAD is what is tested.
        pull: None for a push, and wherever the tested commit is compared with its own parent.
        progress: told what is fetched.

    Raises:
        ConfigError: HEAD is neither the head nor its merge, or the base is not known or shares no history.
        OutsideError: the history that is lacking could not be fetched.
    """
    tested = repository.commit("HEAD")
    if not tested:
        raise ConfigError("This repository has no commit yet.", fix="commit mlops.yaml and the data first.")
    history = History(repository, progress)
    if pull is None:
        return _pushed(history, tested)
    head = repository.commit(pull.head) or pull.head
    if head == tested:
        return Compared(head, tested, history.merge_base(head, pull.onto), "merge_base")
    return Compared(head, tested, history.first_parent(tested, head), "first_parent")


def _pushed(history: "History", tested: str) -> Compared:
    base = history.parent(tested)
    return Compared(tested, tested, base, "parent" if base else "none")


class History:
    """Commits and their ancestors, fetched as they are needed."""

    def __init__(self, repository: Repository, progress: Progress) -> None:
        self._repository, self._progress = repository, progress

    def parent(self, tested: str) -> str:
        """Return the first parent; "" for a first commit."""
        parents = self._repository.parents(tested)
        if not parents:
            self._progress("This is the first commit: there is nothing to compare with.")
            return ""
        return self._bring(parents[0], fetch_depth=2)

    def first_parent(self, merge: str, head: str) -> str:
        """Return the first parent of the merge commit that GitHub makes of a base and a head.

        Raises:
            ConfigError: it is another commit.
        """
        parents = self._repository.parents(merge)
        if len(parents) > 2 and head in parents:
            raise ConfigError(
                f"HEAD ({merge[:12]}) merges {len(parents)} commits at once (an octopus merge), so none of them is the base.",
                fix="check out refs/pull/NUMBER/merge, or the head of the pull request.",
            )
        if parents[1:] != [head]:
            raise ConfigError(
                f"HEAD ({merge[:12]}) is neither the head of the pull request ({head[:12]}) nor GitHub's merge of it.",
                why="another commit was checked out, something was committed on top, or pull_request_target checked out the base.",
                fix="check out the default of `on: pull_request`, or the head of the pull request.",
            )
        return self._bring(parents[0], fetch_depth=2)

    def merge_base(self, head: str, onto: tuple[str, ...]) -> str:
        """Return the commit that the head and the branch it goes to have in common.

        Raises:
            ConfigError: the branch is not named, or has no commit in common with the head.
        """
        target = self._bring(self._target(onto), fetch_depth=0)
        step = FIRST_STEP
        while not (found := self._repository.merge_base(head, target)) and self._repository.shallow():
            how_far = f"--deepen={step}" if step <= LAST_STEP else "--unshallow"
            self._fetch(how_far, head, target, fetch_depth=0)
            step *= 2
        if not found:
            raise ConfigError(
                f"The head ({head[:12]}) and its base ({target[:12]}) have no commit in common.",
                why="one of the branches was begun anew, or its history was rewritten (a force-push).",
                fix="rebase the pull request on its base branch.",
            )
        return found

    def _target(self, onto: tuple[str, ...]) -> str:
        """Return the first of some commits and branches that is here or at the remote."""
        unreachable: OutsideError | None = None
        for name in onto:
            try:
                if found := self._local(name) or self._at_remote(name):
                    return found
            except OutsideError as error:  # a base that was force-pushed away; its branch comes next
                self._progress(error.what)
                unreachable = error
        raise unreachable or _unknown(onto)

    def _local(self, name: str) -> str:
        tracked = f"refs/remotes/{self._repository.remote()}/{name}"
        return self._repository.commit(tracked) or self._repository.commit(name)

    def _at_remote(self, name: str) -> str:
        if FULL_HASH.fullmatch(name):
            self._fetch(self._one(), name, fetch_depth=0)
            return name
        if not self._repository.remote() and not self._repository.shallow():
            return ""  # all there is is here
        with self._advised(fetch_depth=0):
            return self._repository.remote_branch(name)

    def _bring(self, commit: str, *, fetch_depth: int) -> str:
        """Return a commit after making sure that its content is here."""
        if not self._repository.commit(commit):
            self._fetch(self._one(), commit, fetch_depth=fetch_depth)
        return commit

    def _one(self) -> str:
        # In a whole clone --depth would cut the history off that is there.
        return "--depth=1" if self._repository.shallow() else "--no-tags"

    def _fetch(self, how_far: str, *commits: str, fetch_depth: int) -> None:
        self._progress(f"Fetching {' and '.join(commit[:12] for commit in commits)} ({how_far.removeprefix('--')}).")
        with self._advised(fetch_depth=fetch_depth):
            self._repository.fetch(how_far, *commits)

    @contextlib.contextmanager
    def _advised(self, *, fetch_depth: int) -> Iterator[None]:
        """Say of what cannot be fetched which depth the checkout should have had."""
        advice = f"set `fetch-depth: {fetch_depth}` on actions/checkout, which has the right to fetch."
        lacking = "The checkout lacks the history that says what to compare with"
        if not self._repository.remote():
            raise OutsideError(f"{lacking}, and has no remote to fetch it from.", fix=advice)
        try:
            yield
        except OutsideError as error:
            raise OutsideError(
                f"{lacking}. {error.what}",
                why="with `persist-credentials: false` a private repository cannot be fetched from here; or the commit was force-pushed away.",
                fix=advice,
            ) from None


def _unknown(onto: tuple[str, ...]) -> ConfigError:
    if not onto:
        return ConfigError(
            "HEAD is the head itself, and the branch it goes to is not known.",
            why="there is no event of a pull request here.",
            fix="name it with --base, such as `--base main`.",
        )
    return ConfigError(
        f"There is no branch or commit {' or '.join(map(repr, onto))}, here or at the remote.",
        why="it was deleted or renamed.",
        fix="name another with --base, such as `--base main`.",
    )
