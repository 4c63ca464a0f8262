"""What the runner says about itself, read from the environment once."""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_actions.errors import ConfigError
from mlops_actions.progress import Progress, silent

if TYPE_CHECKING:
    from mlops_actions.github.client import GitHub

API_URL, SERVER_URL = "https://api.github.com", "https://github.com"


@dataclass(frozen=True)
class Runner:
    """Facts of this run; outside of GitHub Actions the paths are None and annotations are off.

    Attributes:
        event: name of the event (`pull_request`, `push`, …), empty outside.
        event_path: file with the event's payload.
        actor: who started it: the GitHub login, or the local user.
        repository: OWNER/NAME, empty outside.
        api_url: of GitHub's API: another one on GitHub Enterprise.
        server_url: of its pages.
    """

    active: bool
    output: Path | None
    summary: Path | None
    event: str
    event_path: Path | None
    actor: str
    commit: str
    run_url: str
    repository: str
    api_url: str
    server_url: str

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
            event_path=_path(environ, "GITHUB_EVENT_PATH") if active else None,
            actor=environ.get("GITHUB_ACTOR") or _local_user(),
            commit=environ.get("GITHUB_SHA", ""),
            run_url=url.format_map(environ) if active and complete else "",
            repository=environ.get("GITHUB_REPOSITORY", "") if active else "",
            api_url=environ.get("GITHUB_API_URL") or API_URL,
            server_url=environ.get("GITHUB_SERVER_URL") or SERVER_URL,
        )

    def github(self, token: str, progress: Progress = silent) -> "GitHub":
        """Return a client of GitHub's API for a token that was given as an option: no variable is searched for one.

        Args:
            token: as it was given.
            progress: told when the client waits.

        Raises:
            ConfigError: the token is empty.
        """
        from mlops_actions.github.client import GitHub

        if not token.strip():
            raise ConfigError(
                "There is no token, and without one GitHub does not answer.",
                fix="pass one with --token; in a workflow, `token: ${{ github.token }}`.",
            )
        return GitHub(self.api_url, token.strip(), progress=progress)


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    return Path(environ[name]) if environ.get(name) else None


def _local_user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
