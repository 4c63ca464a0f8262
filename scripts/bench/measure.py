"""Time commands as whole processes, in turn with a peer, so that a drift of the machine's speed meets both."""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command with what it needs around it.

    Attributes:
        environment: variables on top of this process's.
        exits: exit codes that count as done.
    """

    argv: list[str]
    environment: Mapping[str, str] | None = None
    cwd: str | None = None
    exits: tuple[int, ...] = (0,)

    def seconds(self) -> float:
        """Run once and return the wall time.

        Raises:
            RuntimeError: it ended with another exit code.
        """
        started = time.perf_counter()
        done = subprocess.run(
            self.argv, env={**os.environ, **(self.environment or {})}, cwd=self.cwd, capture_output=True, check=False
        )
        elapsed = time.perf_counter() - started
        if done.returncode not in self.exits:
            raise RuntimeError(
                f"{self.argv} ended with {done.returncode}: {(done.stdout + done.stderr).decode()[-2000:]}"
            )
        return elapsed


@dataclass(frozen=True)
class Pair:
    """Wall times of two commands, run in turn: seconds."""

    ours: list[float]
    peer: list[float]

    @property
    def ratio(self) -> float:
        """Median of ours over peer, pair by pair."""
        return statistics.median(a / b for a, b in zip(self.ours, self.peer, strict=True))

    @property
    def over(self) -> float:
        """Median of ours minus peer, pair by pair, in seconds."""
        return statistics.median(a - b for a, b in zip(self.ours, self.peer, strict=True))


def in_turn(ours: Command, peer: Command, runs: int = 7, warm_up: int = 1) -> Pair:
    """Run ours, peer, ours, peer, … after a warm-up that is not counted."""
    for _ in range(warm_up):
        ours.seconds()
        peer.seconds()
    times = [(ours.seconds(), peer.seconds()) for _ in range(runs)]
    return Pair([ours for ours, _ in times], [peer for _, peer in times])


def spread(times: list[float]) -> str:
    """Return the median with the smallest and the largest time, in seconds."""
    return f"{statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f})"
