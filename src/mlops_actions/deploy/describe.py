"""What is released, in words for the person on call: what serves, since when, and the one command that restores."""

from datetime import datetime

from mlops_actions.config import Config
from mlops_actions.deploy.site import Site
from mlops_actions.release import Release, Track

RESTORE = 'mlops rollback --config {file} --reason "..."'


def status_lines(config: Config, site: Site) -> list[str]:
    """Return what serves now, what is on trial, and what to do."""
    state, running = site.ledger.state, site.target.status()
    stable, canary = site.ledger.release(state.stable), site.ledger.release(state.canary)
    lines = [f"{config.model.id} in {config.deploy.environment}: {running.url or 'not running here'}"]
    lines.append(f"  serving:  {_release(stable)}{_health(stable, Track.STABLE, site)}")
    if canary is not None:
        lines.append(f"  on trial: {_release(canary)}, {state.canary_weight} % of the traffic, {_lease(site)}")
    lines.append(f"  verified: {_release(site.ledger.release(state.verified))}")
    lines.append(f"  to restore the last verified release: {RESTORE.format(file=config.file)}")
    return lines


def history_lines(site: Site) -> list[str]:
    """Return every release with its events, newest first."""
    lines = []
    for release in site.store.history():
        lines.append(f"{release.id:>4}  {release.status:<11}  {release.version}  {release.bundle_digest[:19]}")
        for event in release.events:
            because = f": {event.reason or (event.verdict.sentence if event.verdict else '')}".removesuffix(": ")
            lines.append(f"      {_time(event.at)}  {event.what} by {event.by}{because}")
    return lines or ["Nothing was released here yet."]


def _release(release: Release | None) -> str:
    if release is None:
        return "none"
    since = release.events[-1].at if release.events else release.created
    return f"release {release.id} (version {release.version}, {release.bundle_digest[:19]}), since {_time(since)}"


def _health(release: Release | None, track: Track, site: Site) -> str:
    status = site.target.status()
    if release is None or status.ready.get(track):
        return ""
    return ", NOT READY" if track in status.releases else ", NOT RUNNING"


def _lease(site: Site) -> str:
    lease = site.ledger.state.lease
    return f"watched by {lease.holder} until {_time(lease.expires)}" if lease else "held"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
