"""The whole way of a number: a served model counts, the shipped Prometheus configuration scrapes it, the judge reads it."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops_actions.check_metrics.judge import Judge
from mlops_actions.check_metrics.look import Look, LookKind
from mlops_actions.check_metrics.sources import MetricsEndpoints, PrometheusSource, arms_of
from mlops_actions.config.models import CheckMetricsSection
from mlops_actions.release.record import ReleaseState
from mlops_actions.release.target import Track
from mlops_actions.verdict import Decision
from servers import prometheus, require
from support.served import ROWS, onnx_bundle
from support.server_process import Running, server

SHIPPED = Path(__file__).resolve().parents[2] / "monitoring" / "prometheus.yml"
SCRAPE = 0.2
ARMS = arms_of("toy", ReleaseState(canary=2, stable=1))
REFUSED = [{**ROWS[0], "distance": None}]  # distance is not nullable: 422, outcome invalid


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Track, Running]]:
    model = onnx_bundle(tmp_path_factory.mktemp("bundle")).path
    with contextlib.ExitStack() as stack:
        running = {
            track: stack.enter_context(server(model, "--release", release, "--track", str(track)))
            for track, release in ((Track.CANARY, "2"), (Track.STABLE, "1"))
        }
        for one in running.values():
            one.wait_until("ready")
        yield running


def scrape_configs(served: dict[Track, Running]) -> list[Any]:
    shipped: list[Any] = yaml.safe_load(SHIPPED.read_text())["scrape_configs"]
    shipped[0]["static_configs"] = [{"targets": [f"{host}:{port}" for host, port in map(address, served.values())]}]
    return shipped


def address(running: Running) -> tuple[str, int]:
    return running.address


def send(running: Running, good: int, refused: int) -> None:
    for _ in range(good):
        assert running.ask("POST", "/predict", ROWS)[0] == 200
    for _ in range(refused):
        assert running.ask("POST", "/predict", REFUSED)[0] == 422


def judged_harmful(look: Look) -> None:
    judge = Judge(CheckMetricsSection(), has_stable=True)
    judge.observe(look)
    verdict = judge.verdict()
    assert (verdict.decision, verdict.reason) == (Decision.FAIL, "harm")
    assert verdict.evidence["canary"] == {"requests": 20, "errors": 10}
    assert verdict.evidence["stable"] == {"requests": 60, "errors": 0}


def test_refused_rows_are_harm_to_the_judge_on_prometheus(served: dict[Track, Running], tmp_path: Path) -> None:
    more = {"scrape_configs": scrape_configs(served)}
    with prometheus(tmp_path, [], scrape_interval=f"{SCRAPE * 1000:.0f}ms", more=more) as url:
        source, probe = (
            PrometheusSource(CheckMetricsSection(prometheus=url, scrape_interval_seconds=SCRAPE), ARMS) for _ in "12"
        )
        begin(source)
        begin(probe)
        send(served[Track.STABLE], 60, 0)
        send(served[Track.CANARY], 10, 10)
        wait_for_counts(probe)
        judged_harmful(source.look())


def begin(source: PrometheusSource) -> None:
    """Begin, and wait until the first samples are there to count from."""
    source.begin(10)
    while source.look().kind is not LookKind.OK:
        time.sleep(SCRAPE)


def wait_for_counts(probe: PrometheusSource) -> None:
    """Wait until everything that was sent can be read."""
    canary = stable = 0
    deadline = time.monotonic() + 20
    while (canary, stable) != (20, 60):
        assert time.monotonic() < deadline, (canary, stable)
        time.sleep(SCRAPE)
        look = probe.look()
        canary += look.canary.requests if look.canary else 0
        stable += look.stable.requests if look.stable else 0


def test_refused_rows_are_harm_to_the_judge_on_the_servers_pages(served: dict[Track, Running]) -> None:
    source = MetricsEndpoints(lambda: {track: [f"{one.url}/metrics"] for track, one in served.items()}, ARMS)
    source.begin(10)
    send(served[Track.STABLE], 60, 0)
    send(served[Track.CANARY], 10, 10)
    judged_harmful(source.look())


def test_the_shipped_configuration_is_valid_and_scrapes_as_often_as_the_judge_expects() -> None:
    done = subprocess.run(
        [require("promtool"), "check", "config", SHIPPED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    scrape = yaml.safe_load(SHIPPED.read_text())["global"]["scrape_interval"]
    assert scrape == f"{CheckMetricsSection().scrape_interval_seconds:.0f}s"
