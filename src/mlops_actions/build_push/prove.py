"""The golden check: what is in the image is unpacked and started, and has to give the answers that are known."""

import contextlib
import http.client
import json
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from mlops_actions.build_push.recipe import Base, Built
from mlops_actions.build_push.tools import Tools
from mlops_actions.build_push.ways import Start, choose_way
from mlops_actions.bundle.golden import Golden
from mlops_actions.errors import DataError, OutsideError
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.unpack import unpack
from mlops_actions.progress import Progress

_READY_SECONDS = 60
_STOP_SECONDS = 10
_POLL_SECONDS = 0.05
_MOST_OUTPUT = 2000


class ProofError(DataError):
    """The image does not do what its bundle promises; `reason` is the word for the verdict."""

    def __init__(self, reason: str, what: str) -> None:
        super().__init__(what)
        self.reason = reason


def prove(built: Built, base: Base, golden: Golden, tools: Tools, progress: Progress) -> str:
    """Start the image's server without network and send it the golden rows; return how it was started.

    Raises:
        ProofError: `golden_mismatch`, or `not_started` with what the server said.
        OutsideError: the container engine does not work here.
    """
    way = choose_way(base, tools)
    with tempfile.TemporaryDirectory(prefix="mlops-proof-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # another user runs the server
        unpacked = folder / "rootfs"
        unpacked.mkdir()
        progress("unpacking the image")
        unpack(Layout(built.folder), built.image, unpacked)
        start = way(built.image, unpacked, folder)
        progress(f"starting it {start.way}")
        with (folder / "output.txt").open("w+") as output, _running(start, output) as process:
            _wait_until_ready(start, process, output)
            _ask(start.socket, golden)
        return start.way


@contextlib.contextmanager
def _running(start: Start, output: IO[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        process = subprocess.Popen(
            start.arguments, env=start.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True
        )
    except OSError as error:
        raise OutsideError(f"{start.arguments[0]} cannot be started: {error.strerror}.") from None
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # the server would serve on for a while after SIGTERM
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(start: Start, process: subprocess.Popen[str], output: IO[str]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise _ended(start, output)
        with contextlib.suppress(ConnectionError, FileNotFoundError):
            status, answer = _request(start.socket, "GET", "/v2/health/ready")
            if status == 200:
                return
            if answer.get("state") == "failed":
                raise ProofError("golden_mismatch", f"The image is not ready: {answer.get('reason')}")
        time.sleep(_POLL_SECONDS)
    raise ProofError("not_started", f"The image's server was not ready after {_READY_SECONDS} s. {_end_of(output)}")


def _ended(start: Start, output: IO[str]) -> ProofError | OutsideError:
    said = _end_of(output)
    if start.engine and "runc run failed" in said and "exec" not in said:
        return OutsideError(
            f"runc cannot run a container here: {said}",
            why="the machine is itself a container, or lacks a control group.",
            fix="remove runc from PATH to use chroot instead.",
        )
    return ProofError("not_started", f"The image's server ended before it was ready. {said}")


def _ask(path: Path, golden: Golden) -> None:
    status, answer = _request(path, "POST", "/predict", {"rows": golden.rows})
    if status != 200:
        raise ProofError("golden_mismatch", f"The image answered the golden rows with {status}: {answer.get('error')}")
    for index, (found, expected) in enumerate(zip(answer["predictions"], golden.expected, strict=True)):
        values = list(found["scores"].values()) if "scores" in found else [found["value"]]
        differences = [abs(value - wanted) for value, wanted in zip(values, expected, strict=True)]
        if not max(differences) <= golden.tolerance:
            raise ProofError(
                "golden_mismatch",
                f"The image's answer to golden row {index} differs by {max(differences):.3g}; "
                f"{golden.tolerance:.3g} is allowed.",
            )


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_READY_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _request(path: Path, method: str, url: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    with contextlib.closing(_UnixConnection(path)) as connection:
        connection.request(method, url, json.dumps(body) if body is not None else None)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def _end_of(output: IO[str]) -> str:
    output.seek(0)
    return " ".join(output.read()[-_MOST_OUTPUT:].split())
