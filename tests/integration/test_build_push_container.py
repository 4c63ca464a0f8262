"""An image on a real base: built on a base in the registry, pulled from there and run by runc, as a cluster would."""

import dataclasses
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlops_actions.build_push.ways import container
from mlops_actions.cli.tools import build_tools
from mlops_actions.config import Config
from mlops_actions.oci.image import Image, read_image
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.pull import pull_image
from mlops_actions.oci.push import push_image
from mlops_actions.oci.registry import Registry
from mlops_actions.oci.unpack import unpack
from mlops_actions.progress import silent
from mlops_actions.report import Report
from mlops_actions.verdict import Decision
from servers import free_port, require
from support.base_image import base_image
from support.builds import build, image_of, project
from support.registry_server import registry
from support.served import ROWS, probability
from support.server_process import Running


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry")) as found:
        yield found


@pytest.fixture(scope="module")
def base(host: str) -> Image:
    layout = Layout(base_image())
    image = read_image(layout)
    push_image(Registry(host, "bases/python", plain_http=True, push=True), layout, image, "latest", silent)
    return image


@pytest.fixture(scope="module")
def built(host: str, base: Image, tmp_path_factory: pytest.TempPathFactory) -> tuple[Config, Report]:
    require("runc")
    section: dict[str, Any] = {"base": f"{host}/bases/python", "repository": f"{host}/team/toy", "plain_http": True}
    config = project(tmp_path_factory.mktemp("project"), **section)
    return config, build(config, cache=tmp_path_factory.mktemp("cache"))


def test_it_is_proven_in_a_container_without_network(built: tuple[Config, Report]) -> None:
    _, report = built
    assert (report.decision, report.verdict.reason) == (Decision.PASS, "pushed")
    assert report.facts["started"] == "in a container without network, by runc"


def test_the_base_is_mounted_and_its_python_found(built: tuple[Config, Report], base: Image) -> None:
    config, report = built
    first = report.tables[0].rows[0]
    assert (first[0], first[3], first[4], first[5]) == ("base", "reused", "mounted", 0)
    image = image_of(config)
    assert image.layers[0] == base.layers[0]
    assert image.entrypoint[0].startswith("/usr/bin/python3.")
    assert image.environment["PATH"] == "/usr/bin:/bin"


def test_without_runc_a_chroot_will_do(built: tuple[Config, Report], tmp_path: Path) -> None:
    config = project(tmp_path, base=f"oci:{base_image()}")
    report = build(config, tools=dataclasses.replace(build_tools(), runc=None))
    assert report.facts["started"] == "from the unpacked layers, in a chroot"
    assert image_of(config).descriptor == image_of(built[0]).descriptor


@dataclass
class Container:
    """A container that runs."""

    running: Running
    pid: int
    execute: list[str]


@pytest.fixture(scope="module")
def started(host: str, built: tuple[Config, Report], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """Pull the image by its digest and run it in the host's network, on loopback."""
    _, report = built
    tmp_path = tmp_path_factory.mktemp("container")
    layout, root, port = Layout.create(tmp_path / "layout"), tmp_path / "root", free_port()
    root.mkdir()
    image = pull_image(Registry(host, "team/toy", plain_http=True), report.outputs["digest"], layout, silent)
    unpack(layout, image, root)
    (tmp_path / "shared").mkdir()
    settings = container(image, root, tmp_path / "shared")
    settings["process"]["args"] = [*image.entrypoint, "--host", "127.0.0.1", "--port", str(port)]
    settings["linux"]["namespaces"].remove({"type": "network"})
    (tmp_path / "config.json").write_text(json.dumps(settings))
    runc, name = [str(require("runc")), "--root", str(tmp_path / "state")], f"test-{port}"
    with subprocess.Popen(
        [*runc, "run", "--bundle", str(tmp_path), name], text=True, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == f"listening on http://127.0.0.1:{port}\n"
            state = json.loads(subprocess.check_output([*runc, "state", name]))
            yield Container(Running(process, f"http://127.0.0.1:{port}"), state["pid"], [*runc, "exec", name])
        finally:
            subprocess.run([*runc, "kill", name, "KILL"], check=False, capture_output=True)


def test_it_answers_its_golden_rows_as_an_ordinary_user_on_a_root_it_cannot_write(started: Container) -> None:
    started.running.wait_until("ready")
    status, answer = started.running.ask("POST", "/predict", {"rows": ROWS})
    assert status == 200
    found = [prediction["scores"]["yes"] for prediction in answer["predictions"]]
    assert found == pytest.approx([probability(row) for row in ROWS], abs=1e-5)
    lines = Path(f"/proc/{started.pid}/status").read_text().splitlines()
    about: dict[str, Any] = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    assert about["Uid"].split() == ["65532"] * 4
    assert int(about["CapEff"], 16) == 0
    assert about["NoNewPrivs"] == "1"
    write = subprocess.run([*started.execute, "/usr/bin/touch", "/app/x"], capture_output=True, text=True, check=False)
    assert "Read-only file system" in write.stderr


def test_it_stops_as_a_cluster_stops_it(started: Container) -> None:
    started.running.wait_until("ready")
    subprocess.run(["kill", "-TERM", str(started.pid)], check=True)
    started.running.wait_until("draining")
    assert started.running.ask("POST", "/predict", ROWS)[0] == 200
    assert started.running.process.wait(timeout=60) == 0
