"""Images for real: the same inputs give the same digest, a new model moves its own layers, and a wrong one is caught."""

import json
import tarfile
from pathlib import Path

import pytest

from mlops_actions.bundle import Bundle
from mlops_actions.config import Config
from mlops_actions.oci.descriptor import LAYER, LAYER_GZIP
from mlops_actions.oci.layout import Layout
from mlops_actions.verdict import Decision
from support.builds import CACHE, build, image_of, project, without_engines
from support.bundles import model_config
from support.served import FEATURES, litert_bundle, onnx_bundle


def digests(config: Config) -> list[str]:
    return [layer.digest for layer in image_of(config).layers]


def files_of(config: Config, layer: int) -> list[str]:
    layout, descriptor = Layout(config.work / "image"), image_of(config).layers[layer]
    with tarfile.open(layout.blob(descriptor.digest)) as archive:
        return [entry.name for entry in archive if entry.isfile()]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Config:
    config = project(tmp_path_factory.mktemp("first"))
    report = build(config)
    assert report.decision is Decision.PASS
    assert report.verdict.reason == "built"
    assert report.outputs == {
        "image": f"oci:{config.work / 'image'}@{image_of(config).descriptor.digest}",
        "digest": image_of(config).descriptor.digest,
    }
    assert report.facts["started"] == "from the unpacked layers, by this machine's Python"
    return config


def test_an_image_says_who_it_is_and_how_to_run_it(built: Config) -> None:
    image = image_of(built)
    identity = Bundle(built.work / "bundle").config()
    assert image.config["config"]["Labels"] == image.annotations
    assert image.annotations["org.opencontainers.image.title"] == "toy"
    assert image.annotations["dev.mlops-actions.bundle-digest"] == identity.bundle_digest
    assert image.config["config"]["User"] == "65532:65532"
    assert image.entrypoint == ["python3", "-m", "mlops_actions.serve", "--model", "/app/model"]
    assert image.environment["PYTHONPATH"] == "/app/server:/app/site-packages"
    assert "created" not in image.config
    assert [layer.media_type for layer in image.layers] == [LAYER_GZIP, LAYER_GZIP, LAYER, LAYER]


def test_the_layers_hold_what_they_should(built: Config) -> None:
    packages, server = files_of(built, 0), files_of(built, 1)
    assert "app/site-packages/onnxruntime/__init__.py" in packages
    assert any(name.startswith("app/site-packages/uvicorn/__pycache__/main.") for name in packages)
    assert not [name for name in packages if "/tests/" in name or "/bin/" in name or "packages/tensorflow" in name]
    assert {name.split("/")[2] for name in server} == {"mlops_actions"}
    assert {name.split("/")[3] for name in server} == {"__init__.py", "__pycache__", "serve"}
    assert files_of(built, 2) == [
        "app/model/golden.json",
        "app/model/serving/model.onnx",
        "app/model/serving/signature.json",
    ]
    assert files_of(built, 3) == ["app/model/model_config.yaml"]


def test_the_same_inputs_give_the_same_digest_elsewhere_and_without_a_cache(built: Config, tmp_path: Path) -> None:
    other = project(tmp_path / "another place")
    build(other, cache=tmp_path / "cold cache")
    assert image_of(other).descriptor == image_of(built).descriptor


def test_a_new_model_changes_only_its_own_layers(built: Config, tmp_path: Path) -> None:
    other = project(tmp_path, lambda path: onnx_bundle(path, bias=0.5, version="v1.1"))
    report = build(other)
    same = [old == new for old, new in zip(digests(built), digests(other), strict=True)]
    assert same == [True, True, False, False]
    rows = {row[0]: row[3] for row in report.tables[0].rows}
    assert rows == {"dependencies": "reused", "server": "built", "model": "built", "model_config": "built"}


def test_a_litert_model_is_built_and_answers(tmp_path: Path) -> None:
    report = build(project(tmp_path, lambda path: litert_bundle(path)[0]))
    assert (report.decision, report.findings[0].verdict.reason) == (Decision.PASS, "reproduced")


def spoiled(path: Path, name: str, content: str) -> Bundle:
    """Return a bundle whose seal is right and whose content is not."""
    bundle = onnx_bundle(path)
    (path / name).write_text(content)
    bundle.write_config(model_config(features=FEATURES), seal=True)
    return bundle


def test_a_model_that_misses_its_golden_rows_fails_and_leaves_no_image(tmp_path: Path) -> None:
    config = project(tmp_path)
    build(config)
    golden = json.loads((config.work / "bundle" / "golden.json").read_text())
    golden["expected"][2] = [0.5, 0.5]
    spoiled(config.work / "bundle", "golden.json", json.dumps(golden))
    report = build(config)
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "golden_mismatch")
    assert "Golden row 2 differs by" in report.verdict.sentence
    assert report.outputs == {}
    assert not (config.work / "image").exists()


def test_a_server_that_does_not_start_fails_with_its_own_words(tmp_path: Path) -> None:
    report = build(project(tmp_path, lambda path: spoiled(path, "serving/signature.json", "{}")))
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "not_started")
    assert "signature.json is not a signature of this version" in report.verdict.sentence


def test_the_cache_alone_is_enough_without_uv(tmp_path: Path, built: Config) -> None:
    config = project(tmp_path)
    tools = without_engines()
    report = build(config, tools=type(tools)(uv=None), cache=CACHE)
    assert report.outputs["digest"] == image_of(built).descriptor.digest
