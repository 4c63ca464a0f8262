"""Releases: what was deployed where, what is verified, who holds the lease. Used by deploy, check-metrics' actors and rollout."""

from mlops_actions.release.ledger import Ledger
from mlops_actions.release.record import Release, ReleaseState, Status
from mlops_actions.release.recover import recover, take_back
from mlops_actions.release.store import FileStore, Store
from mlops_actions.release.target import Target, TargetStatus, Track

__all__ = [
    "FileStore",
    "Ledger",
    "Release",
    "ReleaseState",
    "Status",
    "Store",
    "Target",
    "TargetStatus",
    "Track",
    "recover",
    "take_back",
]
