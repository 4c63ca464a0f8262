"""What build-push refuses before it builds anything, and how it chooses how to prove an image."""

import dataclasses
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlops_actions.build_push import run
from mlops_actions.build_push.bases import find_base
from mlops_actions.build_push.dependencies import Dependencies, Target
from mlops_actions.build_push.recipe import Base
from mlops_actions.build_push.tools import Tools
from mlops_actions.build_push.ways import SOCKET, choose_way, container
from mlops_actions.bundle import Bundle
from mlops_actions.config import load
from mlops_actions.errors import ConfigError, DataError, OutsideError
from mlops_actions.oci.descriptor import CONFIG, MANIFEST
from mlops_actions.oci.image import Image, read_image, this_architecture
from mlops_actions.oci.layer import write_layer
from mlops_actions.oci.layout import Layout
from mlops_actions.progress import silent
from support.builds import build, project
from support.bundles import model_config

NOTHING = Tools()


def test_a_bundle_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no bundle"):
        build(project(tmp_path, Bundle), tools=NOTHING)


def test_a_bundle_that_was_changed_after_its_seal(tmp_path: Path) -> None:
    config = project(tmp_path)
    (config.work / "bundle" / "golden.json").write_text("{}")
    with pytest.raises(DataError, match="is not what was sealed"):
        build(config, tools=NOTHING)


def test_a_bundle_that_is_not_sealed(tmp_path: Path) -> None:
    config = project(tmp_path)
    Bundle(config.work / "bundle").write_config(model_config(), seal=False)
    with pytest.raises(DataError, match="is not sealed"):
        build(config, tools=NOTHING)


def test_an_opaque_bundle_brings_its_own_image(tmp_path: Path) -> None:
    config = project(tmp_path)
    Bundle(config.work / "bundle").write_config(model_config(framework="opaque"), seal=True)
    with pytest.raises(ConfigError, match="a kind that our server cannot load"):
        build(config, tools=NOTHING)


@pytest.mark.parametrize(
    ("section", "part"),
    [
        ({"repository": "registry.example/name:v1"}, "names a tag or digest"),
        ({"repository": "name"}, "build_push.repository: 'name' does not name a registry"),
        ({"base": "python:3.11"}, "build_push.base: 'python:3.11' does not name a registry"),
        ({"python": "2.7"}, "The base has Python 2.7"),
    ],
)
def test_a_section_that_cannot_be_used(tmp_path: Path, section: dict[str, Any], part: str) -> None:
    with pytest.raises(ConfigError) as error:
        build(project(tmp_path, **section), tools=NOTHING, cache=tmp_path / "cache")
    assert part in error.value.what


def test_no_uv_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="build-push needs uv"):
        build(project(tmp_path), tools=NOTHING, cache=tmp_path / "cache")
    assert not (tmp_path / ".mlops" / "toy" / "image").exists()


@pytest.mark.parametrize(
    ("said", "kind"),
    [("error: Failed to fetch: connection refused", OutsideError), ("error: numpy has no wheel", ConfigError)],
)
def test_what_uv_says_is_passed_on(tmp_path: Path, said: str, kind: type[Exception]) -> None:
    uv = tmp_path / "uv"
    uv.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 2\n")
    uv.chmod(0o755)
    dependencies = Dependencies(Tools(uv=uv), tmp_path / "cache", silent)
    with pytest.raises(kind, match=said):
        dependencies.layer(Target("3.12", "amd64"), Layout.create(tmp_path / "layout"))
    assert list((tmp_path / "cache").rglob("layer.json")) == []


def test_uv_gets_absolute_paths_from_a_relative_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    uv = tmp_path / "uv"
    uv.write_text('#!/bin/sh\necho "error: $*" >&2\nexit 2\n')
    uv.chmod(0o755)
    with pytest.raises(ConfigError) as error:
        run(load(Path()), credentials=("", ""), tools=Tools(uv=uv), progress=silent)
    assert f"--target {tmp_path}/.mlops/.cache/dependencies/" in error.value.what


def base_layout(path: Path, files: list[str]) -> None:
    layout = Layout.create(path)
    layers = [write_layer(layout, {name: b""}, compress=index % 2 == 0) for index, name in enumerate(files)]
    config = layout.add_json({"rootfs": {"diff_ids": [layer.diff_id for layer in layers]}}, CONFIG)
    content = {"config": config.to_json(), "layers": [layer.descriptor.to_json() for layer in layers]}
    layout.write_index(layout.add_json(content, MANIFEST))


