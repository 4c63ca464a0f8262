"""Watching until decided, verdict.json, and judging it again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_actions.check_metrics.judge import Judge
from mlops_actions.check_metrics.look import Arm, Look, LookKind
from mlops_actions.check_metrics.sources import arms_of, open_source
from mlops_actions.check_metrics.verdict_file import Subject, judged, read_verdict, replay, write_verdict
from mlops_actions.check_metrics.watch import watch
from mlops_actions.config import Config
from mlops_actions.config.models import CheckMetricsSection
from mlops_actions.errors import ConfigError, DataError, ReleaseConflictError
from mlops_actions.progress import silent
from mlops_actions.release.record import ReleaseState
from mlops_actions.release.target import Track
from mlops_actions.verdict import Decision

RULES = CheckMetricsSection()
TRIAL = ReleaseState(stable=1, canary=2, canary_weight=10)
HEALTHY, HARMFUL = (
    (Arm(requests=300, errors=6), Arm(requests=2700, errors=54)),
    (
        Arm(requests=300, errors=60),
        Arm(requests=2700, errors=54),
    ),
)


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


class FakeSource:
    """Gives the same counts in every look, and remembers the weights it was begun with."""

    def __init__(self, clock: FakeClock, arms: tuple[Arm, Arm] | None) -> None:
        self._clock, self._arms = clock, arms
        self.weights: list[int] = []
        self._start = 0.0

    def begin(self, canary_weight: int) -> None:
        self.weights.append(canary_weight)
        self._start = self._clock.now

    def look(self) -> Look:
        start, self._start = self._start, self._clock.now
        kind = LookKind.OK if self._arms else LookKind.EMPTY
        canary, stable = self._arms or (None, None)
        return Look(
            kind=kind, start=start, end=self._clock.now, canary_weight=self.weights[-1], canary=canary, stable=stable
        )


def watched(
    arms: tuple[Arm, Arm] | None, state: Callable[[FakeClock], ReleaseState] = lambda _: TRIAL
) -> tuple[Judge, list[Look], FakeSource, FakeClock]:
    clock, judge = FakeClock(), Judge(RULES, has_stable=True)
    source = FakeSource(clock, arms)
    looks = watch(
        judge,
        source,
        lambda: state(clock),
        interval_seconds=15,
        deadline_seconds=100,
        progress=silent,
        clock=clock,
    )
    return judge, looks, source, clock


def test_watching_stops_at_the_decision() -> None:
    judge, looks, _, clock = watched(HARMFUL)
    assert judge.verdict().reason == "harm"
    assert (len(looks), clock.now) == (1, 15)


def test_watching_stops_at_the_deadline() -> None:
    judge, looks, _, clock = watched(None)
    assert judge.verdict(final=True).reason == "no_data"
    assert (len(looks), clock.now) == (7, 100)


def test_the_look_in_which_the_weight_changed_is_thrown_away() -> None:
    _, looks, source, _ = watched(
        None, lambda clock: TRIAL.model_copy(update={"canary_weight": 50 if clock.now > 40 else 10})
    )
    assert source.weights == [10, 50]
    assert [look.canary_weight for look in looks] == [10, 10, 50, 50, 50, 50]
    assert looks[2].start == 45


@pytest.mark.parametrize("change", [{"canary": None}, {"canary": 3}, {"stable": 7}])
def test_a_release_that_changed_meanwhile_is_not_judged(change: dict[str, int | None]) -> None:
    with pytest.raises(ReleaseConflictError, match="Release 2"):
        watched(HARMFUL, lambda clock: TRIAL.model_copy(update=change if clock.now > 0 else {}))


SUBJECT = Subject(model="m", environment="staging", release=2, stable=1, bundle_digest="sha256:00")


@pytest.mark.parametrize("arms", [HEALTHY, HARMFUL, None])
def test_a_verdict_is_replayed_byte_for_byte(arms: tuple[Arm, Arm] | None, tmp_path: Path) -> None:
    judge, looks, _, _ = watched(arms)
    rules = RULES.model_copy(update={"prometheus": "http://user:secret@prometheus"})
    path = tmp_path / "verdict.json"
    write_verdict(path, judged(SUBJECT, rules, looks))
    assert replay(path).verdict == judge.verdict(final=True)
    assert "secret" not in path.read_text()


def test_a_verdict_that_was_edited_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    write_verdict(path, judged(SUBJECT, RULES, watched(HARMFUL)[1]))
    edited = json.loads(path.read_text())
    edited["decision"] = "pass"
    path.write_text(json.dumps(edited, indent=2) + "\n")
    assert read_verdict(path).decision is Decision.PASS
    with pytest.raises(DataError, match="its looks give fail"):
        replay(path)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b'{"schema_version": 2}'])
def test_what_is_no_verdict_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match="not a verdict"):
        replay(path)
    with pytest.raises(DataError, match="no verdict"):
        replay(tmp_path / "other.json")


def test_arms_are_named_by_release() -> None:
    assert arms_of("m", TRIAL)[Track.CANARY] == {"model": "m", "release": "2", "track": "canary"}
    assert set(arms_of("m", ReleaseState(canary=1))) == {Track.CANARY}
    with pytest.raises(ConfigError, match="No release is on trial"):
        arms_of("m", ReleaseState(stable=1))


def test_limits_need_a_prometheus() -> None:
    config = Config.model_validate({"model": "m", "check_metrics": {"limits": {"p99": {"query": "x", "max": 1}}}})
    with pytest.raises(ConfigError, match="no Prometheus"):
        open_source(config, TRIAL, dict)


def test_a_step_that_is_over_before_prometheus_shows_it_is_refused() -> None:
    settings = {"prometheus": "http://127.0.0.1:1", "scrape_interval_seconds": 15}
    config = Config.model_validate({"model": "m", "check_metrics": settings, "deploy": {"step_seconds": 30}})
    with pytest.raises(ConfigError, match="ends before Prometheus"):
        open_source(config, TRIAL, dict)
