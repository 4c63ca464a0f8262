"""The one door to an environment's records: every change is checked, compared-and-swapped, then recorded."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from mlops_actions.errors import ReleaseConflictError
from mlops_actions.release import transitions
from mlops_actions.release.record import Event, Lease, Release, ReleaseState, Status
from mlops_actions.release.store import Store
from mlops_actions.release.transitions import Change
from mlops_actions.verdict import Verdict


def utc_now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


class Ledger:
    """Changes one environment, on behalf of somebody.

    It holds the state that it last saw or wrote; whoever else changes the environment meanwhile makes its next change
    fail with ReleaseConflictError, before anything is touched.

    Args:
        store: where records and state are.
        by: who acts; kept in every event.
        holder: who watches a release on trial, for the lease.
        lease_seconds: how long a lease lasts when it is not renewed.
        now: clock.
    """

    def __init__(
        self,
        store: Store,
        *,
        by: str,
        holder: str = "",
        lease_seconds: float = 0,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store, self._by, self._holder, self._now = store, by, holder or by, now
        self._lease_length = timedelta(seconds=lease_seconds)
        self._state = store.state()

    @property
    def state(self) -> ReleaseState:
        """The state as this ledger last saw or wrote it."""
        return self._state

    def refresh(self) -> None:
        """Look again: for whoever has to put things right after an interruption."""
        self._state = self._store.state()

    def release(self, release_id: int | None) -> Release | None:
        """Return the record of a release that the state names."""
        return None if release_id is None else self._store.read(release_id)

    def expired(self) -> bool:
        """Say whether a release is on trial whose lease ran out."""
        return self._state.lease is not None and self._state.lease.expires <= self._now()

    def begin(self, draft: Release) -> Release:
        """Write the record of a new release and put it on trial without traffic; a held one makes way.

        Args:
            draft: the record; id, creation time and predecessor are filled in here.

        Raises:
            ReleaseConflictError: another release is on trial, or another deploy was quicker.
        """
        transitions.begun(self._state, draft, self._lease(draft.id))
        previous = self.release(self._state.canary)
        history = self._store.history()
        release = draft.model_copy(
            update={
                "id": history[0].id + 1 if history else 1,
                "created": self._now(),
                "previous_verified": self._state.verified,
            }
        )
        self._store.create(release)
        try:
            self._swap(transitions.begun(self._state, release, self._lease(release.id)).state)
        except ReleaseConflictError:
            self._note(release, "failed", "another deploy was quicker", Status.FAILED)
            raise
        if previous is not None:
            self._note(previous, "superseded", f"release {release.id} was deployed", Status.ROLLED_BACK)
        return release

    def weigh(self, release: Release, percent: int) -> Release:
        """Record that the release on trial gets this percentage of traffic, and renew its lease."""
        event, lease = self._event(f"weight {percent} %"), self._lease(release.id)
        return self._commit(transitions.weighed(self._state, self._record(release), percent, lease, event))

    def renew(self, release: Release) -> None:
        """Renew the lease of the release on trial."""
        self._swap(transitions.renewed(self._state, release, self._lease(release.id)))

    def verify(self, release: Release, *, verdict: Verdict | None = None, reason: str = "") -> Release:
        """Record that the release on trial serves from now on."""
        event = self._event("promoted", reason, verdict)
        return self._commit(transitions.verified(self._state, self._record(release), event))

    def roll_back(self, release: Release, *, verdict: Verdict | None = None, reason: str = "") -> Release:
        """Record that a release, on trial or stable, is out of service."""
        event = self._event("rolled back", reason, verdict)
        return self._commit(transitions.rolled_back(self._state, self._record(release), event))

    def fail(self, release: Release, reason: str) -> Release:
        """Record that the release on trial never became ready."""
        event = self._event("failed", reason)
        return self._commit(transitions.rolled_back(self._state, self._record(release), event, Status.FAILED))

    def hold(self, release: Release, *, verdict: Verdict | None = None, reason: str = "") -> Release:
        """Record that the release on trial stands without traffic."""
        return self._commit(transitions.held(self._state, self._record(release), self._event("held", reason, verdict)))

    def _record(self, release: Release) -> Release:
        """Read the record again, so that no event is lost that the caller's copy has not seen."""
        return self._store.read(release.id)

    def _commit(self, change: Change) -> Release:
        # The state is the truth, so it goes first: a record without its last event misleads nobody about what serves.
        self._swap(change.state)
        self._store.write(change.release)
        return change.release

    def _swap(self, new: ReleaseState) -> None:
        self._state = self._store.swap(self._state, new)

    def _note(self, release: Release, what: str, reason: str, status: Status) -> None:
        events = [*release.events, self._event(what, reason)]
        self._store.write(release.model_copy(update={"status": status, "events": events}))

    def _lease(self, release_id: int) -> Lease:
        return Lease(release=release_id, holder=self._holder, expires=self._now() + self._lease_length)

    def _event(self, what: str, reason: str = "", verdict: Verdict | None = None) -> Event:
        return Event(at=self._now(), what=what, by=self._by, reason=reason, verdict=verdict)
