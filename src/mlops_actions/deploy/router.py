"""The weighted router, a process of its own: `python -m mlops_actions.deploy.router --port P --admin-port A --folder DIR`.

It listens on loopback alone, never retries and never hides an answer: a server that does not answer is a 502.
Its second port takes orders from whoever can read the token in DIR.
"""

import argparse
import asyncio
import contextlib
import hmac
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, web
from multidict import CIMultiDict

from mlops_actions.deploy.balance import Balancer
from mlops_actions.deploy.lifeline import until_told
from mlops_actions.deploy.route import TOKEN_FILE, TOKEN_HEADER, Route
from mlops_actions.release.target import Track

LOOPBACK = "127.0.0.1"
MOST_BODY_BYTES = 64 * 2**20
ANSWER_SECONDS = 60
DRAIN_SECONDS = 10
# Shorter than the servers' own five seconds: a request must not meet a connection that is just being closed.
IDLE_SECONDS = 2
# Connection-level headers (RFC 9110, 7.6.1), and what the library sets itself.
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
}


class Router:
    """Sends each request to one of two servers and returns its answer as it is."""

    def __init__(self, folder: Path, session: ClientSession) -> None:
        self._folder, self._session = folder, session
        self._token = (folder / TOKEN_FILE).read_text(encoding="utf-8").strip()
        self._in_flight: Counter[str] = Counter()
        self._requests: Counter[Track] = Counter()
        self._unanswered: Counter[Track] = Counter()
        self._take(Route.read(folder))

    async def forward(self, request: web.Request) -> web.Response:
        """Answer a client's request with what the chosen server says."""
        track = self._balancer.choose()
        if track is None:
            return _trouble(503, "No release serves here.")
        url = self._urls[track]
        self._requests[track] += 1
        self._in_flight[url] += 1
        try:
            return await self._ask(url, track, request)
        finally:
            self._in_flight[url] -= 1

    async def _ask(self, url: str, track: Track, request: web.Request) -> web.Response:
        body = await request.read()
        headers = _end_to_end(request.headers)
        try:
            async with self._session.request(
                request.method, url + request.raw_path, data=body or None, headers=headers, allow_redirects=False
            ) as answer:
                content = await answer.read()
        except (ClientError, TimeoutError) as error:
            self._unanswered[track] += 1
            return _trouble(502, f"The {track} server did not answer: {type(error).__name__}.")
        kept = _end_to_end(answer.headers)
        kept["X-Mlops-Track"] = track
        return web.Response(status=answer.status, body=content, headers=kept)

    async def reload(self, request: web.Request) -> web.Response:
        """Take the route from the file; answer when no request is left at a server that is no longer on it."""
        self._check(request)
        before = set(self._urls.values())
        self._take(Route.read(self._folder))
        gone = before - set(self._urls.values())
        with contextlib.suppress(TimeoutError):  # the answer says how many are left
            async with asyncio.timeout(DRAIN_SECONDS):
                while any(self._in_flight[url] for url in gone):  # noqa: ASYNC110 (a handful of looks)
                    await asyncio.sleep(0.005)
        return web.json_response({"undrained": sum(self._in_flight[url] for url in gone)})

    async def status(self, request: web.Request) -> web.Response:
        """Say where requests go and how many went there."""
        self._check(request)
        return web.json_response(
            {"route": self._route.model_dump(), "requests": self._requests, "unanswered": self._unanswered}
        )

    def _take(self, route: Route) -> None:
        urls = {Track.STABLE: route.stable, Track.CANARY: route.canary}
        self._route = route
        self._urls = {track: url for track, url in urls.items() if url is not None}
        shares = {Track.STABLE: 100 - route.canary_weight, Track.CANARY: route.canary_weight}
        self._balancer = Balancer({track: shares[track] for track in self._urls})

    def _check(self, request: web.Request) -> None:
        if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, ""), self._token):
            raise web.HTTPForbidden(text="The token is missing or wrong.")


def _end_to_end(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in HOP_BY_HOP)


def _trouble(status: int, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


async def serve(port: int, admin_port: int, folder: Path, parent: int | None) -> None:
    """Serve until SIGTERM or SIGINT, or until the parent is gone; requests in flight are finished."""
    connector = TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS)
    timeout = ClientTimeout(total=ANSWER_SECONDS)
    async with ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
        router = Router(folder, session)
        public = web.Application(client_max_size=MOST_BODY_BYTES)
        public.router.add_route("*", "/{path:.*}", router.forward)
        admin = web.Application()
        admin.router.add_post("/reload", router.reload)
        admin.router.add_get("/status", router.status)
        async with contextlib.AsyncExitStack() as stack:
            for application, on in ((public, port), (admin, admin_port)):
                runner = web.AppRunner(application, access_log=None)
                await runner.setup()
                stack.push_async_callback(runner.cleanup)
                await web.TCPSite(runner, LOOPBACK, on).start()
            await until_told(parent)


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="mlops_actions.deploy.router")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--admin-port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--exit-with-parent", type=int, metavar="PID")
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.admin_port, given.folder, given.exit_with_parent))


if __name__ == "__main__":
    main()
