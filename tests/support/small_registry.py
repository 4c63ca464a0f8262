"""A small registry of our own, for what the real one does not do on demand: tokens, cut uploads, wrong answers."""

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-token"


class SmallRegistry(ThreadingHTTPServer):
    """Keeps everything in memory and counts what it is asked.

    Attributes:
        login: user and password for the token server; None lets everybody in.
        cuts: after how many bytes each of the next uploads is cut; -1 refuses with 503.
        forgets: whether a cut upload is forgotten instead of kept.
        spoils: whether blobs are delivered with a wrong byte, that many times.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.uploads: dict[str, bytes] = {}
        self.login: tuple[str, str] | None = None
        self.cuts: list[int] = []
        self.forgets = False
        self.spoils = 0
        self.asked: list[str] = []

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet: connections are cut on purpose."""


@contextlib.contextmanager
def small_registry() -> Iterator[SmallRegistry]:
    """Run one on loopback."""
    with SmallRegistry() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SmallRegistry

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/token":
            return self._token(parse_qs(parts.query))
        if not self._let_in():
            return None
        kind, _, name = parts.path.rpartition("/")
        if "/blobs/uploads/" in parts.path:
            return self._status(name)
        if kind.endswith("/blobs"):
            return self._blob(name)
        found = self.server.manifests.get(name)
        return self._send(200, found[1], {"Content-Type": found[0]}) if found else self._send(404)

    do_HEAD = do_GET  # noqa: N815 (http.server's name)

    def do_POST(self) -> None:
        if self._let_in():
            self._read()
            name = str(len(self.server.asked))
            self.server.uploads[name] = b""
            self._send(202, headers={"Location": f"/v2/name/blobs/uploads/{name}"})

    def do_PATCH(self) -> None:
        name = urlsplit(self.path).path.rpartition("/")[2]
        if not self._let_in():
            return
        if name not in self.server.uploads:
            self._send(404)
            return
        start = int(self.headers.get("Content-Range", "0-").split("-")[0])
        if start != len(self.server.uploads[name]):
            self._send(416)
            return
        cut = self.server.cuts.pop(0) if self.server.cuts else None
        if cut == -1:
            self._read()
            self._send(503)
            return
        self.server.uploads[name] += self._read(cut)
        if cut is not None:
            if self.server.forgets:
                del self.server.uploads[name]
            self._cut()
            return
        self._send(202, headers={"Location": f"{urlsplit(self.path).path}?n=1"})

    def do_PUT(self) -> None:
        if not self._let_in():
            return
        content, parts = self._read(), urlsplit(self.path)
        name = parts.path.rpartition("/")[2]
        if "/manifests/" in parts.path:
            self.server.manifests[name] = (self.headers["Content-Type"], content)
            self._send(201)
            return
        if name not in self.server.uploads:
            self._send(404)
            return
        whole = self.server.uploads.pop(name) + content
        digest = parse_qs(parts.query)["digest"][0]
        right = digest == "sha256:" + hashlib.sha256(whole).hexdigest()
        if right:
            self.server.blobs[digest] = whole
        self._send(201 if right else 400)

    def _status(self, name: str) -> None:
        if name not in self.server.uploads:
            self._send(404)
            return
        last = max(0, len(self.server.uploads[name]) - 1)
        self._send(204, headers={"Range": f"0-{last}", "Location": urlsplit(self.path).path})

    def _blob(self, digest: str) -> None:
        content = self.server.blobs.get(digest)
        if content is None:
            self._send(404)
            return
        if self.server.spoils and self.command == "GET":
            self.server.spoils -= 1
            content = b"?" + content[1:]
        self._send(200, content)

    def _token(self, query: dict[str, list[str]]) -> None:
        self.server.asked.append(f"token {' '.join(query.get('scope', []))}")
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        right = base64.b64encode(":".join(self.server.login or ()).encode()).decode()
        self._send(200, json.dumps({"token": TOKEN}).encode()) if given == right else self._send(401)

    def _let_in(self) -> bool:
        self.server.asked.append(f"{self.command} {urlsplit(self.path).path}")
        if self.server.login is None or self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self._read()
        challenge = f'Bearer realm="http://{self.server.host}/token",service="registry",scope="repository:name:pull"'
        self._send(401, headers={"WWW-Authenticate": challenge})
        return False

    def _read(self, most: int | None = None) -> bytes:
        size = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(size if most is None else min(most, size))

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.shutdown(2)

    def _send(self, status: int, content: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (http.server's name)
        """Keep quiet."""
