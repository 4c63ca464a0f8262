"""How to run what is in an artifact: the command, its environment, and the rows whose answers are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from mlops_actions.bundle.golden import Golden


@dataclass(frozen=True)
class Program:
    """A server that is ready to be started.

    Attributes:
        argv: the command, without address, port, release and track.
        environment: what it needs beyond the common environment.
    """

    argv: list[str]
    golden: Golden
    environment: Mapping[str, str] = field(default_factory=dict)


class Programs(Protocol):
    """Finds the program of an artifact."""

    def __call__(self, artifact: str, /) -> Program:
        """Return the program.

        Raises:
            DataError: the artifact is not there (any more), or holds no server.
        """
