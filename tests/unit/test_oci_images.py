"""References, manifests, platforms, and how an unpacked image is started."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.errors import ConfigError, DataError
from mlops_actions.oci.descriptor import CONFIG, INDEX, LAYER, MANIFEST, Descriptor
from mlops_actions.oci.image import Image, choose, host_command, read_image
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.reference import as_tag, parse

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("registry.example/team/name", ("registry.example", "team/name", "", "", "latest")),
        ("registry.example:5000/name:v1.2", ("registry.example:5000", "name", "v1.2", "", "v1.2")),
        ("localhost/name", ("localhost", "name", "", "", "latest")),
        (f"127.0.0.1:5000/a/b:t@{DIGEST}", ("127.0.0.1:5000", "a/b", "t", DIGEST, DIGEST)),
    ],
)
def test_references_are_taken_apart(text: str, parts: tuple[str, ...]) -> None:
    found = parse(text, key="build_push.base")
    assert (found.registry, found.repository, found.tag, found.digest, found.version) == parts


@pytest.mark.parametrize("text", ["python", "python:3.11", "team/name", "", "/", "none"])
def test_a_reference_names_its_registry(text: str) -> None:
    with pytest.raises(ConfigError, match=r"build_push\.base: .* does not name a registry"):
        parse(text, key="build_push.base")


@pytest.mark.parametrize(
    "path", ["Team/name", "name:", "name:a b", "name@sha256:1", "a//b", "../b", "name:v1:v2", "-a", "name@"]
)
def test_what_is_no_reference_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="is not an image reference"):
        parse(f"registry.example/{path}", key="build_push.base")


@given(st.text())
def test_every_version_becomes_a_tag(version: str) -> None:
    tag = as_tag(version)
    assert parse(f"registry.example/name:{tag}", key="").tag == tag


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("v1.2-3-gabc", "v1.2-3-gabc"),
        ("0.0.0+unknown", "0.0.0-unknown"),
        ("release/v1", "release-v1"),
        ("..", "unversioned"),
    ],
)
def test_versions_keep_what_a_tag_may_have(version: str, tag: str) -> None:
    assert as_tag(version) == tag


def descriptor(architecture: str = "", digest: str = DIGEST) -> Descriptor:
    platform = {"os": "linux", "architecture": architecture} if architecture else {}
    return Descriptor(MANIFEST, digest, 1, platform=platform)


def test_the_manifest_of_the_architecture_is_chosen() -> None:
    other = descriptor("arm64", "sha256:" + "b" * 64)
    assert choose([descriptor("amd64"), other], "arm64") is other
    assert choose([descriptor()], "arm64").digest == DIGEST


@pytest.mark.parametrize("manifests", [[], [descriptor("amd64")], [descriptor(), descriptor()]])
def test_no_manifest_for_the_architecture_is_an_error(manifests: list[Descriptor]) -> None:
    with pytest.raises(DataError, match="no variant for linux/arm64"):
        choose(manifests, "arm64")


def written(layout: Layout, *, manifest: Any = None, config: Any = None) -> Layout:
    layer = layout.add(b"", LAYER)
    content = config or {"architecture": "amd64", "rootfs": {"diff_ids": [layer.digest]}}
    described = layout.add_json(content, CONFIG)
    usual = {"schemaVersion": 2, "config": described.to_json(), "layers": [layer.to_json()]}
    layout.write_index(layout.add_json(manifest or usual, MANIFEST))
    return layout


def test_an_index_in_an_index_is_followed(tmp_path: Path) -> None:
    layout = written(Layout.create(tmp_path))
    inner = layout.index()[0]
    platform = {"os": "linux", "architecture": "amd64"}
    nested = {"schemaVersion": 2, "manifests": [{**inner.to_json(), "platform": platform}]}
    layout.write_index(layout.add_json(nested, INDEX))
    assert read_image(layout, "amd64").descriptor.digest == inner.digest
    with pytest.raises(DataError, match="linux/arm64"):
        read_image(layout, "arm64")


@pytest.mark.parametrize(
    "change",
    [
        {"manifest": {"schemaVersion": 2}},
        {"manifest": [1]},
        {"manifest": {"layers": [], "config": {}}},
        {"config": {"rootfs": {"diff_ids": []}}},
    ],
)
def test_a_damaged_manifest_is_an_error(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        read_image(written(Layout.create(tmp_path), **change), "amd64")


@pytest.mark.parametrize("content", [None, "", "[]", '{"manifests": 1}', '{"manifests": [{}]}'])
def test_a_folder_that_is_no_layout_is_an_error(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "index.json").write_text(content)
    with pytest.raises(DataError):
        read_image(Layout(tmp_path), "amd64")


def test_a_blob_that_was_changed_is_an_error(tmp_path: Path) -> None:
    layout = written(Layout.create(tmp_path))
    path = layout.blob(layout.index()[0].digest)
    path.write_text(json.dumps({}))
    with pytest.raises(DataError, match=r"The blob sha256:.* is sha256:"):
        read_image(layout, "amd64")
    path.unlink()
    with pytest.raises(DataError, match="is missing"):
        read_image(layout, "amd64")


def image(entrypoint: list[str], environment: list[str]) -> Image:
    config = {"config": {"Entrypoint": entrypoint, "Env": environment}}
    return Image(descriptor(), descriptor(), config, ())


def test_a_host_command_points_into_the_unpacked_image(tmp_path: Path) -> None:
    for name in ("app/server", "app/model"):
        (tmp_path / name).mkdir(parents=True)
    found = host_command(
        image(
            ["python3", "-m", "serve", "--model", "/app/model"],
            ["PATH=/bin", "PYTHONPATH=/app/server:/app/none", "A=b"],
        ),
        tmp_path,
        "/usr/bin/python3",
        ["--port", "1"],
    )
    assert found.arguments == [
        "/usr/bin/python3",
        "-S",
        "-m",
        "serve",
        "--model",
        f"{tmp_path}/app/model",
        "--port",
        "1",
    ]
    assert found.environment == {"PYTHONPATH": f"{tmp_path}/app/server:/app/none", "A": "b"}


@pytest.mark.parametrize("entrypoint", [[], ["/bin/sh", "-c", "x"], ["python3", "x.py"]])
def test_another_entry_point_needs_an_engine(tmp_path: Path, entrypoint: list[str]) -> None:
    with pytest.raises(DataError, match="only an engine can run it"):
        host_command(image(entrypoint, []), tmp_path, "python3", [])
