"""Promote and roll back by hand, or on a verdict file: only on a verdict about the release that is there now."""

from dataclasses import dataclass
from pathlib import Path

from mlops_actions.check_metrics.verdict_file import VerdictFile, replay
from mlops_actions.config import Config
from mlops_actions.deploy.processes import is_gone
from mlops_actions.deploy.site import Caller, Site, open_site
from mlops_actions.errors import ConfigError, OutsideError, ReleaseConflictError
from mlops_actions.pipeline.kept import keep
from mlops_actions.pipeline.policy import action, why_promoted
from mlops_actions.progress import Progress
from mlops_actions.release import Release, Status, Track, recover
from mlops_actions.verdict import Decision, Verdict


@dataclass(frozen=True)
class Acted:
    """What was done, in one sentence, and the release that serves now (None: nothing does)."""

    sentence: str
    serving: int | None


def promote(
    config: Config, *, caller: Caller, verdict: Path | None = None, reason: str = "", progress: Progress
) -> Acted:
    """Make the release on trial serve all traffic.

    With a verdict that did not pass it needs a reason, unless `enforce: false` (the judge is asked and not obeyed, as with
    `strategy: canary`) or `deploy.on_undecided: promote` gives one.

    Raises:
        ConfigError: neither a passing verdict nor a reason, or nothing is on trial.
        DataError: the verdict file was edited.
        ReleaseConflictError: the verdict is about another release.
    """
    site, file = _opened(config, caller, verdict, reason, progress)
    release = _on_trial(site)
    if release is None:
        if file is not None and file.subject.release == site.ledger.state.stable:
            return Acted(f"Release {file.subject.release} serves all traffic already.", site.ledger.state.stable)
        raise ConfigError(
            "Nothing is on trial here.",
            why="it was promoted or rolled back already, or its lease ran out.",
            fix="see `mlops status` and `mlops history`.",
        )
    _check_subject(file, release)
    return _promoted(config, site, release, file, reason=reason, progress=progress)


def rollback(
    config: Config, *, caller: Caller, verdict: Path | None = None, reason: str = "", progress: Progress
) -> Acted:
    """Restore the last verified release: take the one on trial away, or start the stable one again, or go back to its predecessor.

    Without a reason the verdict decides: fail rolls back, undecided does what `deploy.on_undecided` says (hold, promote,
    rollback), pass is refused. With `enforce: false` a verdict alone changes nothing: what would have been done is said.

    Raises:
        ConfigError: neither a verdict nor a reason, a verdict that passed, or there is nothing to go back to.
        DataError: the verdict file was edited.
        ReleaseConflictError: the verdict is about another release than the one there now.
    """
    site, file = _opened(config, caller, verdict, reason, progress)
    _refuse_pass(file, reason)
    if file is not None and site.store.read(file.subject.release).status is Status.ROLLED_BACK:
        return _served(site, f"Release {file.subject.release} was rolled back already")
    release = _on_trial(site) or site.ledger.release(site.ledger.state.stable)
    if release is None:
        raise ConfigError("Nothing was released here yet.", fix="deploy something first.")
    _check_subject(file, release)
    if file is not None and not reason:
        if not config.enforce:
            return _observed(config, site, release, file)
        wanted = action(config, file.verdict)
        if wanted == "promote":
            return _promoted(config, site, release, file, reason="", progress=progress)
        if wanted == "hold":
            return _held(site, release, file)
    if file is None and release.id == site.ledger.state.stable and not _runs(site, release):
        progress(f"Release {release.id} is not ready: it is started again.")
        site.target.restore(release)
        return _served(site, f"Release {release.id} did not run and was started again")
    progress(_announced(site, release))
    site.ledger.roll_back(release, verdict=_verdict(file), reason=reason)
    site.target.restore(site.ledger.release(site.ledger.state.stable))
    return _served(site, f"Release {release.id} was rolled back")


