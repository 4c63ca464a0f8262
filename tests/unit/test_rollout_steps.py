"""The rollout: what is promoted, rolled back, held; who keeps the lease; what an interruption leaves. No servers, no time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from mlops_actions.check_metrics.look import Arm, Look, LookKind, Source
from mlops_actions.check_metrics.verdict_file import read_verdict
from mlops_actions.config import Config, load
from mlops_actions.deploy.images import Images
from mlops_actions.deploy.site import Site
from mlops_actions.errors import OutsideError, ReleaseConflictError
from mlops_actions.pipeline.rollout import Outcome, roll_out
from mlops_actions.pipeline.steps import Step
from mlops_actions.progress import silent
from mlops_actions.release import FileStore, Ledger, Release, ReleaseState, Status, TargetStatus, Track
from mlops_actions.verdict import Decision

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HEALTHY, HARMFUL, IDLE = 0.0, 0.5, None
Rates = Callable[[int], float | None]


@dataclass
class World:
    """A clock, a target and a source in one: what was done in which order is in `done`."""

    rates: Rates = lambda _: HEALTHY
    done: list[str] = field(default_factory=list)
    releases: dict[Track, int] = field(default_factory=dict)
    seconds: float = 0.0
    weight: int = 0
    on_look: Callable[[int], object] = int
    looks: int = 0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    def apply(self, release: Release, track: Track) -> None:
        self.releases[track] = release.id

    def set_weight(self, canary_percent: int) -> None:
        self.done.append(f"weight {canary_percent}")
        self.weight = canary_percent

    def restore(self, release: Release | None) -> None:
        self.done.append(f"restore {release.id if release else None}")
        self.releases = {Track.STABLE: release.id} if release else {}

    def status(self) -> TargetStatus:
        return TargetStatus(url="http://127.0.0.1:1", releases=self.releases, canary_weight=self.weight)

    def begin(self, canary_weight: int) -> None:
        self.done.append(f"count from weight {canary_weight}")
        self.begun = self.seconds

    def look(self) -> Look:
        self.looks += 1
        self.on_look(self.looks)
        start, self.begun = self.begun, self.seconds
        rate = self.rates(self.weight)
        canary, stable = (1000, 1000) if rate is not None else (0, 1000)
        return Look(
            kind=LookKind.OK,
            start=start,
            end=self.seconds,
            canary_weight=self.weight,
            canary=Arm(requests=canary, errors=int(canary * (rate or 0))),
            stable=Arm(requests=stable, errors=0) if Track.STABLE in self.releases else None,
        )


def config(tmp_path: Path, **sections: object) -> Config:
    content = {"model": "flights", "deploy": {"step_seconds": 100, "lease_seconds": 40}, **sections}
    (tmp_path / "mlops.yaml").write_text("\n".join(f"{key}: {value}" for key, value in content.items()))
    return load(tmp_path)


@pytest.fixture
def world() -> World:
    return World()


class Rollout:
    """An environment with a release on trial; `stable` says whether one serves already."""

    def __init__(self, tmp_path: Path, world: World, *, stable: bool = True) -> None:
        self.world, self.store, self.folder = world, FileStore(tmp_path / "releases"), tmp_path
        if stable:
            first = self.ledger().begin(self.draft())
            self.ledger().verify(first, reason="the first")
            world.releases[Track.STABLE] = 1
        ledger = self.ledger()
        self.release = ledger.begin(self.draft())
        world.releases[Track.CANARY] = self.release.id
        self.site = Site(self.store, ledger, world, cast("Images", None))

    def ledger(self) -> Ledger:
        return Ledger(self.store, by="ann", lease_seconds=40, now=self.world.now)

    def draft(self) -> Release:
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

    def run(self, **sections: object) -> tuple[list[Step], Outcome]:
        return roll_out(
            config(self.folder, **sections),
            self.site,
            self.release,
            progress=silent,
            clock=self.world,
            sources=self.source,
        )

    def source(self, _: Config, state: ReleaseState, __: Callable[[], Mapping[Track, list[str]]]) -> Source:
        assert state.canary == self.release.id
        return self.world


def test_healthy_release_climbs_and_is_promoted(tmp_path: Path, world: World) -> None:
    rollout = Rollout(tmp_path, world)
    steps, outcome = rollout.run()
    assert [(step.weight, step.verdict.decision) for step in steps] == [(10, Decision.PASS), (50, Decision.PASS)]
    assert (outcome.decision, outcome.done) == (Decision.PASS, "promoted")
    assert world.done == ["weight 10", "count from weight 10", "weight 50", "count from weight 50", "restore 2"]
    state = rollout.store.state()
    assert (state.stable, state.verified, state.canary, state.lease) == (2, 2, None, None)
    record = rollout.store.read(2)
    assert [event.what for event in record.events] == ["weight 10 %", "weight 50 %", "promoted"]
    assert record.events[-1].verdict == steps[-1].verdict


def test_first_release_gets_everything_at_once(tmp_path: Path, world: World) -> None:
    steps, outcome = Rollout(tmp_path, world, stable=False).run()
    assert ([step.weight for step in steps], outcome.done) == ([100], "promoted")
    assert steps[0].total(Track.CANARY).requests >= 1000
    assert steps[0].total(Track.STABLE).requests == 0


def test_harmful_release_is_rolled_back_at_its_first_step(tmp_path: Path, world: World) -> None:
    world.rates = lambda _: HARMFUL
    rollout = Rollout(tmp_path, world)
    steps, outcome = rollout.run()
    assert ([step.weight for step in steps], outcome.decision, outcome.done) == ([10], Decision.FAIL, "rolled_back")
    assert "release 1 serves all traffic" in outcome.sentence
    assert "failed 50 % of 1,000 requests" in outcome.sentence
    assert world.done[-1] == "restore 1"
    assert rollout.store.state().stable == 1
    assert rollout.store.read(2).status is Status.ROLLED_BACK
    file = read_verdict(tmp_path / ".mlops" / "flights" / "verdict.json")
    assert (file.decision, file.subject.release, file.subject.stable) == (Decision.FAIL, 2, 1)


def test_harm_that_begins_under_load_is_found_there(tmp_path: Path, world: World) -> None:
    world.rates = lambda weight: HARMFUL if weight == 50 else HEALTHY
    steps, outcome = Rollout(tmp_path, world).run()
    assert [step.verdict.decision for step in steps] == [Decision.PASS, Decision.FAIL]
    assert outcome.done == "rolled_back"


def test_harmful_first_release_leaves_nothing_serving(tmp_path: Path, world: World) -> None:
    world.rates = lambda _: HARMFUL
    rollout = Rollout(tmp_path, world, stable=False)
    _, outcome = rollout.run()
    assert "nothing serves" in outcome.sentence
    assert (world.done[-1], rollout.store.state().stable) == ("restore None", None)


@pytest.mark.parametrize(
    ("policy", "done", "last", "status"),
    [
        ("hold", "held", "weight 0", Status.HELD),
        ("promote", "promoted", "restore 2", Status.VERIFIED),
        ("rollback", "rolled_back", "restore 1", Status.ROLLED_BACK),
    ],
)
def test_undecided_release_is_treated_as_asked(
    tmp_path: Path, policy: str, done: str, last: str, status: Status
) -> None:
    world = World(rates=lambda _: IDLE)
    rollout = Rollout(tmp_path, world)
    deploy = {"step_seconds": 100, "lease_seconds": 40, "on_undecided": policy}
    steps, outcome = rollout.run(deploy=deploy)
    assert ([step.weight for step in steps], steps[0].verdict.reason) == ([10], "no_traffic")
    assert (outcome.decision, outcome.done, world.done[-1]) == (Decision.UNDECIDED, done, last)
    assert rollout.store.read(2).status is status
    assert world.seconds == 100


def test_observed_judge_is_asked_and_not_obeyed(tmp_path: Path, world: World) -> None:
    world.rates = lambda _: HARMFUL
    rollout = Rollout(tmp_path, world)
    steps, outcome = rollout.run(enforce="false")
    assert [step.verdict.decision for step in steps] == [Decision.FAIL, Decision.FAIL]
    assert (outcome.decision, outcome.done) == (Decision.FAIL, "promoted")
    assert "observe mode" in rollout.store.read(2).events[-1].reason


def test_server_that_ended_fails_without_waiting_for_evidence(tmp_path: Path, world: World) -> None:
    world.rates = lambda _: IDLE
    world.on_look = lambda _: world.releases.pop(Track.CANARY, None)
    steps, outcome = Rollout(tmp_path, world).run()
    assert (steps[0].verdict.reason, outcome.done, world.seconds) == ("not_running", "rolled_back", 15)


def test_lease_is_renewed_for_as_long_as_the_rollout_watches(tmp_path: Path, world: World) -> None:
    world.rates = lambda _: IDLE
    rollout = Rollout(tmp_path, world)
    left = list[float]()

    def note(_: int) -> None:
        lease = rollout.store.state().lease
        assert lease is not None
        left.append((lease.expires - world.now()).total_seconds())

    world.on_look = note
    rollout.run()
    assert len(left) == 7
    assert min(left) >= 40 - 15


def test_somebody_elses_rollback_ends_the_rollout_and_is_not_undone(tmp_path: Path, world: World) -> None:
    world.rates = lambda _: IDLE
    rollout = Rollout(tmp_path, world)
    world.on_look = lambda number: rollout.ledger().roll_back(rollout.release, reason="me") if number == 2 else None
    with pytest.raises(ReleaseConflictError, match="changed meanwhile"):
        rollout.run()
    assert [word for word in world.done if word.startswith("restore")] == []
    assert rollout.store.read(2).events[-1].reason == "me"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OutsideError("The disk is full."), RuntimeError("a bug")])
def test_any_trouble_gives_the_traffic_back_and_is_recorded(tmp_path: Path, world: World, error: BaseException) -> None:
    rollout = Rollout(tmp_path, world)

    def fail(_: int) -> None:
        raise error

    world.on_look = fail
    with pytest.raises(type(error)):
        rollout.run()
    assert world.done[-1] == "restore 1"
    assert (rollout.store.state().stable, rollout.store.state().canary) == (1, None)
    record = rollout.store.read(2)
    assert record.status is Status.ROLLED_BACK
    assert ("The disk is full." if isinstance(error, OutsideError) else "interrupted") in record.events[-1].reason


def test_interruption_within_the_promotion_finishes_it(tmp_path: Path, world: World) -> None:
    rollout = Rollout(tmp_path, world)
    restore, calls = world.restore, iter([KeyboardInterrupt(), None])

    def interrupted(release: Release | None) -> None:
        trouble = next(calls)
        if trouble:
            raise trouble
        restore(release)

    world.restore = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        rollout.run()
    assert (rollout.store.state().stable, world.releases) == (2, {Track.STABLE: 2})


def test_steps_share_alpha_so_that_the_whole_rollout_keeps_it(tmp_path: Path, world: World) -> None:
    Rollout(tmp_path, world).run()
    file = read_verdict(tmp_path / ".mlops" / "flights" / "verdict.json")
    assert file.settings.alpha == pytest.approx(0.01 / 2)
