"""SIGTERM is a Ctrl-C, and either counts once: what puts things right afterwards is not interrupted again."""

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first signal; later ones are ignored until the block ends."""

    def stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (signal's signature)
        for each in STOPS:
            signal.signal(each, lambda *_: None)  # not SIG_IGN, which programs started from here would inherit
        raise KeyboardInterrupt

    before = [signal.signal(each, stop) for each in STOPS]
    try:
        yield
    finally:
        for each, handler in zip(STOPS, before, strict=True):
            signal.signal(each, handler)