@pytest.mark.parametrize(
    ("files", "python", "found"),
    [
        (["usr/bin/python3.11"], None, ("3.11", "/usr/bin/python3.11")),
        (["usr/bin/python3.11", "usr/local/bin/python3.13"], None, ("3.13", "/usr/local/bin/python3.13")),
        (["usr/local/bin/python3.12", "usr/bin/python3.12"], None, ("3.12", "/usr/local/bin/python3.12")),
        (["usr/bin/python3.11", "usr/bin/python3.12"], "3.11", ("3.11", "/usr/bin/python3.11")),
        (["bin/busybox"], "3.12", ("3.12", "python3.12")),
    ],
)
def test_the_python_of_a_base_is_found(
    tmp_path: Path, files: list[str], python: str | None, found: tuple[str, str]
) -> None:
    base_layout(tmp_path / "my base", files)
    config = project(tmp_path, base="oci:my base", python=python)
    base = find_base(config, ("", ""), tmp_path / "cache", silent)
    assert (base.python, base.interpreter) == found


@pytest.mark.parametrize(("files", "part"), [(["bin/sh"], "no Python"), (["usr/bin/python3.9"], "has Python 3.9")])
def test_a_base_without_a_python_that_fits(tmp_path: Path, files: list[str], part: str) -> None:
    base_layout(tmp_path / "base", files)
    with pytest.raises(ConfigError, match=part):
        find_base(project(tmp_path, base="oci:base"), ("", ""), tmp_path / "cache", silent)


def test_a_base_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not an OCI image layout"):
        find_base(project(tmp_path, base="oci:nowhere"), ("", ""), tmp_path / "cache", silent)


@pytest.fixture
def base(tmp_path: Path) -> Base:
    base_layout(tmp_path / "base", ["usr/bin/python3.12"])
    return Base("3.12", "/usr/bin/python3.12", read_image(Layout(tmp_path / "base"), this_architecture()))


def started(base: Base, tools: Tools, tmp_path: Path) -> Any:
    """Return how a server of this base would be started."""
    image = (
        Image(base.image.descriptor, base.image.descriptor, {"config": {"Entrypoint": ["python3", "-m", "x"]}}, ())
        if base.image
        else None
    )
    assert image
    return choose_way(base, tools)(image, tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("tools", "way"),
    [
        (Tools(runc=Path("/runc"), chroot=Path("/chroot")), "by runc"),
        (Tools(chroot=Path("/chroot")), "in a chroot"),
    ],
)
def test_root_takes_the_strictest_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: Base, tools: Tools, way: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert way in started(base, tools, tmp_path).way


def test_without_root_our_own_python_will_do_if_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: Base
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    tools = Tools(runc=Path("/runc"), chroot=Path("/chroot"))
    monkeypatch.setattr("sys.version_info", _Version(3, 12))
    assert "by this machine's Python" in started(base, tools, tmp_path).way
    monkeypatch.setattr("sys.version_info", _Version(3, 13))
    with pytest.raises(ConfigError, match=r"The image's Python 3\.12 cannot be started here"):
        started(base, tools, tmp_path)


def test_without_a_base_only_our_own_python_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(ConfigError, match=r"The image's Python 3\.9 cannot be started here"):
        choose_way(Base("3.9", "python3"), Tools(runc=Path("/runc"), chroot=Path("/chroot")))


@dataclasses.dataclass
class _Version:
    major: int
    minor: int


def test_a_container_has_no_network_no_privileges_and_a_root_it_cannot_write(tmp_path: Path, base: Base) -> None:
    assert base.image
    found = container(base.image, tmp_path / "root", tmp_path / "shared")
    assert found["root"]["readonly"] is True
    assert found["process"]["noNewPrivileges"] is True
    assert found["process"]["user"]["uid"] == 65532
    assert "capabilities" not in found["process"]
    assert found["process"]["args"][-1].endswith(SOCKET)
    assert {"type": "network"} in found["linux"]["namespaces"]


def test_an_unknown_compiler_leaves_the_sources(tmp_path: Path) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\nexit 2\n")
    uv.chmod(0o755)
    assert subprocess.run([uv], check=False).returncode == 2
    assert Dependencies(Tools(uv=uv), tmp_path, silent).compiler(Target("3.99", "amd64")) is None