def _refuse_pass(file: VerdictFile | None, reason: str) -> None:
    if file is not None and file.decision is Decision.PASS and not reason:
        raise ConfigError(
            "The verdict is pass, and a rollback needs one that failed or is undecided.",
            fix="say why with --reason; it is kept in the record.",
        )


def _observed(config: Config, site: Site, release: Release, file: VerdictFile) -> Acted:
    enforcing = config.model_copy(update={"enforce": True})
    would = {"rollback": "rolled back", "hold": "held without traffic", "promote": "promoted"}
    said = f"Observe mode: release {release.id} would have been {would[action(enforcing, file.verdict)]} ({file.sentence}); nothing was changed."
    return Acted(said, site.ledger.state.stable)


def _promoted(
    config: Config, site: Site, release: Release, file: VerdictFile | None, *, reason: str, progress: Progress
) -> Acted:
    verdict = _verdict(file)
    why = reason or why_promoted(config, verdict)
    site.ledger.verify(release, verdict=verdict, reason=why)
    site.target.restore(release)
    keep(config, release, progress=progress)
    _check_serving(site)
    return Acted(f"Release {release.id} serves all traffic{f' ({why})' if why else ''}.", release.id)


def _held(site: Site, release: Release, file: VerdictFile) -> Acted:
    site.ledger.hold(release, verdict=file.verdict)
    site.target.set_weight(0)
    return _served(site, f"Release {release.id} is held without traffic: unproven, nobody blamed")


def _announced(site: Site, release: Release) -> str:
    """Say before anything is done which release will serve after it."""
    on_trial = release.id == site.ledger.state.canary
    after = site.ledger.release(site.ledger.state.stable if on_trial else release.previous_verified)
    if after is None:
        return f"Taking release {release.id} away; there is no release before it."
    return f"Going back from release {release.id} to release {after.id} (version {after.version})."


def _opened(
    config: Config, caller: Caller, verdict: Path | None, reason: str, progress: Progress
) -> tuple[Site, VerdictFile | None]:
    if verdict is None and not reason:
        raise ConfigError(
            "Neither --verdict nor --reason is given.",
            fix="name the verdict.json of check-metrics, or say why in your words; it is kept in the record.",
        )
    file = replay(verdict) if verdict is not None else None
    site = open_site(config, caller, progress=progress)
    recover(site.ledger, site.target, gone=is_gone, progress=progress)
    return site, file


def _on_trial(site: Site) -> Release | None:
    return site.ledger.release(site.ledger.state.canary)


def _check_subject(file: VerdictFile | None, release: Release) -> None:
    if file is None:
        return
    about, here = file.subject, release
    said = (about.model, about.environment, about.release, about.bundle_digest)
    if said != (here.model, here.environment, here.id, here.bundle_digest):
        raise ReleaseConflictError(
            f"The verdict is about release {about.release} of {about.model} in {about.environment}, and release {here.id} "
            f"of {here.model} in {here.environment} is there now.",
            why="somebody deployed since it was judged, or the file is of another run.",
            fix="look at `mlops status`, and judge what is there now; nothing was changed.",
        )


def _verdict(file: VerdictFile | None) -> Verdict | None:
    return file.verdict if file is not None else None


def _runs(site: Site, release: Release) -> bool:
    status = site.target.status()
    return status.releases.get(Track.STABLE) == release.id and status.ready.get(Track.STABLE, False)


def _served(site: Site, what: str) -> Acted:
    stable = site.ledger.state.stable
    if stable is None:
        return Acted(f"{what}; nothing serves, since it is the first.", None)
    _check_serving(site)
    return Acted(f"{what}; release {stable} serves all traffic.", stable)


def _check_serving(site: Site) -> None:
    """Recorded is not restored: see that it runs and is ready."""
    status, stable = site.target.status(), site.ledger.state.stable
    if status.releases.get(Track.STABLE) != stable or not status.ready.get(Track.STABLE):
        raise OutsideError(
            f"Release {stable} should serve all traffic, and is not ready.",
            why="its server ended or hangs.",
            fix="run `mlops rollback --reason restart`, which starts it again.",
        )
