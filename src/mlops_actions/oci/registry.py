"""A registry's repository over HTTP (OCI distribution specification 1.1)."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from mlops_actions.errors import ConfigError, DataError, OutsideError
from mlops_actions.oci.auth import Authenticator
from mlops_actions.oci.descriptor import FROM_DOCKER, INDEX, MANIFEST, Descriptor
from mlops_actions.oci.layout import Layout

_TIMEOUT = (10, 120)  # seconds to connect, seconds between two bytes
_ACCEPT = ", ".join([INDEX, MANIFEST, *(docker for docker, oci in FROM_DOCKER.items() if oci in {INDEX, MANIFEST})])
_MOST_MANIFEST = 4 << 20
_PULL_TRIES = 3


class BrokenTransferError(OutsideError):
    """A connection broke, or brought something else than was asked for: worth trying again."""


class Registry:
    """One repository of a registry.

    Args:
        host: the registry, with a port if it has one.
        repository: path within it.
        credentials: user and password (or token); empty for none.
        plain_http: without TLS; only where the user asked for it.
        push: whether uploads are wanted, which needs another permission.
        mount_from: repository of the same registry whose blobs may be mounted.
    """

    def __init__(
        self,
        host: str,
        repository: str,
        *,
        credentials: tuple[str, str] = ("", ""),
        plain_http: bool = False,
        push: bool = False,
        mount_from: str = "",
    ) -> None:
        self.host, self.repository, self.mount_from = host, repository, mount_from
        self._permission = "pull and push" if push else "pull"
        self._base = f"{'http' if plain_http else 'https'}://{host}"
        self._session = _session()
        scopes = [f"repository:{repository}:{'pull,push' if push else 'pull'}"]
        scopes += [f"repository:{mount_from}:pull"] if mount_from else []
        self._authenticator = Authenticator(self._session, host, credentials, scopes, plain_http=plain_http)
        self._session.auth = self._authenticator

    def url(self, path: str) -> str:
        """Return the URL of a path of the repository."""
        return f"{self._base}/v2/{self.repository}/{path}"

    def absolute(self, location: str) -> str:
        """Return a Location header as a URL.

        Raises:
            OutsideError: it leads from TLS to plain HTTP.
        """
        url = urljoin(self._base, location)
        if self._base.startswith("https:") and urlsplit(url).scheme != "https":
            raise OutsideError(f"{self.host} sends an upload to plain HTTP.", why="a proxy before it is set up wrong.")
        return url

    def ask(self, method: str, url: str, *, ok: tuple[int, ...], **options: Any) -> requests.Response:
        """Send a request, answering the registry's challenge once.

        Raises:
            ConfigError: not allowed; the message names the permission.
            BrokenTransferError: the connection broke.
            OutsideError: no answer, or a status that is not in `ok`.
        """
        stream = options.get("data") if hasattr(options.get("data"), "seek") else None
        start = stream.tell() if stream else 0
        with self._explained():
            response = self._session.request(method, url, timeout=_TIMEOUT, **options)
            if response.status_code == 401 and self._authenticator.answer(response):
                response.close()
                if stream:
                    stream.seek(start)
                response = self._session.request(method, url, timeout=_TIMEOUT, **options)
        if response.status_code not in ok:
            raise self._refusal(response, method)
        return response

    def reach(self) -> None:
        """Find out whether the registry answers and lets us in, before any work is done for it.

        Raises:
            ConfigError: not allowed.
            OutsideError: no answer.
        """
        self.ask("HEAD", self.url("manifests/latest"), ok=(200, 404))

    def manifest(self, version: str) -> tuple[Descriptor, bytes]:
        """Return a manifest or index by tag or digest.

        Raises:
            DataError: it is not what its digest says, or of a kind we do not know.
        """
        response = self.ask("GET", self.url(f"manifests/{version}"), ok=(200,), headers={"Accept": _ACCEPT})
        content = response.content
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        descriptor = Descriptor.of(content, FROM_DOCKER.get(kind, kind))
        if len(content) > _MOST_MANIFEST or descriptor.media_type not in {INDEX, MANIFEST}:
            raise DataError(f"{self.host}/{self.repository}:{version} is no image manifest, but {kind or 'nothing'}.")
        if version.startswith("sha256:") and version != descriptor.digest:
            raise DataError(f"{self.host} answered {version[:19]} with something else.", why="a proxy changed it.")
        return descriptor, content

    def pull(self, descriptor: Descriptor, layout: Layout) -> None:
        """Add a blob to a layout, unless it is there; a broken transfer is tried again.

        Raises:
            OutsideError: it broke each time, or came with another digest.
        """
        if layout.has(descriptor.digest):
            return
        for left in reversed(range(_PULL_TRIES)):
            try:
                self._pull(descriptor, layout)
            except BrokenTransferError:
                if not left:
                    raise
            else:
                return

    def _pull(self, descriptor: Descriptor, layout: Layout) -> None:
        response = self.ask("GET", self.url(f"blobs/{descriptor.digest}"), ok=(200,), stream=True)
        with response, layout.adding() as sink:
            with self._explained():
                for piece in response.iter_content(1 << 20):
                    sink.write(piece)
            if (sink.digest, sink.size) != (descriptor.digest, descriptor.size):
                raise BrokenTransferError(
                    f"{self.host} delivered {descriptor.digest[:19]} wrong: {sink.size} of {descriptor.size} bytes, "
                    f"digest {sink.digest[:19]}.",
                    why="a proxy before it cuts or changes what it passes on.",
                )

    def put_manifest(self, content: bytes, media_type: str, version: str) -> None:
        """Upload a manifest under a tag or its digest."""
        self.ask("PUT", self.url(f"manifests/{version}"), ok=(201,), data=content, headers={"Content-Type": media_type})

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except requests.exceptions.SSLError as error:
            raise OutsideError(
                f"{self.host} does not speak TLS as expected: {_root(error)}.",
                why="the registry speaks plain HTTP, or its certificate is not trusted here.",
                fix="for a loopback registry set `build_push.plain_http: true`.",
            ) from None
        except requests.RequestException as error:
            root = _root(error)
            if isinstance(root, ConnectionRefusedError | socket.gaierror):
                raise OutsideError(
                    f"The registry {self.host} cannot be reached: {root}.",
                    why="it is down, or the name or port is wrong.",
                    fix="check build_push.repository and build_push.base.",
                ) from None
            raise BrokenTransferError(
                f"The connection to {self.host} broke: {root}.", why="the network, or a proxy before the registry."
            ) from None

    def _refusal(self, response: requests.Response, method: str) -> ConfigError | OutsideError:
        status, said = response.status_code, _message(response)
        if status in {401, 403}:
            who = "these credentials lack" if self._authenticator.has_credentials else "no credentials were given for"
            return ConfigError(
                f"{self.host} refused ({status}): {who} the permission to {self._permission} {self.repository}.{said}",
                why="the token is missing, expired or made for something else.",
                fix=f"pass `username` and `password` of somebody who may {self._permission} {self.repository}; "
                "with GitHub's own registry the job needs `permissions: packages: write`.",
            )
        if status == 404:
            return ConfigError(
                f"{self.host} has no {urlsplit(response.url).path.removeprefix('/v2/')}.{said}",
                why="the name is wrong, or the repository has to be made first.",
            )
        return OutsideError(f"{self.host} answered {method} with {status}.{said}", fix="try again later.")


def _session() -> requests.Session:
    session = requests.Session()
    retry = Retry(
        total=4,
        connect=1,
        other=0,
        backoff_factor=0.3,
        status_forcelist=(429, 502, 503, 504),
        allowed_methods={"GET", "HEAD"},
        raise_on_status=False,
    )
    session.mount("https://", HTTPAdapter(max_retries=retry))
    session.mount("http://", HTTPAdapter(max_retries=retry))
    return session


def _message(response: requests.Response) -> str:
    """Return the registry's own words, at most 300 characters."""
    try:
        errors = response.json()["errors"]
        return " It says: " + "; ".join(str(item.get("message") or item.get("code")) for item in errors)[:300] + "."
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _root(error: BaseException) -> BaseException:
    while error.__context__ is not None:
        error = error.__context__
    return error
