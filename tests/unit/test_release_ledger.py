"""The release room: what may happen to a release, who may do it, and what a dead caller leaves."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mlops_actions.errors import ConfigError, DataError, ReleaseConflictError
from mlops_actions.progress import silent
from mlops_actions.release import FileStore, Ledger, Release, Status, TargetStatus, Track, recover, take_back
from mlops_actions.release.endpoints import read_endpoints, write_endpoints
from mlops_actions.verdict import Decision, Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PASSED = Verdict(decision=Decision.PASS, reason="no_harm", sentence="no harm in 400 requests")
FAILED = Verdict(decision=Decision.FAIL, reason="harm", sentence="failed 12 % of 400 requests")


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class FakeTarget:
    """Remembers what it was told; `canary` and `stable` are what runs."""

    def __init__(self, releases: dict[Track, int] | None = None) -> None:
        self.releases = dict(releases or {})
        self.restored: list[int | None] = []

    def apply(self, release: Release, track: Track) -> None:
        self.releases[track] = release.id

    def set_weight(self, canary_percent: int) -> None:
        raise AssertionError(f"recovery moves no weight by hand ({canary_percent} %)")

    def restore(self, release: Release | None) -> None:
        self.restored.append(release.id if release else None)
        self.releases = {Track.STABLE: release.id} if release else {}

    def status(self) -> TargetStatus:
        return TargetStatus(url="http://127.0.0.1:1", releases=self.releases)

    def explain(self, track: Track) -> list[str]:
        raise AssertionError(f"recovery asks {track} for nothing")


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "releases")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def draft() -> Release:
    return Release(
        id=0,
        model="flights",
        environment="staging",
        version="v1",
        bundle_digest="sha256:" + "a" * 64,
        artifact="oci:image@sha256:" + "b" * 64,
        status=Status.PENDING,
        created=NOON,
        by="ann",
    )


def ledger(store: FileStore, clock: Callable[[], datetime], by: str = "ann") -> Ledger:
    return Ledger(store, by=by, holder=f"{by}'s terminal", lease_seconds=60, now=clock)


def test_first_release_goes_from_pending_over_canary_to_verified(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    release = book.begin(draft())
    assert (release.id, store.read(1).status, store.state().canary, store.state().canary_weight) == (1, "pending", 1, 0)
    release = book.weigh(release, 100)
    assert (store.read(1).status, store.state().canary_weight) == ("canary", 100)
    book.verify(release, verdict=PASSED)
    state = store.state()
    assert (state.stable, state.verified, state.canary, state.canary_weight, state.lease) == (1, 1, None, 0, None)
    record = store.read(1)
    assert record.status is Status.VERIFIED
    assert [event.what for event in record.events] == ["weight 100 %", "promoted"]
    assert record.events[-1].verdict == PASSED


def test_next_release_knows_the_one_to_go_back_to_and_rolls_back_to_it(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    book.verify(book.begin(draft()), verdict=PASSED)
    second = book.weigh(book.begin(draft()), 10)
    assert (second.id, second.previous_verified) == (2, 1)
    book.roll_back(second, verdict=FAILED)
    state = store.state()
    assert (state.stable, state.verified, state.canary, state.canary_weight) == (1, 1, None, 0)
    assert store.read(2).status is Status.ROLLED_BACK
    assert store.read(2).events[-1].by == "ann"


def test_stable_release_rolls_back_to_its_predecessor_and_the_first_has_none(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    first = book.verify(book.begin(draft()), verdict=PASSED)
    second = book.verify(book.begin(draft()), reason="looks good")
    book.roll_back(second, reason="customers complain")
    assert (store.state().stable, store.state().verified) == (1, 1)
    with pytest.raises(ConfigError, match="nothing to go back to"):
        book.roll_back(first, reason="again")


@pytest.mark.parametrize("verdict", [None, FAILED, Verdict(decision=Decision.UNDECIDED, reason="no_data")])
def test_only_a_passing_verdict_or_a_reason_verifies(store: FileStore, clock: Clock, verdict: Verdict | None) -> None:
    book = ledger(store, clock)
    release = book.begin(draft())
    with pytest.raises(ConfigError, match="no passing verdict"):
        book.verify(release, verdict=verdict)
    assert store.state().stable is None
    book.verify(release, verdict=verdict, reason="checked by hand")
    assert store.state().stable == 1
    assert store.read(1).events[-1].reason == "checked by hand"


def test_second_deploy_is_refused_while_the_first_is_on_trial(store: FileStore, clock: Clock) -> None:
    ledger(store, clock).begin(draft())
    with pytest.raises(
        ReleaseConflictError, match="Release 1 is on trial until 12:01:00 UTC, watched by ann's terminal"
    ):
        ledger(store, clock, by="bob").begin(draft())
    assert [release.id for release in store.history()] == [1]


def test_of_two_deploys_at_once_one_wins_and_the_other_is_recorded_as_failed(store: FileStore, clock: Clock) -> None:
    ann, bob = ledger(store, clock), ledger(store, clock, by="bob")
    ann.begin(draft())
    with pytest.raises(ReleaseConflictError, match="changed meanwhile"):
        bob.begin(draft())
    assert store.state().canary == 1
    assert [release.status for release in store.history()] == [Status.FAILED, Status.PENDING]


def test_record_is_never_created_twice(store: FileStore, clock: Clock) -> None:
    release = ledger(store, clock).begin(draft())
    with pytest.raises(ReleaseConflictError, match="written meanwhile"):
        store.create(release)


def test_rollback_refuses_when_somebody_deployed_since(store: FileStore, clock: Clock) -> None:
    ann = ledger(store, clock)
    first = ann.verify(ann.begin(draft()), verdict=PASSED)
    bob = ledger(store, clock, by="bob")
    bob.begin(draft())
    with pytest.raises(ReleaseConflictError, match="changed meanwhile"):
        ann.roll_back(ann.verify(ann.begin(draft()), verdict=PASSED))
    with pytest.raises(ReleaseConflictError, match="not what is there now"):
        ledger(store, clock).roll_back(first, reason="late")
    assert store.state().canary == 2


def test_held_release_gets_no_traffic_keeps_no_lease_and_makes_way_for_the_next(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    book.verify(book.begin(draft()), verdict=PASSED)
    held = book.hold(book.weigh(book.begin(draft()), 10), reason="cannot tell")
    assert (held.status, store.state().canary, store.state().canary_weight, store.state().lease) == ("held", 2, 0, None)
    third = book.begin(draft())
    assert (third.id, third.previous_verified, store.state().canary) == (3, 1, 3)
    assert store.read(2).events[-1].what == "superseded"


def test_held_release_can_still_be_promoted(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    held = book.hold(book.begin(draft()), reason="cannot tell")
    book.verify(held, reason="reviewed")
    assert store.state().stable == 1


def test_renewed_lease_lives_longer_and_an_expired_one_is_seen(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    release = book.begin(draft())
    clock.advance(59)
    assert not book.expired()
    book.renew(release)
    clock.advance(59)
    assert not ledger(store, clock).expired()
    clock.advance(1)
    assert ledger(store, clock).expired()


def test_recovery_restores_the_verified_release_when_the_lease_ran_out(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    book.verify(book.begin(draft()), verdict=PASSED)
    book.weigh(book.begin(draft()), 10)
    target = FakeTarget({Track.STABLE: 1, Track.CANARY: 2})
    clock.advance(60)
    said: list[str] = []
    lost = recover(ledger(store, clock, by="carol"), target, gone=set().__contains__, progress=said.append)
    assert lost is not None
    assert (lost.id, target.restored, store.state().canary, store.state().stable) == (2, [1], None, 1)
    assert store.read(2).status is Status.ROLLED_BACK
    assert store.read(2).events[-1].by == "carol"
    assert "Release 2" in said[0]


def test_recovery_does_not_wait_for_a_holder_known_to_be_dead(store: FileStore, clock: Clock) -> None:
    ledger(store, clock).begin(draft())
    target = FakeTarget({Track.CANARY: 1})
    recover(ledger(store, clock), target, gone={"ann's terminal"}.__contains__, progress=silent)
    assert target.restored == [None]
    assert store.state().canary is None


def test_recovery_leaves_a_watched_and_a_held_release_alone(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    release = book.begin(draft())
    target = FakeTarget({Track.CANARY: 1})
    assert recover(ledger(store, clock), target, gone=set().__contains__, progress=silent) is None
    book.hold(release, reason="cannot tell")
    clock.advance(1000)
    assert recover(ledger(store, clock), target, gone={"ann's terminal"}.__contains__, progress=silent) is None
    assert target.restored == []


def test_recovery_finishes_a_promotion_that_was_cut_short(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    book.verify(book.begin(draft()), verdict=PASSED)
    book.verify(book.begin(draft()), verdict=PASSED)
    target = FakeTarget({Track.STABLE: 1, Track.CANARY: 2})  # killed before the target heard of it
    recover(ledger(store, clock), target, gone=set().__contains__, progress=silent)
    assert target.restored == [2]


def test_state_and_record_that_are_not_ours_are_named(store: FileStore, clock: Clock, tmp_path: Path) -> None:
    ledger(store, clock).begin(draft())
    (tmp_path / "releases" / "000001.json").write_text("{")
    with pytest.raises(DataError, match=r"000001\.json is not a release record"):
        store.read(1)
    (tmp_path / "releases" / "state.json").write_text('{"generation": "x"}')
    with pytest.raises(DataError, match="not a release state"):
        store.state()


def test_endpoints_come_back_as_written_and_nothing_is_nothing(tmp_path: Path) -> None:
    assert read_endpoints(tmp_path) == {}
    urls = {Track.STABLE: ["http://127.0.0.1:1/metrics"], Track.CANARY: ["http://127.0.0.1:2/metrics"]}
    write_endpoints(tmp_path, urls)
    assert read_endpoints(tmp_path) == urls
    (tmp_path / "endpoints.json").write_text('{"elsewhere": []}')
    with pytest.raises(DataError, match="no list of servers"):
        read_endpoints(tmp_path)


def test_interrupted_trial_is_taken_back_whatever_the_caller_had_seen(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    book.verify(book.begin(draft()), verdict=PASSED)
    stale = ledger(store, clock)
    release = book.weigh(book.begin(draft()), 10)
    target = FakeTarget({Track.STABLE: 1, Track.CANARY: 2})
    take_back(stale, target, release, reason="interrupted")
    assert (target.restored, store.state().canary, store.state().stable) == ([1], None, 1)
    assert [event.what for event in store.read(2).events] == ["weight 10 %", "rolled back"]


def test_interrupted_promotion_that_was_recorded_is_finished(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    release = book.verify(book.begin(draft()), verdict=PASSED)
    target = FakeTarget({Track.CANARY: 1})
    take_back(ledger(store, clock), target, release, reason="interrupted")
    assert (target.restored, store.read(1).status) == ([1], Status.VERIFIED)


def test_interrupted_trial_of_somebody_else_is_left_alone(store: FileStore, clock: Clock) -> None:
    book = ledger(store, clock)
    mine = book.roll_back(book.begin(draft()), reason="by hand")
    ledger(store, clock, by="bob").begin(draft())
    target = FakeTarget({Track.CANARY: 2})
    take_back(book, target, mine, reason="interrupted")
    assert (target.restored, store.state().canary) == ([], 2)
