"""Answers of the server's parsers, refusals included."""

from collections.abc import Callable
from typing import TypeVar

from mlops_actions.serve.errors import RefusedError

Answer = TypeVar("Answer")


def answer(ask: Callable[[], Answer]) -> Answer | RefusedError:
    """Return what `ask` returns, or its refusal."""
    try:
        return ask()
    except RefusedError as refused:
        return refused
