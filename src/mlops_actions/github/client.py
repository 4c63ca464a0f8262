"""GitHub's REST API: all pages, patient where it asks for patience, and clear about which permission is missing."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from mlops_actions import __version__
from mlops_actions.github.refusal import GitHubError, checked

ATTEMPTS = 4
LONGEST_WAIT_SECONDS = 120.0
Body = Mapping[str, Any]
Outcome = requests.Response | requests.RequestException


@dataclass(frozen=True)
class GitHub:
    """A client for one API and one token.

    Attributes:
        api_url: such as the runner's GITHUB_API_URL.
        token: never shown.
        sleep: waits so many seconds between attempts.
    """

    api_url: str
    token: str = field(repr=False)
    timeout_seconds: float = 30
    sleep: Callable[[float], None] = time.sleep

    def get(self, path: str, parameters: Body | None = None) -> Any:
        """Return the JSON of one page."""
        return _json(self._request("GET", self._url(path), parameters=parameters))

    def pages(self, path: str, parameters: Body | None = None, *, key: str | None = None) -> Iterator[Any]:
        """Yield the items of all pages, following the Link header; `key` names the list where the page is an object."""
        url: str | None = self._url(path)
        query: Body | None = {"per_page": 100, **(parameters or {})}
        while url:
            response = self._request("GET", url, parameters=query)
            page = _json(response)
            yield from page[key] if key else page
            url, query = response.links.get("next", {}).get("url"), None

    def send(self, method: str, path: str, body: Body) -> Any:
        """Send JSON (POST, PATCH, PUT, DELETE) and return the JSON of the answer, None if it is empty."""
        return _json(self._request(method, self._url(path), body=body))

    def _url(self, path: str) -> str:
        return f"{self.api_url.rstrip('/')}/{path.lstrip('/')}"

    def _request(
        self, method: str, url: str, *, parameters: Body | None = None, body: Body | None = None
    ) -> requests.Response:
        if not url.startswith(self._url("")):
            raise GitHubError(0, f"GitHub's answer leads to {url}, outside {self.api_url}: not followed with a token.")
        attempt, outcome = 1, self._attempt(method, url, parameters, body)
        while (wait := _wait(outcome, method, attempt)) is not None:
            self.sleep(wait)
            attempt, outcome = attempt + 1, self._attempt(method, url, parameters, body)
        if isinstance(outcome, requests.RequestException):
            raise GitHubError(0, f"GitHub did not answer {method} {url}: {type(outcome).__name__}.")
        return checked(outcome, method, url)

    def _attempt(self, method: str, url: str, parameters: Body | None, body: Body | None) -> Outcome:
        try:
            return requests.request(
                method, url, params=parameters, json=body, timeout=self.timeout_seconds, auth=self._authorize
            )
        except requests.RequestException as error:
            return error

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """As `auth`, so that no .netrc takes the token's place, and no redirect to another host gets it."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        request.headers["Accept"] = "application/vnd.github+json"
        request.headers["X-GitHub-Api-Version"] = "2022-11-28"
        request.headers["User-Agent"] = f"mlops-actions/{__version__}"
        return request


def _wait(outcome: Outcome, method: str, attempt: int) -> float | None:
    """Return the seconds to wait before another attempt; None if this outcome is final."""
    if attempt == ATTEMPTS:
        return None
    if isinstance(outcome, requests.Response):
        limited = outcome.status_code == 429 or (outcome.status_code == 403 and "Retry-After" in outcome.headers)
        asked = outcome.headers.get("Retry-After", "")
        wait = float(asked) if asked.isdecimal() else 2.0**attempt
        if limited:
            return wait if wait <= LONGEST_WAIT_SECONDS else None
        if outcome.status_code < 500:
            return None
    # It may have arrived all the same: a second comment is worse than an error.
    return None if method == "POST" else 2.0**attempt


def _json(response: requests.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise GitHubError(
            0, f"GitHub's answer from {response.url} is no JSON.", why="a proxy answered in its place."
        ) from None
