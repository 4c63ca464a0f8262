"""Programs that outlive us. The process table is their only register: nothing can go stale, and no reused pid is ever killed.

A program of ours is known by its command line: the folder it works in, and the options it was started with.
"""

import contextlib
import itertools
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

from mlops_actions.errors import OutsideError

LOOPBACK = "127.0.0.1"
KILL_AFTER_SECONDS = 10


class Kind(StrEnum):
    """What runs on this machine for an environment; each is known by an option that only it has."""

    ROUTER = "--admin-port"
    SERVER = "--track"
    REPLAY = "--per-second"


@dataclass(frozen=True)
class Running:
    """A program that runs: what it is, its options, and its process (a pid with its start time)."""

    kind: Kind
    options: Mapping[str, str]
    process: psutil.Process

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self.options['--port']}"


def running(folder: Path) -> list[Running]:
    """Return the programs that work in `folder`, oldest first."""
    found = [_known(process, folder) for process in psutil.process_iter()]
    return sorted((program for program in found if program), key=lambda program: program.process.create_time())


def _known(process: psutil.Process, folder: Path) -> Running | None:
    try:
        argv = process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    if "-m" not in argv or not any(Path(word).is_relative_to(folder) for word in argv if word.startswith("/")):
        return None
    options = {name: value for name, value in itertools.pairwise(argv) if name.startswith("--")}
    kind = next((kind for kind in Kind if kind in options), None)
    return Running(kind, options, process) if kind else None


def start(argv: list[str], environment: Mapping[str, str], log: Path) -> psutil.Process:
    """Start a program in a session of its own, so that a Ctrl-C in our terminal does not reach it.

    Raises:
        OutsideError: it cannot be started.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        # Not subprocess: its objects expect to see the end of what they started.
        pid = os.posix_spawn(
            argv[0],
            argv,
            dict(environment),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigdef=[signal.SIGINT, signal.SIGTERM],
        )
    except OSError as error:
        raise OutsideError(f"{argv[0]} cannot be started: {error.strerror}.") from error
    return psutil.Process(pid)


def wait_until(ready: Callable[[], str], process: psutil.Process, *, name: str, log: Path, seconds: float) -> None:
    """Wait until `ready`, which says what is still missing, has nothing to say.

    Raises:
        OutsideError: it ended, or was not ready in time; with the last lines of its log.
    """
    deadline = time.monotonic() + seconds
    while missing := ready():
        if not is_alive(process):
            raise OutsideError(f"{name} ended at its start. The end of its log:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise OutsideError(
                f"{name} was not ready within {seconds:g} seconds: {missing}\n{tail(log)}",
                why="the machine is slow, or the model does not reproduce its golden rows.",
                fix="raise deploy.ready_seconds, or build the image again.",
            )
        time.sleep(0.05)


def is_alive(process: psutil.Process) -> bool:
    """Say whether a process runs; one that ended and was not yet buried does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stop(programs: list[Running]) -> None:
    """End programs: asked first, killed when they do not obey."""
    processes = [program.process for program in programs]
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=KILL_AFTER_SECONDS)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=KILL_AFTER_SECONDS)


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def check_free(port: int) -> None:
    """Say so clearly when a port is taken.

    Raises:
        OutsideError: somebody listens there, or this user may not.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise OutsideError(
                f"Port {port} cannot be had: {error.strerror}.",
                why="another program listens there, or an earlier one of another folder was not stopped.",
                fix="stop it (`mlops down` in its folder), or set deploy.port to another number or to 0.",
            ) from None


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log; they may hold anything."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])


def holder() -> str:
    """Return who we are, for a lease: this process, told from a later one with the same pid."""
    own = psutil.Process()
    return f"process {own.pid} of {socket.gethostname()}, started {own.create_time():.2f}"


def is_gone(lease_holder: str) -> bool:
    """Say whether a holder made by `holder` on this machine is known to be dead; of others nothing is known."""
    words = lease_holder.replace(",", "").split()
    if len(words) != 6 or words[0] != "process" or words[3] != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(words[1]))
        return f"{process.create_time():.2f}" != words[5] or not is_alive(process)
    except psutil.NoSuchProcess:
        return True
