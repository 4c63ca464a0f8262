"""The one process that steps, judges, renews the lease and restores: `strategy: canary`."""

from dataclasses import dataclass

from mlops_actions.check_metrics.sources import open_source
from mlops_actions.check_metrics.watch import Clock, SystemClock
from mlops_actions.config import Config
from mlops_actions.deploy.begin import begin, taken_back_on_trouble
from mlops_actions.deploy.describe import what_runs_on
from mlops_actions.deploy.site import Caller, Site, open_site
from mlops_actions.deploy.stage import weights
from mlops_actions.errors import ConfigError
from mlops_actions.pipeline.kept import keep
from mlops_actions.pipeline.policy import action, why_promoted
from mlops_actions.pipeline.steps import OpenSource, Step, Stepper
from mlops_actions.progress import Progress
from mlops_actions.release import Release, Track
from mlops_actions.report import Report, Table
from mlops_actions.verdict import Decision, Verdict

SYSTEM = SystemClock()
MOST_LETTERS = 250


@dataclass(frozen=True)
class Outcome:
    """How a rollout ended: what it says, and what was done (promoted, rolled_back, held)."""

    decision: Decision
    done: str
    sentence: str


def run(
    config: Config, *, caller: Caller, image: str | None = None, progress: Progress, clock: Clock = SYSTEM
) -> Report:
    """Roll a release out: each weight of `deploy.steps` is judged; it is promoted after the last, restored on harm.

    A step that cannot be decided in time does what `deploy.on_undecided` says. With `enforce: false` the judge is asked and
    not obeyed. An error, a Ctrl-C or a SIGTERM at any moment gives the traffic back to the stable release.

    Returns:
        the report; outputs `release`, `url`, `image`.

    Raises:
        ConfigError: the lease is too short to be renewed in time.
        ReleaseConflictError: somebody else changed the environment; nothing of theirs was touched.
        OutsideError: the release did not become ready; what served before still serves.
    """
    _check_lease(config)
    site = open_site(config, caller, progress=progress)
    release = begin(config, site, caller, image=image, progress=progress)
    steps, outcome = roll_out(config, site, release, progress=progress, clock=clock)
    if outcome.done == "promoted":
        keep(config, release, progress=progress)
    site.prune()
    if left := what_runs_on(config, site, caller):
        progress(left)
    return _report(config, site, release, steps, outcome)


def roll_out(
    config: Config,
    site: Site,
    release: Release,
    *,
    progress: Progress,
    clock: Clock = SYSTEM,
    sources: OpenSource = open_source,
) -> tuple[list[Step], Outcome]:
    """Step, judge and decide for a release that is on trial and ready; `sources` opens where counts are read."""
    planned = weights(config, has_stable=site.ledger.state.stable is not None)
    stepper = Stepper(config, site, release, steps=len(planned), progress=progress, clock=clock, sources=sources)
    with taken_back_on_trouble(site, release):
        steps = _climb(stepper, planned, obey=config.enforce)
        outcome = _act(config, site, release, steps, progress)
    return steps, outcome


def _check_lease(config: Config) -> None:
    """The lease is renewed when a server is ready and at every look, one of which may be late."""
    longest = max(2 * config.check_metrics.interval_seconds, config.deploy.ready_seconds)
    if config.deploy.lease_seconds <= longest:
        raise ConfigError(
            f"deploy.lease_seconds has to be more than {longest:g}: a server may take ready_seconds, two looks interval_seconds each.",
            why="a lease that runs out while somebody watches has the release taken away.",
            fix=f"set it to {2 * longest:g}.",
            file=str(config.file),
            line=config.line("deploy.lease_seconds") or config.line("check_metrics.interval_seconds"),
        )


def _climb(stepper: Stepper, planned: list[int], *, obey: bool) -> list[Step]:
    """Return the steps that were taken: up to the first that did not pass, unless the judge is only observed."""
    steps = list[Step]()
    for weight in planned:
        steps.append(stepper.step(weight))
        if steps[-1].verdict.decision is not Decision.PASS and obey:
            break
    return steps


def _act(config: Config, site: Site, release: Release, steps: list[Step], progress: Progress) -> Outcome:
    decided = next((step for step in steps if step.verdict.decision is not Decision.PASS), steps[-1])
    verdict, wanted = decided.verdict, action(config, decided.verdict)
    said = f"{decided.weight} %: {verdict.sentence}"
    if wanted == "promote":
        reason = why_promoted(config, verdict)
        site.ledger.verify(release, verdict=verdict, reason=reason)
        site.target.restore(release)
        return Outcome(
            verdict.decision, "promoted", f"Release {release.id} serves all traffic. {said}{_in_brackets(reason)}"
        )
    if wanted == "hold":
        site.ledger.hold(release, verdict=verdict)
        site.target.set_weight(0)
        return Outcome(
            verdict.decision, "held", f"Release {release.id} is held without traffic: unproven, nobody blamed. {said}"
        )
    words = _own_words(site) if verdict.decision is Decision.FAIL else ""
    if words:
        progress(words)
    stable = site.ledger.release(site.ledger.state.stable)
    site.ledger.roll_back(release, verdict=verdict)
    site.target.restore(stable)
    back = f"release {stable.id} serves all traffic" if stable else "nothing serves, since it was the first"
    return Outcome(
        verdict.decision,
        "rolled_back",
        f"Release {release.id} was rolled back; {back}. {said}{words and f' {words}'}",
    )


def _own_words(site: Site) -> str:
    """Return what the canary said of its failures; asked before it is taken away."""
    said = [" ".join(line.split())[:MOST_LETTERS] for line in site.target.explain(Track.CANARY)]
    return f"The canary's own words: {'; '.join(said)}" if said else ""


def _in_brackets(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _report(config: Config, site: Site, release: Release, steps: list[Step], outcome: Outcome) -> Report:
    url = site.target.status().url
    asked = outcome.done == "promoted" and config.enforce
    decision = Decision.PASS if asked else outcome.decision
    return Report(
        stage="deploy",
        model=config.model.id,
        verdict=Verdict(decision=decision, reason=outcome.done, sentence=outcome.sentence),
        tables=[_table(steps)],
        facts={
            "release": site.store.read(release.id).model_dump(mode="json"),
            "verdict": str(config.work / "verdict.json"),
        },
        outputs={"release": str(release.id), "url": url, "image": release.artifact},
    )


def _table(steps: list[Step]) -> Table:
    columns = ["step", "weight %", "canary requests", "failed", "stable requests", "failed", "looks", "decision", "why"]
    rows = [_row(number, step) for number, step in enumerate(steps, 1)]
    return Table(title="Steps", columns=columns, rows=rows)


def _row(number: int, step: Step) -> list[str | int | float | None]:
    canary, stable = step.total(Track.CANARY), step.total(Track.STABLE)
    counts = [canary.requests, canary.errors, stable.requests, stable.errors]
    return [number, step.weight, *counts, len(step.looks), str(step.verdict.decision), step.verdict.reason]
