"""What GitHub's refusals mean, and what to add to the workflow."""

import contextlib
from collections.abc import Iterable, Iterator

import requests

from mlops_actions.errors import ExitCode, MlopsError

FORBIDDEN, ADD = "Resource not accessible", "add to the job:"


class GitHubError(MlopsError):
    """GitHub refused (exit 2) or did not answer (exit 3).

    Attributes:
        status: HTTP status; 0 where there was no answer.
        wait: seconds after which the request may be made again; None where that is of no use, or the client has waited itself.
    """

    def __init__(self, status: int, what: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(what, why=why, fix=fix)
        self.status = status
        self.wait: float | None = None
        refused = 400 <= status < 500 and status != 429
        self.exit_code = ExitCode.UNUSABLE_INPUT if refused else ExitCode.OUTSIDE_UNAVAILABLE


def checked(response: requests.Response, method: str, url: str) -> requests.Response:
    """Return the response.

    Raises:
        GitHubError: it is not a 2xx.
    """
    if response.ok:
        return response
    what = f"GitHub answered {response.status_code} to {method} {url}: {_message(response)}."
    if response.status_code == 403 and FORBIDDEN in response.text:
        raise GitHubError(
            403,
            what,
            why="the job's token lacks a permission; on pull requests from forks and Dependabot it never has more than read.",
            fix=_yaml(_missed(response.headers.get("X-Accepted-GitHub-Permissions", ""))),
        )
    if response.status_code in {403, 429} and _limited(response):
        raise GitHubError(
            429,
            what,
            why="the limit of requests is used up: 1,000 an hour for the jobs of a repository together.",
            fix="run the job again later: it would be more than ten minutes, which is as long as we wait.",
        )
    hints = {401: "the token is wrong or expired.", 404: "it is not there, or the token may not see it."}
    raise GitHubError(response.status_code, what, why=hints.get(response.status_code, ""))


@contextlib.contextmanager
def needing(*permissions: str) -> Iterator[None]:
    """Name all permissions of a job where GitHub names only the one that it missed first.

    Args:
        permissions: lines of YAML, such as `checks: write`.
    """
    try:
        yield
    except GitHubError as error:
        if error.status != 403 or not error.fix.startswith(ADD):
            raise
        raise GitHubError(403, error.what, why=error.why, fix=_yaml(permissions)) from None


def _yaml(lines: Iterable[str]) -> str:
    return "\n".join([f"{ADD}\npermissions:", *(f"  {line}" for line in lines)])


def _limited(response: requests.Response) -> bool:
    return response.headers.get("X-RateLimit-Remaining") == "0" or "rate limit" in response.text


def _missed(accepted: str) -> list[str]:
    """Return the lines that grant the first of the accepted sets (`issues=write,contents=read; …`)."""
    pairs = [pair.strip().partition("=") for pair in accepted.partition(";")[0].split(",") if "=" in pair]
    lines = [f"{name.replace('_', '-')}: {level}" for name, _, level in pairs]
    return lines or ["# the one that GitHub's documentation of this call names"]


def _message(response: requests.Response) -> str:
    try:
        content = response.json()
    except ValueError:
        return response.reason
    return str(content.get("message", response.reason))[:300] if isinstance(content, dict) else response.reason
