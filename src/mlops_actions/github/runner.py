"""What the runner says about itself, read from the environment once."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Runner:
    """Facts of this run; outside of GitHub Actions the paths are None and annotations are off.

    Attributes:
        event: name of the event (`pull_request`, `push`, …), empty outside.
        actor: who started it: the GitHub login, or the local user.
    """

    active: bool
    output: Path | None
    summary: Path | None
    event: str
    actor: str
    commit: str
    run_url: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Runner":
        """Read the variables that GitHub documents as default environment variables."""
        active = environ.get("GITHUB_ACTIONS") == "true"
        url = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
        complete = all(environ.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"))
        return cls(
            active=active,
            output=_path(environ, "GITHUB_OUTPUT") if active else None,
            summary=_path(environ, "GITHUB_STEP_SUMMARY") if active else None,
            event=environ.get("GITHUB_EVENT_NAME", "") if active else "",
            actor=environ.get("GITHUB_ACTOR") or _local_user(),
            commit=environ.get("GITHUB_SHA", ""),
            run_url=url.format_map(environ) if active and complete else "",
        )


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _local_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
