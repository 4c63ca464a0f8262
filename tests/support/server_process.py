"""The model server as a process of its own."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

SOURCE = Path(__file__).resolve().parents[2] / "src"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE)}


def command(model: Path, *arguments: str) -> list[str]:
    """Return the command of a server of a model folder."""
    return [sys.executable, "-m", "mlops_actions.serve", "--model", str(model), *arguments]


@dataclass
class Running:
    """A server that listens."""

    process: subprocess.Popen[str]
    url: str

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send one request on a connection of its own."""
        with contextlib.closing(http.client.HTTPConnection(*self.address, timeout=30)) as connection:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            content = response.read()
        is_json = response.headers["Content-Type"] == "application/json"
        return response.status, json.loads(content) if is_json else content.decode()

    def wait_until(self, state: str) -> dict[str, Any]:
        """Wait until the server says a state, and return what it says."""
        answer: dict[str, Any] = {}
        for _ in range(600):
            answer = self.ask("GET", "/v2/health/ready")[1]
            if answer["state"] == state:
                return answer
            time.sleep(0.02)
        raise AssertionError(f"never {state}: {answer}")


@contextlib.contextmanager
def server(model: Path, *arguments: str) -> Iterator[Running]:
    """Start a server on a free port; at the end of the block it is gone."""
    process = subprocess.Popen(
        command(model, "--port", "0", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert process.stdout
    assert process.stderr
    try:
        line = process.stdout.readline()
        assert line.startswith("listening on "), process.stderr.read()
        yield Running(process, line.removeprefix("listening on ").strip())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
