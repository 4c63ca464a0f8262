"""Traffic for an environment that has none: rows of a file, one a request, at a steady rate, over and over.

`python -m mlops_actions.deploy.replay --rows FILE --url URL --per-second N [--exit-with-parent PID]`, a process of its own.
How the requests end is not its business: the servers count that.
"""

import argparse
import asyncio
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from mlops_actions.deploy.lifeline import until_told

MOST_AT_ONCE = 64
ANSWER_SECONDS = 10


def requests_of(rows: pl.DataFrame) -> Iterator[bytes]:
    """Yield the body of a /predict request for each row, for ever. NaN is null, and times are ISO text, as JSON has neither."""
    while True:
        for row in rows.iter_rows(named=True):
            yield json.dumps({"rows": [{name: _plain(value) for name, value in row.items()}]}, default=str).encode()


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Replay:
    """Sends requests at a steady rate; when the servers cannot follow it sends fewer, never a burst later."""

    def __init__(self, session: ClientSession, url: str, per_second: float) -> None:
        self._session, self._url, self._gap = session, url, 1 / per_second
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    async def run(self, rows: pl.DataFrame) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        async with asyncio.TaskGroup() as tasks:
            for body in requests_of(rows):
                await self._room.acquire()
                tasks.create_task(self._send(body))
                due = max(due + self._gap, loop.time() - 1)
                await asyncio.sleep(due - loop.time())

    async def _send(self, body: bytes) -> None:
        try:
            headers = {"Content-Type": "application/json"}
            async with self._session.post(self._url, data=body, headers=headers) as answer:
                await answer.read()
        except (ClientError, TimeoutError):
            return
        finally:
            self._room.release()


async def replay(rows: Path, url: str, per_second: float, parent: int | None) -> None:
    """Send until told to stop."""
    connector = TCPConnector(limit=MOST_AT_ONCE)
    async with ClientSession(connector=connector, timeout=ClientTimeout(total=ANSWER_SECONDS)) as session:
        sending = asyncio.ensure_future(Replay(session, url, per_second).run(pl.read_parquet(rows)))
        told = asyncio.ensure_future(until_told(parent))
        await asyncio.wait([sending, told], return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
        sending.cancel()


def main() -> None:
    """Read the command line and send."""
    parser = argparse.ArgumentParser(prog="mlops_actions.deploy.replay")
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--per-second", type=float, required=True)
    parser.add_argument("--folder", help="whose traffic this is: tells our programs apart")
    parser.add_argument("--exit-with-parent", type=int, metavar="PID")
    given = parser.parse_args()
    asyncio.run(replay(given.rows, given.url, given.per_second, given.exit_with_parent))


if __name__ == "__main__":
    main()
