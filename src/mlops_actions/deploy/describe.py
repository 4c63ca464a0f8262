"""What is released, in words for the person on call: what serves, since when, and the one command that restores."""

from datetime import datetime

from mlops_actions.config import Config
from mlops_actions.deploy.site import Caller, Site
from mlops_actions.release import Release, Status, Track

RESTORE = 'mlops rollback --config {file} --reason "..."'
MOST_LETTERS = 300


def status_lines(config: Config, site: Site) -> list[str]:
    """Return what serves now, what is on trial, and what to do."""
    state, running = site.ledger.state, site.target.status()
    stable, canary = site.ledger.release(state.stable), site.ledger.release(state.canary)
    lines = [f"{config.model.id} in {config.deploy.environment}: {running.url or 'not running here'}"]
    lines.append(f"  serving:  {_release(stable)}{_health(stable, Track.STABLE, site)}")
    if canary is not None:
        lines.append(f"  on trial: {_release(canary)}, {state.canary_weight} % of the traffic, {_lease(site)}")
    lines.append(f"  verified: {_release(site.ledger.release(state.verified))}")
    return [*lines, *_refused(site), *_way_back(config, site, stable, canary)]


def _way_back(config: Config, site: Site, stable: Release | None, canary: Release | None) -> list[str]:
    """Return what `mlops rollback` would do now; nothing where there is nothing to go back to."""
    command, status = RESTORE.format(file=config.file), site.target.status()
    if canary is not None and stable is None:
        return [f"  to take release {canary.id} away: {command}"]
    if stable is None:
        return []
    if canary is not None or not status.ready.get(Track.STABLE):
        return [f"  to restore the last verified release: {command}"]
    if stable.previous_verified is None:
        return []
    return [f"  to go back from release {stable.id} to release {stable.previous_verified}: {command}"]


def _refused(site: Site) -> list[str]:
    """Return the newest release that was not kept, and why."""
    refused = {Status.ROLLED_BACK: "rolled back", Status.HELD: "held"}
    newest = next((release for release in site.store.history() if release.status in refused), None)
    if newest is None or not newest.events:
        return []
    last = newest.events[-1]
    because = " ".join((last.reason or (last.verdict.sentence if last.verdict else "no reason given")).split())
    said = f"release {newest.id} (version {newest.version}) at {_time(last.at)}: {because[:MOST_LETTERS]}"
    return [f"  last {refused[newest.status]}: {said}"]


def what_runs_on(config: Config, site: Site, caller: Caller) -> str:
    """Return what goes on when the command has ended, and how to stop it; empty if nothing does."""
    url = site.target.status().url
    if caller.parent is not None or not url:
        return ""
    return f"It goes on running at {url}; `mlops down --config {config.file}` stops it."


def history_lines(site: Site) -> list[str]:
    """Return every release with its events, newest first."""
    lines = []
    for release in site.store.history():
        lines.append(f"{release.id:>4}  {release.status:<11}  {release.version}  bundle {release.bundle_digest[:19]}")
        for event in release.events:
            because = f": {event.reason or (event.verdict.sentence if event.verdict else '')}".removesuffix(": ")
            lines.append(f"      {_time(event.at)}  {event.what} by {event.by}{because}")
    return lines or ["Nothing was released here yet."]


def _release(release: Release | None) -> str:
    if release is None:
        return "none"
    since = release.events[-1].at if release.events else release.created
    return (
        f"release {release.id} (version {release.version}, bundle {release.bundle_digest[:19]}), since {_time(since)}"
    )


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
