"""A world without servers and time, and an environment with a release on trial in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from mlops_actions.check_metrics.look import Arm, Look, LookKind, Source
from mlops_actions.config import Config, load
from mlops_actions.deploy.images import Images
from mlops_actions.deploy.site import Site
from mlops_actions.pipeline.rollout import Outcome, roll_out
from mlops_actions.pipeline.steps import Step
from mlops_actions.release import FileStore, Ledger, Release, ReleaseState, Status, TargetStatus, Track

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
    words: list[str] = field(default_factory=list)

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
        ready = dict.fromkeys(self.releases, True)
        return TargetStatus("http://127.0.0.1:1", dict(self.releases), ready, canary_weight=self.weight)

    def explain(self, track: Track) -> list[str]:
        assert track is Track.CANARY
        self.done.append("explain")
        return self.words

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


class Rollout:
    """An environment with a release on trial; `stable` says whether one serves already."""

    def __init__(self, tmp_path: Path, world: World, *, stable: bool = True) -> None:
        self.world, self.store, self.folder, self.said = world, FileStore(tmp_path / "releases"), tmp_path, list[str]()
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
            progress=self.said.append,
            clock=self.world,
            sources=self.source,
        )

    def source(self, _: Config, state: ReleaseState, __: Callable[[], Mapping[Track, list[str]]]) -> Source:
        assert state.canary == self.release.id
        return self.world
