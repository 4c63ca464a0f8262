"""A model server's /metrics whose counters the test drives."""

import contextlib
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self


class MetricsServer:
    """Serves `mlops_requests_total` and the process start time of one replica on loopback."""

    def __init__(self, *, track: str, release: int, model: str = "m", age_seconds: float = 3600) -> None:
        self.labels = f'model="{model}",release="{release}",track="{track}"'
        self.ok, self.error = 0.0, 0.0
        self.started = time.time() - age_seconds
        self.extra, self.status = "", 200
        self._server: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}/metrics"

    def add(self, ok: int, error: int = 0) -> None:
        self.ok += ok
        self.error += error

    def restart(self) -> None:
        """Forget everything, as a process does that was started anew."""
        self.ok, self.error, self.started = 0.0, 0.0, time.time()

    def page(self) -> str:
        counts = "".join(
            f'mlops_requests_total{{{self.labels},outcome="{outcome}"}} {value}\n'
            for outcome, value in (("ok", self.ok), ("invalid", 0.0), ("error", self.error))
        )
        return f"# TYPE mlops_requests_total counter\n{counts}mlops_process_start_time_seconds{{{self.labels}}} {self.started!r}\n{self.extra}"

    def open(self) -> Self:
        """Listen, on the same port as before if there was one."""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = owner.page().encode()
                self.send_response(owner.status)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # a client that gave up waiting
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextlib.contextmanager
def canary_and_stable(model: str = "m") -> Iterator[tuple[MetricsServer, MetricsServer]]:
    """Serve release 2 of a model as the canary and release 1 as stable."""
    canary = MetricsServer(track="canary", release=2, model=model).open()
    stable = MetricsServer(track="stable", release=1, model=model).open()
    try:
        yield canary, stable
    finally:
        canary.close()
        stable.close()
