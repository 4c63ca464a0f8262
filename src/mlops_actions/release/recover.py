"""Commit-confirmed: what a dead caller left half done is put right by whoever comes next."""

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
    abandoned = _abandoned(ledger, gone)
    if abandoned is not None:
        progress(f"Release {abandoned.id} was left on trial and nobody watches it: the verified release is restored.")
        ledger.roll_back(abandoned, reason="its lease ran out, or who held it is gone")
    if ledger.state.canary is None and Track.CANARY in target.status().releases:
        target.restore(ledger.release(ledger.state.stable))
    return abandoned


def _abandoned(ledger: Ledger, gone: Callable[[str], bool]) -> Release | None:
    lease = ledger.state.lease
    unwatched = lease is not None and (ledger.expired() or gone(lease.holder))
    return ledger.release(ledger.state.canary) if unwatched else None
