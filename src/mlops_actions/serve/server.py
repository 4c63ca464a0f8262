"""The process: socket, loading, signals, and an end that loses no request."""

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from mlops_actions.serve.app import App
from mlops_actions.serve.errors import ModelError
from mlops_actions.serve.service import Service

_PARENT_POLL_SECONDS = 0.2
_IN_FLIGHT_SECONDS = 30


class Server(uvicorn.Server):
    """uvicorn, ended in two steps: on SIGTERM it says "not ready" and serves on for a while, then stops accepting.

    A load balancer needs that while to look elsewhere; closing at once loses what is already on its way. SIGINT, or a second
    signal, ends at once. Requests in flight are always finished.
    """

    def __init__(self, config: uvicorn.Config, service: Service, *, drain_seconds: float, parent: int | None) -> None:
        super().__init__(config)
        self._service, self._drain_seconds, self._parent = service, drain_seconds, parent
        self._draining = False
        self._problem: ModelError | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 (uvicorn's signature)
        """Take a signal."""
        if self._draining or sig == signal.SIGINT:
            self.should_exit = True
            return
        self._draining = True
        self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        self._service.drain()
        self._loop.call_later(self._drain_seconds, setattr, self, "should_exit", True)

    async def run_until_stopped(self, bound: socket.socket) -> None:
        """Serve, loading the model meanwhile.

        Raises:
            ModelError: the model cannot be loaded.
        """
        self._loop = asyncio.get_running_loop()
        beside = [asyncio.create_task(self._load())]
        if self._parent is not None:
            beside.append(asyncio.create_task(self._end_with(self._parent)))
        await self.serve(sockets=[bound])
        for task in beside:
            task.cancel()
        if self._problem:
            raise self._problem

    async def _load(self) -> None:
        try:
            await asyncio.to_thread(self._service.load)
        except ModelError as error:
            self._problem, self.should_exit = error, True

    async def _end_with(self, parent: int) -> None:
        while os.getppid() == parent:  # noqa: ASYNC110 (a parent's end is no event)
            await asyncio.sleep(_PARENT_POLL_SECONDS)
        self.should_exit = True


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket on an address; port 0 takes a free one.

    Raises:
        ModelError: the port is taken, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return _listening(bound, (host, port))


def bind_path(path: Path) -> socket.socket:
    """Return a listening Unix socket: a server without any network.

    Raises:
        ModelError: something is there already, or the folder is missing.
    """
    return _listening(socket.socket(socket.AF_UNIX), str(path))


def _listening(bound: socket.socket, where: str | tuple[str, int]) -> socket.socket:
    try:
        bound.bind(where)
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise ModelError(f"cannot listen on {where}: {error.strerror}; another process may have it.") from None
    return bound


def serve(service: Service, bound: socket.socket, *, max_bytes: int, drain_seconds: float, parent: int | None) -> None:
    """Serve until a signal or the parent's end.

    Raises:
        ModelError: the model cannot be loaded.
    """
    sys.stdout.write(f"listening on {address(bound)}\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        App(service, max_bytes=max_bytes),
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_IN_FLIGHT_SECONDS,
    )
    server = Server(config, service, drain_seconds=drain_seconds, parent=parent)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.run_until_stopped(bound))


def address(bound: socket.socket) -> str:
    """Return where clients find the socket."""
    name = bound.getsockname()
    if bound.family == socket.AF_UNIX:
        return f"unix:{name}"
    host = f"[{name[0]}]" if bound.family == socket.AF_INET6 else name[0]
    return f"http://{host}:{name[1]}"
