"""The real docker-registry: pushed images come back byte for byte, and only what is new moves."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_actions.config import Config
from mlops_actions.errors import ConfigError, ExitCode, OutsideError
from mlops_actions.oci.descriptor import LAYER
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.pull import pull_image
from mlops_actions.oci.push import MONOLITHIC, push_blob
from mlops_actions.oci.registry import Registry
from mlops_actions.progress import silent
from mlops_actions.report import Report
from support.builds import build, image_of, project
from support.registry_server import PASSWORD, USER, registry
from support.served import onnx_bundle


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


def transfers(report: Report) -> dict[str, tuple[str, int]]:
    """Return, by layer, how it got to the registry and how many bytes were sent."""
    return {str(row[0]): (str(row[4]), int(row[5] or 0)) for row in report.tables[0].rows}


@pytest.fixture(scope="module")
def pushed(host: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Report]:
    large = MONOLITHIC + 1_000_000
    make = lambda path: onnx_bundle(path, weight_bytes=large)  # noqa: E731 (a bundle whose model layer is streamed)
    config = project(tmp_path_factory.mktemp("first"), make, repository=f"{host}/team/toy", plain_http=True)
    return config, build(config)


def test_an_image_comes_back_byte_for_byte(host: str, pushed: tuple[Config, Report], tmp_path: Path) -> None:
    config, report = pushed
    image = image_of(config)
    assert report.outputs == {
        "image": f"{host}/team/toy@{image.descriptor.digest}",
        "digest": image.descriptor.digest,
    }
    assert {how for how, _ in transfers(report).values()} == {"uploaded"}
    for version in (image.descriptor.digest, "v1.0"):
        back = Layout.create(tmp_path / version.replace(":", "-"))
        pulled = pull_image(Registry(host, "team/toy", plain_http=True), version, back, silent)
        assert (pulled.descriptor.digest, pulled.layers, pulled.config) == (
            image.descriptor.digest,
            image.layers,
            image.config,
        )
        built = Layout(config.work / "image")
        for descriptor in (*image.layers, image.config_descriptor, image.descriptor):
            assert back.read(descriptor) == built.read(descriptor)


def test_a_new_model_uploads_only_its_own_layers(host: str, pushed: tuple[Config, Report], tmp_path: Path) -> None:
    make = lambda path: onnx_bundle(path, bias=1.0, version="v1.1")  # noqa: E731
    report = build(project(tmp_path, make, repository=f"{host}/team/toy", plain_http=True))
    moved = transfers(report)
    assert [moved[name][0] for name in ("dependencies", "server", "model", "model_config")] == [
        "present",
        "present",
        "uploaded",
        "uploaded",
    ]
    assert report.facts["bytes_sent"] < 30_000
    assert report.facts["tag"] == "v1.1"


def test_the_same_image_again_moves_nothing(host: str, pushed: tuple[Config, Report], tmp_path: Path) -> None:
    report = build(pushed[0])
    assert {how for how, _ in transfers(report).values()} == {"present"}
    assert report.facts["bytes_sent"] == 0


def test_a_blob_is_mounted_from_another_repository(host: str, pushed: tuple[Config, Report]) -> None:
    config, _ = pushed
    layout, blob = Layout(config.work / "image"), image_of(config).layers[2]
    other = Registry(host, "other/toy", plain_http=True, push=True, mount_from="team/toy")
    assert push_blob(other, layout, blob).how == "mounted"
    assert push_blob(other, layout, blob).how == "present"


class Cutter(threading.Thread):
    """Passes one connection after the other on to the registry, and cuts the first ones after a number of bytes."""

    def __init__(self, target: str, cuts: list[int]) -> None:
        super().__init__(daemon=True)
        host, port = target.split(":")
        self._target, self._cuts, self.cut = (host, int(port)), cuts, 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            upstream = socket.create_connection(self._target)
            most = self._cuts.pop(0) if self._cuts else None
            threading.Thread(target=self._pass, args=(upstream, client, None), daemon=True).start()
            threading.Thread(target=self._pass, args=(client, upstream, most), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, most: int | None) -> None:
        passed = 0
        with source, target:
            try:
                while content := source.recv(1 << 16):
                    target.sendall(content)
                    passed += len(content)
                    if most is not None and passed >= most:
                        self.cut += 1
                        break
            except OSError:
                pass
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def stop(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.join()


def test_an_upload_through_a_proxy_that_cuts_connections_arrives(host: str, tmp_path: Path) -> None:
    layout = Layout.create(tmp_path)
    blob = layout.add(bytes(range(256)) * (MONOLITHIC // 128), LAYER)
    proxy = Cutter(host, [1_000_000, 3_000_000])
    proxy.start()
    try:
        transfer = push_blob(Registry(proxy.address, "cut/toy", plain_http=True, push=True), layout, blob)
    finally:
        proxy.stop()
    assert (transfer.how, proxy.cut) == ("uploaded", 2)
    back = Layout.create(tmp_path / "back")
    Registry(host, "cut/toy", plain_http=True).pull(blob, back)
    assert back.read(blob) == layout.read(blob)


def test_a_registry_that_wants_a_login(tmp_path: Path) -> None:
    with registry(tmp_path, login=True) as host:
        config = project(tmp_path / "project", repository=f"{host}/team/toy", plain_http=True)
        for credentials in (("", ""), (USER, "wrong")):
            with pytest.raises(ConfigError, match="permission to pull and push team/toy") as error:
                build(config, credentials=credentials)
            assert error.value.exit_code is ExitCode.UNUSABLE_INPUT
        assert build(config, credentials=(USER, PASSWORD)).verdict.reason == "pushed"


def test_a_registry_that_is_down_is_outside(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        host = f"127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(OutsideError, match="cannot be reached"):
        build(project(tmp_path, repository=f"{host}/team/toy", plain_http=True))


def test_a_wrong_image_is_not_pushed(host: str, tmp_path: Path) -> None:
    def spoiled(path: Path) -> object:
        bundle = onnx_bundle(path)
        (path / "serving" / "signature.json").write_text("{}")
        return bundle.write_config(bundle.config(), seal=True)

    config = project(tmp_path, spoiled, repository=f"{host}/spoiled/toy", plain_http=True)
    assert build(config).verdict.reason == "not_started"
    with pytest.raises(ConfigError, match="has no spoiled/toy"):
        Registry(host, "spoiled/toy", plain_http=True).manifest("v1.0")
