"""The rollout: what is promoted, rolled back, held; who keeps the lease; what an interruption leaves. No servers, no time."""

from pathlib import Path

import pytest

from mlops_actions.check_metrics.verdict_file import read_verdict
from mlops_actions.errors import OutsideError, ReleaseConflictError
from mlops_actions.release import Release, Status, Track
from mlops_actions.verdict import Decision
from support.rollouts import HARMFUL, HEALTHY, IDLE, Rollout, World


@pytest.fixture
def world() -> World:
    return World()


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


def test_canary_says_why_it_failed_before_it_is_taken_away(tmp_path: Path, world: World) -> None:
    world.rates, world.words = (
        lambda _: HARMFUL,
        ["8+ times 422: Row 0\nhas no column 'x'", "1 times 500: The model failed."],
    )
    rollout = Rollout(tmp_path, world)
    _, outcome = rollout.run()
    assert rollout.said[1].startswith("10 %: look 1: Harm: the canary")
    words = "The canary's own words: 8+ times 422: Row 0 has no column 'x'; 1 times 500: The model failed."
    assert outcome.sentence.endswith(words)
    assert rollout.said[-1] == words
    assert world.done[-2:] == ["explain", "restore 1"]


def test_canary_that_passes_is_not_asked_for_words(tmp_path: Path, world: World) -> None:
    Rollout(tmp_path, world).run()
    assert "explain" not in world.done


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyboardInterrupt(), "interrupted"),
        (OutsideError("The disk is full."), "The disk is full."),
        (RuntimeError("a bug"), "interrupted by RuntimeError: a bug"),
    ],
)
def test_any_trouble_gives_the_traffic_back_and_is_recorded(
    tmp_path: Path, world: World, error: BaseException, said: str
) -> None:
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
    assert record.events[-1].reason == said


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
