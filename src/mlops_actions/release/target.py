"""Where releases run: local processes today, Kubernetes next. The rollout knows targets by this protocol alone."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from mlops_actions.release.record import Release


class Track(StrEnum):
    """The two arms of a canary."""

    STABLE = "stable"
    CANARY = "canary"


@dataclass(frozen=True)
class TargetStatus:
    """What runs now, as the target itself says.

    Attributes:
        url: where clients send requests.
        releases: release id by track, for tracks that run.
        ready: whether each of those is ready.
        canary_weight: percent of traffic that the canary gets.
        metrics_urls: by track, the /metrics of every replica: for judging without Prometheus.
    """

    url: str
    releases: dict[Track, int] = field(default_factory=dict)
    ready: dict[Track, bool] = field(default_factory=dict)
    canary_weight: int = 0
    metrics_urls: dict[Track, list[str]] = field(default_factory=dict)


class Target(Protocol):
    """A place that runs releases. Every method is idempotent: a killed caller runs it again."""

    def apply(self, release: Release, track: Track) -> None:
        """Run a release on a track and wait until it is ready and reproduces its golden rows; traffic is not moved.

        Raises:
            OutsideError: it did not become ready; the other track is untouched.
        """

    def set_weight(self, canary_percent: int) -> None:
        """Send this percentage of traffic to the canary, the rest to stable."""

    def restore(self, release: Release | None) -> None:
        """Make `release` serve all traffic on stable, then remove the canary; None: there is no release to serve.

        With the verified release this is a rollback, with the release on trial a promotion.
        """

    def status(self) -> TargetStatus:
        """Say what runs now."""

    def explain(self, track: Track) -> list[str]:
        """Return why a track's requests were refused or failed, in its server's own words, the most frequent first.

        A few lines at most, of a server that runs or ended; they may hold anything.
        """
