"""Run the worker: its own process group, its output shown but bounded, gone when it is done, late or interrupted."""

import collections
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from mlops_actions.errors import UserCodeError
from mlops_actions.progress import Progress

WORKER = Path(__file__).with_name("worker.py")
FIRST_LINES, LAST_LINES = 500, 100
LONGEST_LINE = 2000  # bytes
QUIET_SECONDS = 30.0  # a long training shows a line now and then, also after the first ones


class Output:
    """What a process prints: the first lines as they come, then one now and then, the last ones at the end."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._count, self._cut_bytes, self._shown_at = 0, 0, 0.0
        self._last: collections.deque[str] = collections.deque(maxlen=LAST_LINES)

    def follow(self, stream: IO[bytes]) -> None:
        """Read to the end, in bounded pieces: a line of 100 MB is not held in memory."""
        for piece in iter(lambda: stream.readline(LONGEST_LINE), b""):
            self._take(piece)

    def _take(self, piece: bytes) -> None:
        self._count += 1
        line, now = piece.decode(errors="replace").rstrip("\r\n"), time.monotonic()
        if self._count <= FIRST_LINES or (now - self._shown_at > QUIET_SECONDS):
            self._shown_at = now
            self._progress(line)
            return
        if len(self._last) == LAST_LINES:
            self._cut_bytes += len(self._last[0])
        self._last.append(line)

    def close(self) -> None:
        """Say how much was cut, and show the last lines."""
        if self._cut_bytes:
            cut = f"{self._count - FIRST_LINES - len(self._last):,} lines, {self._cut_bytes / 1e6:,.1f} MB"
            self._progress(f"… (cut here: {cut}) …")
        while self._last:
            self._progress(self._last.popleft())


def run(
    executable: Path, job: Path, *, cwd: Path, variables: Mapping[str, str], minutes: float, progress: Progress
) -> int:
    """Run the worker on a job folder.

    Args:
        executable: the interpreter.
        job: see `worker.py`.
        cwd: the folder of mlops.yaml.
        variables: the environment of the process; nothing else is passed on.
        minutes: after which it is killed.
        progress: gets what it prints.

    Returns:
        the exit code; negative for a signal.

    Raises:
        UserCodeError: it took longer than allowed.
    """
    process = subprocess.Popen(
        [str(executable), str(WORKER), str(job)],
        cwd=cwd,
        env=dict(variables),
        stdin=subprocess.PIPE,  # its other end closes with us, however we end; the worker watches it
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    output = Output(progress)
    assert process.stdout is not None
    reader = threading.Thread(target=output.follow, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        return process.wait(timeout=minutes * 60)
    except subprocess.TimeoutExpired:
        raise UserCodeError(
            f"Training took longer than {minutes:g} minutes and was stopped.",
            why="there is more work than before, or it hangs.",
            fix="raise train.timeout_minutes, or train on less.",
        ) from None
    finally:
        _end(process, reader)
        output.close()


def _end(process: subprocess.Popen[bytes], reader: threading.Thread) -> None:
    """Kill the whole group, children that outlived the worker included, and let the reader finish."""
    assert process.stdin is not None
    assert process.stdout is not None
    # Nobody may be left; macOS says EPERM for a group of zombies.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdin.close()
    # A child that made a group of its own may still hold the pipe; it is not waited for.
    reader.join(timeout=5)
    if not reader.is_alive():
        process.stdout.close()
