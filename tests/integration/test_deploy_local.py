"""The local target with real processes: what runs, what is routed, and what is left when somebody is killed."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import psutil
import pytest
import requests

from mlops_actions.config.models import DeploySection
from mlops_actions.deploy import processes
from mlops_actions.deploy.local import LocalTarget
from mlops_actions.deploy.processes import Kind
from mlops_actions.errors import OutsideError
from mlops_actions.release.endpoints import read_endpoints
from mlops_actions.release.target import Track
from support.releases import ENVIRONMENT, TESTS, artifact, program, release

MakeTarget = Callable[..., LocalTarget]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeTarget]:
    targets: list[LocalTarget] = []

    def make(rows: Path | None = None, **settings: object) -> LocalTarget:
        section = DeploySection.model_validate({"ready_seconds": 20, **settings})
        targets.append(
            LocalTarget(tmp_path / "local", section, programs=program, environment=ENVIRONMENT, replay_rows=rows)
        )
        return targets[-1]

    yield make
    make().down()
    assert processes.running(tmp_path / "local") == []


def ask(url: str) -> requests.Response:
    return requests.post(f"{url}/predict", json={"rows": [{"x": 1.0}]}, timeout=10)


def tracks(url: str, count: int) -> Counter[str]:
    return Counter(ask(url).headers["X-Mlops-Track"] for _ in range(count))


def test_ten_percent_is_ten_of_a_hundred(make: MakeTarget, tmp_path: Path) -> None:
    target = make()
    target.apply(release(1, artifact(tmp_path / "local" / "one")), Track.STABLE)
    target.apply(release(2, artifact(tmp_path / "local" / "two")), Track.CANARY)
    url = target.status().url
    assert tracks(url, 10) == {"stable": 10}
    target.set_weight(10)
    assert tracks(url, 100) == {"stable": 90, "canary": 10}
    target.set_weight(50)
    assert tracks(url, 20) == {"stable": 10, "canary": 10}
    status = target.status()
    assert status.releases == {Track.STABLE: 1, Track.CANARY: 2}
    assert status.ready == {Track.STABLE: True, Track.CANARY: True}
    assert read_endpoints(tmp_path) == status.metrics_urls
    assert set(status.metrics_urls) == {Track.STABLE, Track.CANARY}


def test_no_request_is_lost_while_weights_and_servers_change(make: MakeTarget, tmp_path: Path) -> None:
    target = make()
    target.apply(release(1, artifact(tmp_path / "local" / "one", slow=0.02)), Track.STABLE)
    url, over = target.status().url, threading.Event()
    statuses: list[int] = []

    def client() -> None:
        while not over.is_set():
            statuses.append(ask(url).status_code)

    clients = [threading.Thread(target=client) for _ in range(4)]
    for thread in clients:
        thread.start()
    try:
        for number in (2, 3):
            newer = release(number, artifact(tmp_path / "local" / str(number), slow=0.02))
            target.apply(newer, Track.CANARY)
            target.set_weight(30)
            target.restore(newer)
    finally:
        over.set()
        for thread in clients:
            thread.join()
    assert set(statuses) == {200}
    assert len(statuses) > 20
    assert target.status().releases == {Track.STABLE: 3}


def test_restore_takes_a_canary_away_and_nothing_serves_when_there_is_no_release(
    make: MakeTarget, tmp_path: Path
) -> None:
    target, one = make(), release(1, artifact(tmp_path / "local" / "one"))
    target.apply(one, Track.STABLE)
    target.apply(release(2, artifact(tmp_path / "local" / "two")), Track.CANARY)
    target.set_weight(50)
    stable = target.status().metrics_urls[Track.STABLE]
    target.restore(one)
    status = target.status()
    assert (status.releases, status.canary_weight, status.metrics_urls[Track.STABLE]) == ({Track.STABLE: 1}, 0, stable)
    assert tracks(status.url, 10) == {"stable": 10}
    target.restore(None)
    assert target.status().releases == {}
    answer = ask(status.url)
    assert (answer.status_code, answer.json()["error"]) == (503, "No release serves here.")


def test_every_call_may_be_repeated(make: MakeTarget, tmp_path: Path) -> None:
    one = release(1, artifact(tmp_path / "local" / "one"))
    make().apply(one, Track.STABLE)
    first = make().status()
    make().apply(one, Track.STABLE)
    make().restore(one)
    assert make().status() == first


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ({"exit": True}, "this model is broken"),
        ({"ready": False}, "was not ready within 1 seconds"),
        ({"score": 0.7}, r"golden row 0 got \[0\.3\d*, 0\.7\], expected \[0\.25, 0\.75\]"),
    ],
)
def test_release_that_is_not_ready_is_refused_and_stable_is_untouched(
    make: MakeTarget, tmp_path: Path, behaviour: dict[str, object], said: str
) -> None:
    make().apply(release(1, artifact(tmp_path / "local" / "one")), Track.STABLE)
    bad = release(2, artifact(tmp_path / "local" / "two", **behaviour))
    with pytest.raises(OutsideError, match=said):
        make(ready_seconds=1).apply(bad, Track.CANARY)
    status = make().status()
    assert (status.releases, status.ready) == ({Track.STABLE: 1}, {Track.STABLE: True})
    assert tracks(status.url, 3) == {"stable": 3}


def test_dead_server_is_a_502_and_is_started_again_by_restore(make: MakeTarget, tmp_path: Path) -> None:
    target, one = make(), release(1, artifact(tmp_path / "local" / "one"))
    target.apply(one, Track.STABLE)
    url = target.status().url
    [server] = [found for found in processes.running(tmp_path / "local") if found.kind is Kind.SERVER]
    server.process.kill()
    server.process.wait()
    answer = ask(url)
    assert answer.status_code == 502
    assert "stable server did not answer" in answer.json()["error"]
    target.restore(one)
    assert (target.status().url, ask(url).status_code) == (url, 200)


def test_taken_port_is_named(make: MakeTarget, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OutsideError, match=f"Port {port} cannot be had"):
            make(port=port).apply(release(1, artifact(tmp_path / "local" / "one")), Track.STABLE)


def test_router_takes_no_orders_without_its_token(make: MakeTarget, tmp_path: Path) -> None:
    make().apply(release(1, artifact(tmp_path / "local" / "one")), Track.STABLE)
    [router] = [found for found in processes.running(tmp_path / "local") if found.kind is Kind.ROUTER]
    admin = f"http://127.0.0.1:{router.options['--admin-port']}"
    assert requests.post(f"{admin}/reload", timeout=5).status_code == 403
    assert requests.get(f"{admin}/status", headers={"X-Router-Token": "guess"}, timeout=5).status_code == 403
    assert (tmp_path / "local" / "router.token").stat().st_mode & 0o077 == 0


def test_traffic_is_replayed_only_while_a_release_is_on_trial(make: MakeTarget, tmp_path: Path) -> None:
    rows = tmp_path / "rows.parquet"
    pl.DataFrame({"x": [1.0, None, float("nan")], "when": [None, "a", "b"]}).write_parquet(rows)
    target, one = make(rows, replay_per_second=200), release(1, artifact(tmp_path / "local" / "one", refuse_null="x"))
    target.apply(one, Track.CANARY)
    assert counted(target) == {"ok": 1, "invalid": 0}  # its golden row
    target.set_weight(100)
    wait_for(lambda: counted(target)["invalid"] > 20)
    share = counted(target)
    assert share["invalid"] / (share["invalid"] + share["ok"]) == pytest.approx(2 / 3, abs=0.1)
    target.restore(one)
    assert [found.kind for found in processes.running(tmp_path / "local")].count(Kind.REPLAY) == 0


def counted(target: LocalTarget) -> dict[str, int]:
    text = requests.get(target.status().metrics_urls[Track.CANARY][0], timeout=5).text
    return {
        outcome: int(line.split()[-1])
        for line in text.splitlines()
        for outcome in ("ok", "invalid")
        if f'outcome="{outcome}"' in line
    }


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


STARTER = """
import os, pathlib, sys, time
from support.releases import ENVIRONMENT, artifact, program, release
from mlops_actions.config.models import DeploySection
from mlops_actions.deploy.local import LocalTarget
from mlops_actions.release.target import Track
folder = pathlib.Path(sys.argv[1])
parent = os.getpid() if sys.argv[2] == "tied" else None
target = LocalTarget(folder, DeploySection(), programs=program, environment=ENVIRONMENT, parent=parent)
target.apply(release(1, artifact(folder / "one")), Track.STABLE)
print("up", flush=True)
time.sleep(60)
"""


def started(folder: Path, tie: str) -> subprocess.Popen[str]:
    environment = {**ENVIRONMENT, "PYTHONPATH": f"{TESTS}:{TESTS.parent / 'src'}"}
    command = [sys.executable, "-c", STARTER, str(folder), tie]
    starter = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    assert starter.stdout.readline() == "up\n"
    return starter


def test_servers_outlive_the_command_that_started_them_unless_tied(tmp_path: Path, make: MakeTarget) -> None:
    folder = tmp_path / "local"
    for tie, left in (("free", 2), ("tied", 0)):
        with started(folder, tie) as starter:
            assert len(processes.running(folder)) == 2
            starter.send_signal(signal.SIGKILL)
        wait_for(lambda left=left: len(processes.running(folder)) == left)  # type: ignore[misc]
        time.sleep(0.5)
        assert len(processes.running(folder)) == left
        make().down()
        for path in sorted((folder / "one").iterdir()):
            path.unlink()
        (folder / "one").rmdir()


def test_a_program_that_only_looks_like_ours_is_never_stopped(make: MakeTarget, tmp_path: Path) -> None:
    folder = tmp_path / "local"
    reader = [sys.executable, "-c", "import time; time.sleep(30)", str(folder / "logs" / "router.log"), "--track"]
    with subprocess.Popen(reader) as bystander:
        try:
            assert make().down() == 0
            assert psutil.Process(bystander.pid).is_running()
            assert bystander.poll() is None
        finally:
            bystander.kill()


def test_holder_is_known_to_be_gone_only_when_it_is() -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"]) as other:
        words = processes.holder().split()
        words[1], words[-1] = str(other.pid), f"{psutil.Process(other.pid).create_time():.2f}"
        holder = " ".join(words)
        assert not processes.is_gone(holder)
        other.kill()
    assert processes.is_gone(holder)
    assert processes.is_gone(" ".join([*processes.holder().split()[:-1], "1.00"]))  # our pid, used before
    assert not processes.is_gone(processes.holder())
    assert not processes.is_gone("https://example.invalid/actions/runs/1")
