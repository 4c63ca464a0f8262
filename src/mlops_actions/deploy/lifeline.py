"""When a helper process of ours ends: told by a signal, or with the process that started it."""

import asyncio
import os
import signal
from typing import Any

LOOK_SECONDS = 0.2


async def until_told(parent: int | None) -> None:
    """Wait for SIGTERM or SIGINT, or, with a parent, for its end."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(told.wait())]
    if parent is not None:
        waits.append(asyncio.ensure_future(_until_gone(parent)))
    _, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in rest:
        wait.cancel()


async def _until_gone(parent: int) -> None:
    """An orphan is given another parent, however its own died: that needs no help from the dying."""
    while os.getppid() == parent:  # noqa: ASYNC110 (no event tells)
        await asyncio.sleep(LOOK_SECONDS)
