"""`mlops check-metrics` as a user runs it: a release on trial, its servers, exit codes, verdict.json."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from mlops_actions.release import FileStore, Release, ReleaseState, Status
from mlops_actions.release.endpoints import write_endpoints
from mlops_actions.release.target import Track
from support.metrics_server import MetricsServer, canary_and_stable

CONFIG = "model: m\ncheck_metrics:\n  interval_seconds: 0.2\n"


@pytest.fixture
def servers() -> Iterator[tuple[MetricsServer, MetricsServer]]:
    with canary_and_stable() as pair:
        yield pair


@pytest.fixture
def repository(tmp_path: Path, servers: tuple[MetricsServer, MetricsServer]) -> Path:
    """A repository with release 2 on trial against release 1."""
    (tmp_path / "mlops.yaml").write_text(CONFIG)
    folder = tmp_path / ".mlops" / "m" / "releases" / "staging"
    store = FileStore(folder)
    store.write(_release())
    store.swap(ReleaseState(), ReleaseState(stable=1, verified=1, canary=2, canary_weight=10))
    canary, stable = servers
    write_endpoints(folder, {Track.CANARY: [canary.url], Track.STABLE: [stable.url]})
    return tmp_path


def _release() -> Release:
    return Release(
        id=2,
        model="m",
        environment="staging",
        version="v2",
        bundle_digest="sha256:22",
        artifact="oci:x",
        status=Status.CANARY,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        by="test",
    )


class Run:
    """What the command left behind."""

    def __init__(self, repository: Path, *arguments: str) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GITHUB_")}
        command = [sys.executable, "-m", "mlops_actions", "check-metrics", "--config", str(repository), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        self.code, self.output = done.returncode, done.stdout + done.stderr
        self.path = repository / ".mlops" / "m" / "verdict.json"


@contextlib.contextmanager
def traffic(server: MetricsServer, ok: int, error: int) -> Iterator[None]:
    """Let requests arrive every 50 ms."""
    done = Event()

    def drive() -> None:
        while not done.wait(0.05):
            server.add(ok, error)

    thread = Thread(target=drive)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_healthy_canary_passes(repository: Path, servers: tuple[MetricsServer, MetricsServer]) -> None:
    with traffic(servers[0], 10, 0), traffic(servers[1], 90, 0):
        run = Run(repository, "--deadline", "20")
    assert run.code == 0, run.output
    verdict = json.loads(run.path.read_text())
    assert (verdict["decision"], verdict["reason"]) == ("pass", "negligible")
    assert verdict["subject"] == {
        "model": "m",
        "environment": "staging",
        "release": 2,
        "stable": 1,
        "bundle_digest": "sha256:22",
    }
    report = json.loads((run.path.parent / "reports" / "check-metrics.json").read_text())
    assert report["outputs"] == {"verdict": str(run.path)}


def test_a_harmful_canary_fails_and_the_verdict_can_be_replayed(
    repository: Path, servers: tuple[MetricsServer, MetricsServer]
) -> None:
    with traffic(servers[0], 5, 5), traffic(servers[1], 90, 0):
        run = Run(repository, "--deadline", "20")
    assert run.code == 1, run.output
    assert "evidence of harm" in run.output
    before = run.path.read_bytes()
    again = Run(repository, "--replay", str(run.path))
    assert (again.code, again.path.read_bytes()) == (1, before)


def test_silence_is_undecided(repository: Path) -> None:
    run = Run(repository, "--deadline", "0.5")
    assert run.code == 5, run.output
    assert json.loads(run.path.read_text())["reason"] == "no_traffic"


def test_servers_that_are_gone_blame_nobody(repository: Path, servers: tuple[MetricsServer, MetricsServer]) -> None:
    servers[0].close()
    run = Run(repository, "--deadline", "0.5")
    assert run.code == 5, run.output
    assert json.loads(run.path.read_text())["reason"] == "no_data"
    assert "QUERY_ERROR" in run.output


def test_a_prometheus_that_is_down_blames_nobody(repository: Path) -> None:
    settings = CONFIG + "  scrape_interval_seconds: 0.1\n"
    (repository / "mlops.yaml").write_text(settings)
    run = Run(repository, "--deadline", "1", "--prometheus", "http://127.0.0.1:1")
    assert run.code == 5, run.output
    assert json.loads(run.path.read_text())["reason"] == "no_data"


def test_nothing_on_trial_is_the_callers_mistake(repository: Path) -> None:
    run = Run(repository, "--environment", "production")
    assert run.code == 2
    assert "No release is on trial" in run.output


def test_a_verdict_that_was_edited_is_refused(repository: Path) -> None:
    run = Run(repository, "--deadline", "0.3")
    run.path.write_text(run.path.read_text().replace('"undecided"', '"pass"'))
    again = Run(repository, "--replay", str(run.path))
    assert again.code == 2
    assert "do not act on it" in again.output
