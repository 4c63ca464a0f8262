"""The server as a real process on loopback: readiness, shutdown, threads, its parent's end."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from support.served import ROWS, litert_bundle, onnx_bundle, probability, softmax
from support.server_process import ENVIRONMENT, Running, command, server


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onnx_bundle(tmp_path_factory.mktemp("bundle")).path


def test_it_becomes_ready_answers_and_counts(model: Path) -> None:
    with server(model, "--release", "3", "--track", "canary") as running:
        running.wait_until("ready")
        status, answer = running.ask("POST", "/predict", {"rows": ROWS})
        assert status == 200
        assert answer["predictions"][0]["scores"]["yes"] == pytest.approx(probability(ROWS[0]), abs=1e-5)
        text = running.ask("GET", "/metrics")[1]
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    counted = {s.labels["outcome"]: s.value for s in samples if s.name == "mlops_requests_total"}
    assert counted == {"ok": 1, "invalid": 0, "error": 0}
    assert {(s.labels["model"], s.labels["release"], s.labels["track"]) for s in samples} == {("toy", "3", "canary")}


def test_a_body_in_chunks_and_one_that_is_too_large(model: Path) -> None:
    with server(model, "--max-bytes", "2000") as running:
        running.wait_until("ready")
        connection = http.client.HTTPConnection(*running.address, timeout=30)
        pieces = [json.dumps({"rows": ROWS})[start : start + 50].encode() for start in range(0, 400, 50)]
        connection.request(
            "POST", "/predict", iter(pieces), encode_chunked=True, headers={"Transfer-Encoding": "chunked"}
        )
        response = connection.getresponse()
        assert (response.status, len(json.loads(response.read())["predictions"])) == (200, 3)
        connection.close()
        assert running.ask("POST", "/predict", ROWS * 100)[0] == 413
        assert running.ask("POST", "/predict", ROWS)[0] == 200


class Client(threading.Thread):
    """Sends requests on kept-alive connections, as a load balancer would: until the server says that it is not ready."""

    def __init__(self, running: Running, leave: threading.Event) -> None:
        super().__init__()
        self._running, self._leave = running, leave
        self.sent = self.answered = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection(*self._running.address, timeout=30)
        while not self._leave.is_set():
            self.sent += 1
            connection.request("POST", "/predict", json.dumps({"rows": ROWS}))
            response = connection.getresponse()
            response.read()
            self.answered += response.status == 200
        connection.close()


def test_a_shutdown_under_load_loses_no_request(model: Path) -> None:
    leave = threading.Event()
    with server(model, "--drain-seconds", "2") as running:
        running.wait_until("ready")
        clients = [Client(running, leave) for _ in range(8)]
        for client in clients:
            client.start()
        while sum(client.answered for client in clients) < 300:
            time.sleep(0.01)
        running.process.send_signal(signal.SIGTERM)
        running.wait_until("draining")
        before = sum(client.answered for client in clients)
        while sum(client.answered for client in clients) < before + 100:
            time.sleep(0.01)
        leave.set()
        for client in clients:
            client.join(timeout=30)
        assert running.process.wait(timeout=30) == 0
    assert [client.answered for client in clients] == [client.sent for client in clients]
    assert sum(client.sent for client in clients) >= 400


def test_a_request_that_is_half_sent_when_the_end_comes_is_answered(model: Path) -> None:
    body = json.dumps({"rows": ROWS}).encode()
    with server(model) as running, socket.create_connection(running.address, timeout=30) as half:
        running.wait_until("ready")
        half.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:10])
        time.sleep(0.2)
        running.process.send_signal(signal.SIGINT)
        _wait_until_closed(running.address)
        half.sendall(body[10:])
        assert half.recv(4096).startswith(b"HTTP/1.1 200 OK")
        assert running.process.wait(timeout=30) == 0


def _wait_until_closed(address: tuple[str, int]) -> None:
    for _ in range(500):
        try:
            socket.create_connection(address, timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    raise AssertionError("still accepting")


def test_a_second_signal_ends_the_wait(model: Path) -> None:
    with server(model, "--drain-seconds", "600") as running:
        running.wait_until("ready")
        running.process.send_signal(signal.SIGTERM)
        running.wait_until("draining")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=30) == 0


def refused(*arguments: str) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, env=ENVIRONMENT, timeout=60, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_taken_port_is_said(model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(*command(model, "--port", str(port)))
    assert f"cannot listen on ('127.0.0.1', {port}): Address already in use" in said


def test_a_damaged_model_is_said(tmp_path: Path) -> None:
    onnx_bundle(tmp_path)
    (tmp_path / "serving" / "model.onnx").write_bytes(b"damaged")
    assert "model.onnx is no model for ONNX Runtime" in refused(*command(tmp_path, "--port", "0"))


def test_a_model_that_misses_its_golden_rows_says_so_and_is_never_ready(tmp_path: Path) -> None:
    onnx_bundle(tmp_path)
    golden = json.loads((tmp_path / "golden.json").read_text())
    golden["expected"][1] = [0.0, 1.0]
    (tmp_path / "golden.json").write_text(json.dumps(golden))
    with server(tmp_path) as running:
        assert running.wait_until("failed")["reason"].startswith("Golden row 1 differs by")
        assert running.ask("GET", "/v2/health/live")[0] == 200
        assert running.ask("POST", "/predict", ROWS)[0] == 503


@pytest.mark.parametrize("size", [1, 200])
def test_litert_answers_eight_clients_at_once(tmp_path: Path, size: int) -> None:
    bundle, weights = litert_bundle(tmp_path, features=64, classes=10)
    matrices = np.random.default_rng(2).normal(size=(8, 10, size, 64)).astype(np.float32)

    def client(number: int) -> float:
        worst = 0.0
        for matrix in matrices[number]:
            shape, data = list(matrix.shape), matrix.ravel().tolist()
            inputs = [{"name": "features", "datatype": "FP32", "shape": shape, "data": data}]
            status, answer = running.ask("POST", "/v2/models/toy/infer", {"inputs": inputs})
            assert status == 200
            found = np.array(answer["outputs"][0]["data"]).reshape(size, 10)
            worst = max(worst, float(np.abs(found - softmax(matrix @ weights.T)).max()))
        return worst

    with server(bundle.path) as running, ThreadPoolExecutor(8) as threads:
        running.wait_until("ready")
        assert max(threads.map(client, range(8))) < 1e-4


PARENT = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
print(child.pid, child.stdout.readline(), flush=True)
time.sleep(600)
"""


def test_it_ends_with_its_parent(model: Path) -> None:
    arguments = command(model, "--port", "0", "--exit-with-parent")
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *arguments], stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline().split()[0])
        parent.kill()
    assert _gone(child)


def test_a_parent_that_is_gone_already_ends_it(model: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as short:
        short.wait()
    done = subprocess.run(
        command(model, "--port", "0", "--exit-with-parent", str(short.pid)), env=ENVIRONMENT, timeout=60, check=False
    )
    assert done.returncode == 0


def _gone(pid: int) -> bool:
    for _ in range(500):
        if not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z":
            return True
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    return False


def test_a_unix_socket_needs_no_network(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "s"
    with subprocess.Popen(
        command(model, "--uds", str(path)), stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == f"listening on unix:{path}\n"
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(30)
            connection.connect(str(path))
            connection.sendall(b"GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
