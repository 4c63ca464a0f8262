"""A small stand-in for the model server: same options, same paths, same metrics; it behaves as `behaviour.json` says.

behaviour.json: {"score": s, "refuse_null": "column" | null, "fail": share of requests answered 500, "ready": bool, "slow": seconds}
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from aiohttp import web

from mlops_actions.deploy.lifeline import until_told

STARTED = time.time()


class FakeServer:
    def __init__(self, behaviour: dict[str, Any], labels: str) -> None:
        self.behaviour, self.labels = behaviour, labels
        self.outcomes = Counter({"ok": 0, "invalid": 0, "error": 0})

    async def ready(self, _: web.Request) -> web.Response:
        return web.json_response({}, status=200 if self.behaviour.get("ready", True) else 503)

    async def predict(self, request: web.Request) -> web.Response:
        rows = (await request.json())["rows"]
        await asyncio.sleep(self.behaviour.get("slow", 0))
        outcome = self.outcome(rows)
        self.outcomes[outcome] += 1
        status = {"ok": 200, "invalid": 422, "error": 500}[outcome]
        score = self.behaviour["score"]
        answer = {"class": "yes", "scores": {"no": 1 - score, "yes": score}}
        return web.json_response({"predictions": [answer for _ in rows]}, status=status)

    def outcome(self, rows: list[dict[str, Any]]) -> str:
        column = self.behaviour.get("refuse_null")
        if column and any(row.get(column) is None for row in rows):
            return "invalid"
        every = self.behaviour.get("fail_every", 0)
        return "error" if every and sum(self.outcomes.values()) % every == every - 1 else "ok"

    async def metrics(self, _: web.Request) -> web.Response:
        lines = ["# TYPE mlops_requests_total counter"]
        lines += [f'mlops_requests_total{{{self.labels},outcome="{name}"}} {n}' for name, n in self.outcomes.items()]
        lines += ["# TYPE mlops_process_start_time_seconds gauge"]
        lines += [f"mlops_process_start_time_seconds{{{self.labels}}} {STARTED}"]
        return web.Response(text="\n".join(lines) + "\n")


async def serve(given: argparse.Namespace) -> None:
    behaviour = json.loads((given.model / "behaviour.json").read_text())
    if behaviour.get("exit"):
        raise SystemExit("this model is broken")
    server = FakeServer(behaviour, f'model="flights",release="{given.release}",track="{given.track}"')
    application = web.Application()
    application.router.add_get("/v2/health/ready", server.ready)
    application.router.add_get("/metrics", server.metrics)
    application.router.add_post("/predict", server.predict)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, given.host, given.port).start()
    await until_told(given.exit_with_parent)
    await runner.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path)
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--release")
    parser.add_argument("--track")
    parser.add_argument("--drain-seconds")
    parser.add_argument("--exit-with-parent", type=int)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
