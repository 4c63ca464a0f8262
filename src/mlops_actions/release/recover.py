"""Commit-confirmed: what a dead or interrupted caller left half done is put right."""

from collections.abc import Callable

from mlops_actions.progress import Progress
from mlops_actions.release.ledger import Ledger
from mlops_actions.release.record import Release
from mlops_actions.release.target import Target, Track


def recover(ledger: Ledger, target: Target, *, gone: Callable[[str], bool], progress: Progress) -> Release | None:
    """Restore the verified release if the lease of the one on trial ran out, and finish a change that was cut short.

    Args:
        ledger: the environment.
        target: where it runs.
        gone: says of a lease's holder whether it is known to be dead, so that its lease need not run out first.
        progress: told what was put right.

    Returns:
        the release that was taken out of service; None if all was well.
    """
    lease = ledger.state.lease
    unwatched = lease is not None and (ledger.expired() or gone(lease.holder))
    abandoned = ledger.release(ledger.state.canary) if unwatched else None
    if abandoned is not None:
        progress(f"Release {abandoned.id} was left on trial and nobody watches it: the verified release is restored.")
        ledger.roll_back(abandoned, reason="its lease ran out, or who held it is gone")
    settle(ledger, target)
    return abandoned


def take_back(ledger: Ledger, target: Target, release: Release, *, reason: str, failed: bool = False) -> None:
    """Undo a trial that was interrupted at any point; a promotion that was already recorded is finished instead.

    Args:
        ledger: the environment.
        target: where it runs.
        release: the release on trial.
        reason: kept in the record.
        failed: it never became ready.
    """
    ledger.refresh()
    if ledger.state.canary == release.id:
        (ledger.fail if failed else ledger.roll_back)(release, reason=reason)
    settle(ledger, target)


def settle(ledger: Ledger, target: Target) -> None:
    """Make the target follow the state: where nothing is on trial, no canary runs."""
    if ledger.state.canary is None and Track.CANARY in target.status().releases:
        target.restore(ledger.release(ledger.state.stable))
