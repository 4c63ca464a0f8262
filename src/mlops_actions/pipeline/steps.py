"""One step of a rollout: a weight, looks at it, a verdict."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mlops_actions.check_metrics.judge import Judge
from mlops_actions.check_metrics.look import Arm, Look, Source
from mlops_actions.check_metrics.verdict_file import Subject, judged, write_verdict
from mlops_actions.check_metrics.watch import Clock, watch
from mlops_actions.config import Config
from mlops_actions.deploy.site import Site
from mlops_actions.errors import MlopsError
from mlops_actions.progress import Progress
from mlops_actions.release import Release, ReleaseState, Track
from mlops_actions.verdict import Decision, Verdict

OpenSource = Callable[[Config, ReleaseState, Callable[[], Mapping[Track, list[str]]]], Source]
NOTHING = Arm(requests=0, errors=0)


@dataclass(frozen=True)
class Step:
    """What a step found."""

    weight: int
    verdict: Verdict
    looks: list[Look] = field(default_factory=list)

    def total(self, track: Literal[Track.CANARY, Track.STABLE]) -> Arm:
        """Return the counts of one track over all looks that could be judged."""
        arms = [look.canary if track is Track.CANARY else look.stable for look in self.looks]
        return sum((arm for arm in arms if arm is not None), NOTHING)


class CanaryEndedError(MlopsError):
    """The server on trial is not running any more: a fact, no matter of evidence."""


class Stepper:
    """Judges a release at one weight after the other, and keeps its lease alive meanwhile.

    Each step is judged anew, with alpha divided by the number of steps: a healthy release is then called harmful with
    probability alpha at most over the whole rollout, however many looks there are.
    """

    def __init__(
        self,
        config: Config,
        site: Site,
        release: Release,
        *,
        steps: int,
        progress: Progress,
        clock: Clock,
        sources: OpenSource,
    ) -> None:
        self._config, self._site, self._release = config, site, release
        self._progress, self._clock, self._sources = progress, clock, sources
        rules = config.check_metrics
        self._settings = rules.model_copy(update={"alpha": rules.alpha / steps})

    def step(self, weight: int) -> Step:
        """Send `weight` percent to the release, and look until the judge has decided or `deploy.step_seconds` are over.

        Raises:
            ReleaseConflictError: somebody else changed the environment.
        """
        site, release = self._site, self._release
        site.ledger.weigh(release, weight)
        site.target.set_weight(weight)
        self._progress(f"Release {release.id} gets {weight} % of the traffic.")
        try:
            looks = self._watch(weight)
        except CanaryEndedError as error:
            return Step(weight, Verdict(decision=Decision.FAIL, reason="not_running", sentence=error.what))
        file = judged(self._subject(), self._settings, looks)
        write_verdict(self._config.work / "verdict.json", file)
        return Step(weight, file.verdict, looks)

    def _watch(self, weight: int) -> list[Look]:
        state = self._site.ledger.state
        source = self._sources(self._config, state, lambda: self._site.target.status().metrics_urls)
        return watch(
            Judge(self._settings, has_stable=state.stable is not None),
            source,
            self._still_on_trial,
            interval_seconds=self._settings.interval_seconds,
            deadline_seconds=self._config.deploy.step_seconds,
            progress=lambda line: self._progress(f"{weight} %: {line}"),
            clock=self._clock,
        )

    def _still_on_trial(self) -> ReleaseState:
        """Renew the lease, which also finds out whether somebody else acted, and see that the server runs."""
        self._site.ledger.renew(self._release)
        if Track.CANARY not in self._site.target.status().releases:
            raise CanaryEndedError(f"The server of release {self._release.id} ended while it was on trial.")
        return self._site.ledger.state

    def _subject(self) -> Subject:
        return Subject(
            model=self._release.model,
            environment=self._release.environment,
            release=self._release.id,
            stable=self._site.ledger.state.stable,
            bundle_digest=self._release.bundle_digest,
        )
