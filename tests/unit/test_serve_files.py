"""Model folders that cannot be served, CPU limits, and the socket."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_actions.serve.cpu import cpu_limit
from mlops_actions.serve.errors import ModelError
from mlops_actions.serve.server import address, bind
from mlops_actions.serve.service import Service
from mlops_actions.serve.signature import read_signature
from support.served import litert_bundle, onnx_bundle, signature


def service(folder: Path) -> Service:
    return Service(folder, release="1", track="stable", max_rows=5, started=0)


@pytest.mark.parametrize("name", ["serving/signature.json", "golden.json", "model_config.yaml"])
@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff", b"[]"])
def test_a_missing_or_damaged_file_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    onnx_bundle(tmp_path)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=name):
        service(tmp_path)


@pytest.mark.parametrize("make", [onnx_bundle, litert_bundle])
def test_a_damaged_model_file_is_named(tmp_path: Path, make: Any) -> None:
    make(tmp_path)
    path = next((tmp_path / "serving").glob("model.*"))
    path.write_bytes(b"no model")
    with pytest.raises(ModelError, match=path.name):
        service(tmp_path).load()
    path.unlink()
    with pytest.raises(ModelError, match="There is no model file"):
        service(tmp_path).load()


def test_golden_rows_without_answers_are_refused(tmp_path: Path) -> None:
    onnx_bundle(tmp_path)
    (tmp_path / "golden.json").write_text('{"rows": [], "expected": [], "tolerance": 1}')
    with pytest.raises(ModelError, match="0 rows and 0 answers"):
        service(tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"schema_version": 2}, {"platform": "pickle"}, {"layout": "cube"}, {"task": "clustering"}, {"features": [{}]}],
)
def test_a_signature_of_another_kind_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "signature.json").write_text(json.dumps(signature(**change)))
    with pytest.raises(ModelError, match="not a signature of this version"):
        read_signature(tmp_path, "v1")


def cgroup(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    return folder


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({}, 64),
        ({"cpu.max": "max 100000\n"}, 64),
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "250000 100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 64),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
    ],
)
def test_the_limit_is_read_from_both_versions_of_control_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], limit: int
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)))
    assert cpu_limit(cgroup(tmp_path, files)) == limit


def test_a_taken_port_is_named() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        assert address(taken) == f"http://127.0.0.1:{port}"
        with pytest.raises(ModelError, match=str(port)):
            bind("127.0.0.1", port)
