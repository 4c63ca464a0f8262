"""Promote and roll back by hand, or on a verdict file: only on a verdict about the release that is there now."""

from dataclasses import dataclass
from pathlib import Path

from mlops_actions.check_metrics.verdict_file import VerdictFile, replay
from mlops_actions.config import Config
from mlops_actions.deploy.processes import is_gone
from mlops_actions.deploy.site import Caller, Site, open_site
from mlops_actions.errors import ConfigError, OutsideError, ReleaseConflictError
from mlops_actions.pipeline.kept import keep
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
    site.ledger.verify(release, verdict=_verdict(file), reason=reason)
    site.target.restore(release)
    keep(config, release, progress=progress)
    _check_serving(site)
    return Acted(f"Release {release.id} serves all traffic.", release.id)


def rollback(
    config: Config, *, caller: Caller, verdict: Path | None = None, reason: str = "", progress: Progress
) -> Acted:
    """Restore the last verified release: take the one on trial away, or start the stable one again, or go back to its predecessor.

    Raises:
        ConfigError: neither a failing verdict nor a reason, or there is nothing to go back to.
        DataError: the verdict file was edited.
        ReleaseConflictError: the verdict is about another release than the one there now.
    """
    site, file = _opened(config, caller, verdict, reason, progress)
    if file is not None and file.decision is not Decision.FAIL and not reason:
        raise ConfigError(
            f"The verdict is {file.decision}, and a rollback needs one that failed.",
            fix="say why with --reason; it is kept in the record.",
        )
    if file is not None and site.store.read(file.subject.release).status is Status.ROLLED_BACK:
        return _served(site, f"Release {file.subject.release} was rolled back already")
    release = _on_trial(site) or site.ledger.release(site.ledger.state.stable)
    if release is None:
        raise ConfigError("Nothing was released here yet.", fix="deploy something first.")
    _check_subject(file, release)
    if file is None and release.id == site.ledger.state.stable and not _runs(site, release):
        site.target.restore(release)
        return _served(site, f"Release {release.id} did not run and was started again")
    site.ledger.roll_back(release, verdict=_verdict(file), reason=reason)
    site.target.restore(site.ledger.release(site.ledger.state.stable))
    return _served(site, f"Release {release.id} was rolled back")


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
    return site.target.status().releases.get(Track.STABLE) == release.id


def _served(site: Site, what: str) -> Acted:
    stable = site.ledger.state.stable
    if stable is None:
        return Acted(f"{what}; nothing serves, since it was the first.", None)
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
