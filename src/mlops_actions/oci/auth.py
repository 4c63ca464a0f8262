"""How a registry wants to be asked: nothing, Basic, or a Bearer token from its token server."""

import base64
import re
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from mlops_actions.errors import ConfigError, OutsideError

_TIMEOUT = (10, 30)
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Authenticator(AuthBase):
    """Adds the header that the registry asked for; the secrets never appear in a message or a repr.

    As requests' `auth` it also keeps a stray .netrc out, and requests drops the header when a redirect leaves the host.
    """

    def __init__(
        self,
        session: requests.Session,
        host: str,
        credentials: tuple[str, str],
        scopes: list[str],
        *,
        plain_http: bool,
    ) -> None:
        self._session, self._host, self._credentials = session, host, credentials
        self._scopes, self._plain_http, self._header = scopes, plain_http, ""

    @property
    def has_credentials(self) -> bool:
        """Whether a user or a password was given."""
        return any(self._credentials)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to a request to the registry, and to no other host."""
        if self._header and urlsplit(request.url or "").netloc == self._host:
            request.headers["Authorization"] = self._header
        return request

    def answer(self, response: requests.Response) -> bool:
        """Take up a challenge; return whether asking again is worth it.

        Raises:
            ConfigError: the token server refused the credentials.
            OutsideError: it did not answer.
        """
        scheme, _, rest = response.headers.get("WWW-Authenticate", "").partition(" ")
        if scheme.lower() == "bearer":
            new = f"Bearer {self._token(dict(_PARAMETER.findall(rest)))}"
        elif scheme.lower() == "basic" and self.has_credentials:
            new = "Basic " + base64.b64encode(":".join(self._credentials).encode()).decode()
        else:
            return False
        changed, self._header = new != self._header, new
        return changed

    def _token(self, challenge: dict[str, str]) -> str:
        realm = challenge.get("realm", "")
        if urlsplit(realm).scheme != "https" and not self._plain_http:
            raise OutsideError(f"{self._host} sends its clients to a token server without TLS.", fix="use another one.")
        parameters = [("service", challenge.get("service", "")), *(("scope", scope) for scope in self._scopes)]
        try:
            response = self._session.get(
                realm,
                params=[pair for pair in parameters if pair[1]],
                auth=self._credentials if self.has_credentials else _nobody,
                timeout=_TIMEOUT,
            )
        except requests.RequestException as error:
            raise OutsideError(f"The token server of {self._host} did not answer: {type(error).__name__}.") from None
        if response.status_code in {400, 401, 403}:
            raise ConfigError(
                f"{self._host} did not accept the credentials ({response.status_code}).",
                why="the password or token is wrong or expired.",
                fix="pass `username` and `password` of the registry.",
            )
        return self._read(response)

    def _read(self, response: requests.Response) -> str:
        try:
            content = response.json()
            return str(content.get("token") or content["access_token"])
        except (ValueError, KeyError, AttributeError):
            raise OutsideError(f"The token server of {self._host} answered {response.status_code}, no token.") from None


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
