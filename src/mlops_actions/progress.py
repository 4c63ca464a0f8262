"""How long work tells what it is doing: stages get a callable, the edge decides where the lines go."""

from typing import Protocol


class Progress(Protocol):
    """Say one line of progress."""

    def __call__(self, line: str, /) -> None:
        """Show the line."""


def silent(line: str) -> None:
    """Say nothing: for tests and for callers that do not watch."""
