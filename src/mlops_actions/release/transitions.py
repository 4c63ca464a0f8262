"""What may happen to a release: pure functions from a state and a record to the next ones. Nothing is written here."""

from dataclasses import dataclass

from mlops_actions.errors import ConfigError, ReleaseConflictError
from mlops_actions.release.record import Event, Lease, Release, ReleaseState, Status
from mlops_actions.verdict import Decision


@dataclass(frozen=True)
class Change:
    """The state and the record as they are to be after the change."""

    state: ReleaseState
    release: Release


def begun(state: ReleaseState, release: Release, lease: Lease) -> Change:
    """Put a release on trial, without traffic yet.

    Raises:
        ReleaseConflictError: another release is on trial and somebody watches it.
    """
    if state.canary is not None and state.lease is not None:
        raise ReleaseConflictError(
            f"Release {state.canary} is on trial until {state.lease.expires:%H:%M:%S} UTC, watched by {state.lease.holder}.",
            why="two deploys of the same environment run at once.",
            fix="wait for it, or decide it with `mlops promote` or `mlops rollback`.",
        )
    trial = state.model_copy(update={"canary": release.id, "canary_weight": 0, "lease": lease})
    return Change(trial, release)


def weighed(state: ReleaseState, release: Release, percent: int, lease: Lease, event: Event) -> Change:
    """Give the release on trial this percentage of traffic."""
    _check_on_trial(state, release)
    after = state.model_copy(update={"canary_weight": percent, "lease": lease})
    return Change(after, _with(release, event, Status.CANARY))


def renewed(state: ReleaseState, release: Release, lease: Lease) -> ReleaseState:
    """Watch the release on trial a while longer."""
    _check_on_trial(state, release)
    return state.model_copy(update={"lease": lease})


def verified(state: ReleaseState, release: Release, event: Event) -> Change:
    """Make the release on trial the one that serves, and that later rollbacks return to.

    Raises:
        ConfigError: neither a passing verdict nor a person's reason.
        ReleaseConflictError: the release is not on trial (any more).
    """
    _check_on_trial(state, release)
    passed = event.verdict is not None and event.verdict.decision is Decision.PASS
    if not passed and not event.reason:
        raise ConfigError(
            f"Release {release.id} has no passing verdict.",
            why="the judge said fail or undecided, or was not asked.",
            fix="give a verdict that passes, or say why with --reason; it is kept in the record.",
        )
    after = state.model_copy(
        update={"stable": release.id, "verified": release.id, "canary": None, "canary_weight": 0, "lease": None}
    )
    return Change(after, _with(release, event, Status.VERIFIED))


def rolled_back(state: ReleaseState, release: Release, event: Event, status: Status = Status.ROLLED_BACK) -> Change:
    """Take a release out of service: one on trial, or the stable one, whose place its predecessor takes.

    Raises:
        ReleaseConflictError: the release neither serves nor is on trial: somebody deployed since.
    """
    if state.canary == release.id:
        after = state.model_copy(update={"canary": None, "canary_weight": 0, "lease": None})
    elif state.stable == release.id and state.canary is None:
        _check_predecessor(release)
        after = state.model_copy(update={"stable": release.previous_verified, "verified": release.previous_verified})
    else:
        raise _conflict(state, release)
    return Change(after, _with(release, event, status))


def held(state: ReleaseState, release: Release, event: Event) -> Change:
    """Take all traffic from the release on trial and leave it standing: unproven, nobody blamed."""
    _check_on_trial(state, release)
    after = state.model_copy(update={"canary_weight": 0, "lease": None})
    return Change(after, _with(release, event, Status.HELD))


def _with(release: Release, event: Event, status: Status) -> Release:
    return release.model_copy(update={"status": status, "events": [*release.events, event]})


def _check_on_trial(state: ReleaseState, release: Release) -> None:
    if state.canary != release.id:
        raise _conflict(state, release)


def _check_predecessor(release: Release) -> None:
    if release.previous_verified is None:
        raise ConfigError(
            f"Release {release.id} is the first one here: there is nothing to go back to.",
            fix="deploy another release, or stop this one with `mlops down`.",
        )


def _conflict(state: ReleaseState, release: Release) -> ReleaseConflictError:
    return ReleaseConflictError(
        f"Release {release.id} is not what is there now (on trial: {state.canary or 'none'}, stable: {state.stable or 'none'}).",
        why="somebody deployed, promoted or rolled back since.",
        fix="look at `mlops status`, then decide again; nothing was changed.",
    )
