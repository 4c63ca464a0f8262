"""GitHub's REST API: all pages, patient where it asks for patience, and clear about which permission is missing."""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from mlops_actions import __version__
from mlops_actions.github.patience import ATTEMPTS, Outcome, Patience, seconds_to_wait
from mlops_actions.github.refusal import GitHubError, checked
from mlops_actions.progress import Progress, silent

Body = Mapping[str, Any]
Value = TypeVar("Value")
WORTH_SAYING_SECONDS = 10


@dataclass(frozen=True)
class GitHub:
    """A client for one API and one token.

    Attributes:
        api_url: such as the runner's GITHUB_API_URL.
        token: never shown.
        sleep: waits so many seconds between attempts.
        now: seconds since 1970, for limits that say when they end.
        progress: told of waits.
        patience: what is left of the time for limits.
    """

    api_url: str
    token: str = field(repr=False)
    timeout_seconds: float = 30
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time
    progress: Progress = silent
    patience: Patience = field(default_factory=Patience)

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

    def send(self, method: str, path: str, body: Body, *, once: bool = False) -> Any:
        """Send JSON (POST, PATCH, PUT, DELETE) and return the JSON of the answer, None if it is empty.

        Args:
            method: of the request.
            path: of the API.
            body: to be sent.
            once: not to be repeated by itself, since whoever asks (inside of `again`) has to look first each time.
        """
        return _json(self._request(method, self._url(path), body=body, once=once))

    @contextlib.contextmanager
    def opened(self, path: str) -> Iterator[requests.Response]:
        """Yield an answer whose body was not read yet, after redirects, which get no token on another host.

        `iter_content` gives its bytes in pieces; what it raises is a RequestException.
        """
        response = self._request("GET", self._url(path), stream=True)
        try:
            yield response
        finally:
            response.close()

    def again(self, attempt: Callable[[], Value]) -> Value:
        """Call something that looks before it creates, as often as a request is tried, while GitHub does not answer.

        A POST without an answer may have arrived, so it is not repeated by itself: only who looks first may.
        """
        for waited in range(1, ATTEMPTS):
            try:
                return attempt()
            except GitHubError as error:
                if 0 < error.status < 500 and error.wait is None:
                    raise
                wait = error.wait or 2.0**waited
            self.sleep(wait)
        return attempt()

    def _url(self, path: str) -> str:
        return f"{self.api_url.rstrip('/')}/{path.lstrip('/')}"

    def _request(
        self,
        method: str,
        url: str,
        *,
        parameters: Body | None = None,
        body: Body | None = None,
        stream: bool = False,
        once: bool = False,
    ) -> requests.Response:
        if not url.startswith(self._url("")):
            raise GitHubError(0, f"GitHub's answer leads to {url}, outside {self.api_url}: not followed with a token.")
        given: dict[str, Any] = {"params": parameters, "json": body, "stream": stream}
        attempt, outcome = 1, self._attempt(method, url, given)
        while (wait := self._wait(outcome, method, attempt)) is not None and not once:
            self.sleep(wait)
            attempt, outcome = attempt + 1, self._attempt(method, url, given)
        if isinstance(outcome, requests.RequestException):
            raise GitHubError(0, f"GitHub did not answer {method} {url}: {type(outcome).__name__}.")
        try:
            return checked(outcome, method, url)
        except GitHubError as error:
            error.wait = wait
            raise

    def _wait(self, outcome: Outcome, method: str, attempt: int) -> float | None:
        wait = seconds_to_wait(outcome, method, attempt, self.now(), self.patience)
        if wait is not None and wait >= WORTH_SAYING_SECONDS:
            self.progress(f"GitHub limits how often it is asked: waiting {wait:.0f} seconds.")
        return wait

    def _attempt(self, method: str, url: str, given: dict[str, Any]) -> Outcome:
        try:
            return requests.request(method, url, timeout=self.timeout_seconds, auth=self._authorize, **given)
        except requests.RequestException as error:
            return error

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """As `auth`, so that no .netrc takes the token's place, and no redirect to another host gets it."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        request.headers["Accept"] = "application/vnd.github+json"
        request.headers["X-GitHub-Api-Version"] = "2022-11-28"
        request.headers["User-Agent"] = f"mlops-actions/{__version__}"
        return request


def _json(response: requests.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise GitHubError(
            0, f"GitHub's answer from {response.url} is no JSON.", why="a proxy answered in its place."
        ) from None
