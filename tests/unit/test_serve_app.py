"""The server's paths, called as an ASGI application with a real ONNX model."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mlops_actions.serve.app import App
from mlops_actions.serve.service import Service, State
from support.served import ROWS, onnx_bundle, probability

MAX_BYTES = 4000
STARTED = 1_700_000_000.5
Answer = tuple[int, dict[str, str], Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return onnx_bundle(tmp_path_factory.mktemp("bundle")).path


@pytest.fixture
def service(folder: Path) -> Service:
    service = Service(folder, release="7", track="canary", max_rows=5, started=STARTED)
    service.load()
    return service


@pytest.fixture
def app(service: Service) -> App:
    return App(service, max_bytes=MAX_BYTES)


def call(app: App, method: str, path: str, body: Any = b"", *, pieces: int = 1) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    size = -(-len(content) // pieces)
    parts = [content[size * index : size * (index + 1)] for index in range(pieces)]
    messages: Iterator[dict[str, Any]] = iter(
        {"type": "http.request", "body": part, "more_body": index < pieces - 1} for index, part in enumerate(parts)
    )
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-length", str(len(content)).encode())] if pieces == 1 else []
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": headers}
    asyncio.run(app(scope, receive, send))
    start, end = sent
    answer_headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert int(answer_headers["content-length"]) == len(end["body"])
    is_json = answer_headers["content-type"] == "application/json"
    return start["status"], answer_headers, json.loads(end["body"]) if is_json else end["body"].decode()


def samples(app: App) -> dict[str, float]:
    """Return the series of /metrics: name and the labels beside model, release, track -> value."""
    _, headers, text = call(app, "GET", "/metrics")
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = dict(sample.labels)
            assert (labels.pop("model"), labels.pop("release"), labels.pop("track")) == ("toy", "7", "canary")
            found[sample.name + json.dumps(labels, sort_keys=True)] = sample.value
    return found


def test_predict_takes_rows_a_row_and_a_list_of_rows(app: App) -> None:
    for body, rows in (({"rows": ROWS}, ROWS), (ROWS[0], ROWS[:1]), (ROWS, ROWS)):
        status, _, answer = call(app, "POST", "/predict", body)
        assert status == 200
        for row, prediction in zip(rows, answer["predictions"], strict=True):
            yes = probability(row)
            assert prediction["scores"] == pytest.approx({"no": 1 - yes, "yes": yes}, abs=1e-5)
            assert prediction["class"] == ("yes" if yes > 0.5 else "no")


def test_a_body_in_pieces_is_put_together(app: App) -> None:
    assert call(app, "POST", "/predict", {"rows": ROWS}, pieces=5)[0] == 200


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        (b"", 400, "empty"),
        (b"  ", 400, "empty"),
        (b"{", 400, "not JSON"),
        (b'"text"', 400, "neither"),
        (b"[]", 400, "no rows"),
        (b'{"rows": []}', 400, "no rows"),
        (b"\xff\xfe", 400, "not JSON"),
        (b'{"distance": NaN}', 422, "not finite"),
        (b'{"distance": 1e999}', 422, "not finite"),
        (b"[[1, 2]]", 422, "Row 0 is a list"),
        (b"{}", 422, "no column"),
        (json.dumps([ROWS[0]] * 6).encode(), 413, "6 rows are more than 5"),
        (b" " * (MAX_BYTES + 1), 413, "larger than 4000 bytes"),
    ],
)
def test_refusals_say_why(app: App, body: bytes, status: int, part: str) -> None:
    found, headers, answer = call(app, "POST", "/predict", body)
    assert found == status
    assert part in answer["error"]
    assert samples(app)['mlops_requests_total{"outcome": "invalid"}'] == 1
    assert ("connection" in headers) == (status == 413)


def test_a_body_that_grows_too_large_in_pieces_is_refused(app: App) -> None:
    assert call(app, "POST", "/predict", b" " * (MAX_BYTES + 1), pieces=3)[0] == 413


def test_a_client_that_leaves_is_not_answered_and_not_counted(app: App) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pytest.fail(f"answered {message}")

    scope = {"type": "http", "method": "POST", "path": "/predict", "raw_path": b"/predict", "headers": []}
    asyncio.run(app(scope, receive, send))
    assert sum(value for name, value in samples(app).items() if name.startswith("mlops_requests_total")) == 0


def infer_request(**more: Any) -> dict[str, Any]:
    columns: dict[str, list[Any]] = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    shape = [len(ROWS), 1]
    inputs = [
        {"name": name, "shape": shape, "datatype": "BYTES" if name == "carrier" else "FP32", "data": data}
        for name, data in columns.items()
    ]
    return {"inputs": inputs, **more}


@pytest.mark.parametrize("path", ["/v2/models/toy/infer", "/v2/models/toy/versions/v1.0/infer"])
def test_infer_follows_the_protocol(app: App, path: str) -> None:
    status, _, answer = call(app, "POST", path, infer_request(id="abc"))
    assert status == 200
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("toy", "v1.0", "abc")
    scores, classes = answer["outputs"]
    expected = [value for row in ROWS for value in (1 - probability(row), probability(row))]
    assert (scores["name"], scores["datatype"], scores["shape"]) == ("probabilities", "FP32", [3, 2])
    assert scores["data"] == pytest.approx(expected, abs=1e-5)
    assert (classes["datatype"], classes["shape"]) == ("BYTES", [3])


def test_infer_refuses_what_is_no_object(app: App) -> None:
    status, _, answer = call(app, "POST", "/v2/models/toy/infer", [1])
    assert (status, answer) == (400, {"error": "The request is not a JSON object."})


def test_pages(app: App) -> None:
    assert call(app, "GET", "/v2")[2] == {"name": "mlops-actions", "version": "2", "extensions": []}
    assert call(app, "GET", "/v2/health/live")[2] == {"live": True}
    assert call(app, "GET", "/v2/health/ready")[2]["ready"] is True
    assert call(app, "GET", "/v2/models/toy/ready")[2]["name"] == "toy"
    assert call(app, "GET", "/v2/models/toy")[2]["versions"] == ["v1.0"]
    assert call(app, "GET", "/v2/models/toy/versions/v1.0")[2]["platform"] == "onnx_onnxv1"
    assert call(app, "GET", "/health")[2] == {"status": "ready", "model": "toy", "version": "v1.0"}
    assert call(app, "HEAD", "/health")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/", 404, None),
        ("POST", "/v2/models/other/infer", 404, None),
        ("POST", "/v2/models/toy/versions/v9/infer", 404, None),
        ("GET", "/v2/models/toy/explain", 404, None),
        ("GET", "/predict", 405, "POST"),
        ("GET", "/v2/models/toy/infer", 405, "POST"),
        ("POST", "/metrics", 405, "GET, HEAD"),
        ("DELETE", "/v2/models/toy", 405, "GET, HEAD"),
    ],
)
def test_wrong_paths_and_methods(app: App, method: str, path: str, status: int, allow: str | None) -> None:
    found, headers, answer = call(app, method, path)
    assert (found, headers.get("allow")) == (status, allow)
    assert list(answer) == ["error"]


def test_every_series_exists_before_the_first_request(app: App) -> None:
    found = samples(app)
    for outcome in ("ok", "invalid", "error"):
        assert found[f'mlops_requests_total{{"outcome": "{outcome}"}}'] == 0
    for name in ("no", "yes"):
        assert found[f'mlops_predictions_total{{"class": "{name}"}}'] == 0
    assert found["mlops_request_seconds_count{}"] == found["mlops_score_count{}"] == 0
    assert found["mlops_score_squares_total{}"] == 0
    assert found['mlops_input_nulls_total{"feature": "carrier"}'] == 0
    assert found["mlops_process_start_time_seconds{}"] == STARTED
    assert found['mlops_request_seconds_bucket{"le": "5e-05"}'] == 0
    assert found['mlops_request_seconds_bucket{"le": "10.0"}'] == 0
    assert not any("_created" in name for name in found)


def test_requests_are_counted_with_scores_classes_and_nulls(app: App, service: Service) -> None:
    call(app, "POST", "/predict", {"rows": ROWS})
    call(app, "POST", "/v2/models/toy/infer", infer_request())
    call(app, "POST", "/predict", b"{")
    found = samples(app)
    winning = [max(probability(row), 1 - probability(row)) for row in ROWS] * 2
    assert found['mlops_requests_total{"outcome": "ok"}'] == 2
    assert found['mlops_requests_total{"outcome": "invalid"}'] == 1
    assert found["mlops_request_seconds_count{}"] == 3
    assert found["mlops_score_count{}"] == 6
    assert found["mlops_score_sum{}"] == pytest.approx(sum(winning), abs=1e-4)
    assert found["mlops_score_squares_total{}"] == pytest.approx(sum(score**2 for score in winning), abs=1e-4)
    assert found["mlops_confidence{}"] == pytest.approx(winning[-1], abs=1e-5)
    yes = 2 * sum(probability(row) > 0.5 for row in ROWS)
    assert found['mlops_predictions_total{"class": "yes"}'] == yes
    assert found['mlops_predictions_total{"class": "no"}'] == 6 - yes
    assert found['mlops_input_nulls_total{"feature": "dep delay"}'] == 2
    assert found['mlops_input_nulls_total{"feature": "carrier"}'] == 2


def test_not_ready_until_loaded(folder: Path) -> None:
    service = Service(folder, release="7", track="canary", max_rows=5, started=STARTED)
    app = App(service, max_bytes=MAX_BYTES)
    assert call(app, "GET", "/v2/health/live")[0] == 200
    status, _, answer = call(app, "GET", "/v2/health/ready")
    assert (status, answer["ready"], answer["state"]) == (503, False, "loading")
    status, _, answer = call(app, "POST", "/predict", {"rows": ROWS})
    assert (status, answer) == (503, {"error": "The model is being loaded."})
    assert samples(app)['mlops_requests_total{"outcome": "error"}'] == 1


def test_draining_says_not_ready_and_still_answers(app: App, service: Service) -> None:
    service.drain()
    assert call(app, "GET", "/v2/health/ready")[2]["state"] == "draining"
    status, headers, _ = call(app, "POST", "/predict", {"rows": ROWS})
    assert (status, headers["connection"]) == (200, "close")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"expected": [[0.5, 0.5]] * 3}, "Golden row 0 differs by"),
        ({"rows": [{}] * 3}, "Golden row 0 has no answer"),
        ({"expected": [[1.0]] * 3}, "2 scores, 1 expected"),
    ],
)
def test_a_model_that_misses_its_golden_rows_is_never_ready(tmp_path: Path, change: dict[str, Any], part: str) -> None:
    bundle = onnx_bundle(tmp_path)
    golden = json.loads((tmp_path / "golden.json").read_text())
    (tmp_path / "golden.json").write_text(json.dumps({**golden, **change}))
    service = Service(bundle.path, release="1", track="stable", max_rows=5, started=STARTED)
    service.load()
    assert service.state is State.FAILED
    status, _, answer = call(App(service, max_bytes=MAX_BYTES), "GET", "/v2/health/ready")
    assert (status, answer["state"]) == (503, "failed")
    assert part in answer["reason"]


def test_the_documentation_lists_every_series(app: App) -> None:
    text = Path(__file__).parents[2].joinpath("docs", "serving.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(mlops_\w+)` \|", text, flags=re.MULTILINE))
    families = text_string_to_metric_families(call(app, "GET", "/metrics")[2])
    assert documented == {f"{family.name}_total" if family.type == "counter" else family.name for family in families}
