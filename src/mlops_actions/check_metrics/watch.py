"""Looks at a canary until the judge has decided or time is up."""

import time
from collections.abc import Callable
from typing import Protocol

from mlops_actions.check_metrics.judge import Judge
from mlops_actions.check_metrics.look import Look, LookKind, Source
from mlops_actions.errors import ReleaseConflictError
from mlops_actions.progress import Progress
from mlops_actions.release.record import ReleaseState
from mlops_actions.verdict import Decision


class Clock(Protocol):
    """Time, so that tests need none."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The time of this machine."""

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def watch(
    judge: Judge,
    source: Source,
    state: Callable[[], ReleaseState],
    *,
    interval_seconds: float,
    deadline_seconds: float,
    progress: Progress,
    clock: Clock,
) -> list[Look]:
    """Return the looks that were judged, in order.

    A look during which the canary's weight changed is thrown away, and counting starts anew from there.

    Raises:
        ReleaseConflictError: the release on trial is another one now.
    """
    before, looks, end = state(), list[Look](), clock.monotonic() + deadline_seconds
    source.begin(before.canary_weight)
    while judge.verdict().decision is Decision.UNDECIDED and (left := end - clock.monotonic()) > 0:
        clock.sleep(min(interval_seconds, left))
        look, now = source.look(), state()
        _check_same(before, now)
        if now.canary_weight != before.canary_weight:
            progress(f"The canary's weight changed to {now.canary_weight} %: counting anew from here.")
            source.begin(now.canary_weight)
            before = now
            continue
        judge.observe(look)
        looks.append(look)
        unusable = "" if look.kind is LookKind.OK else f"{look.kind}: "
        progress(f"look {len(looks)}: {unusable}{judge.verdict().sentence}")
    return looks


def _check_same(before: ReleaseState, now: ReleaseState) -> None:
    if (before.canary, before.stable) != (now.canary, now.stable):
        raise ReleaseConflictError(
            f"Release {before.canary} is not on trial any more (on trial: {now.canary or 'none'}, stable: {now.stable or 'none'}).",
            why="somebody deployed, promoted or rolled back while it was judged.",
            fix="look at `mlops status`; this judgement says nothing about what runs now.",
        )
