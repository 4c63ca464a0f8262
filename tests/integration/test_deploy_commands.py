"""Releases as a person makes them: the commands, real images, real servers, real traffic, and a kill now and then."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
import requests

from mlops_actions.bundle import Bundle
from mlops_actions.bundle.golden import Golden
from mlops_actions.deploy import processes
from mlops_actions.deploy.images import Images
from mlops_actions.deploy.processes import Kind
from mlops_actions.release import FileStore, ReleaseState, Status
from mlops_actions.report import read_report
from support.builds import build, project
from support.bundles import model_config
from support.served import FEATURES, ROWS, onnx_bundle, probability, signature

SETTINGS: dict[str, dict[str, object]] = {
    "deploy": {"steps": [40], "step_seconds": 30, "replay_per_second": 500, "environment": "staging"},
    "check_metrics": {"interval_seconds": 0.3},
}


def strict_bundle(path: Path) -> Bundle:
    """Write a bundle whose training never saw a missing delay: a third of the live rows is refused."""
    onnx_bundle(path, version="v2.0")
    features = [feature.model_copy(update={"nullable": feature.name == "carrier"}) for feature in FEATURES]
    content = signature(version="v2.0", features=[feature.model_dump() for feature in features])
    (path / "serving" / "signature.json").write_text(json.dumps(content))
    rows = [ROWS[0], ROWS[2]]
    bundle = Bundle(path)
    expected = [[1 - probability(row), probability(row)] for row in rows]
    bundle.write_golden(Golden(rows=rows, expected=expected, tolerance=1e-5))
    bundle.write_config(model_config(features=features, version="v2.0"), seal=True)
    return bundle


@dataclass(frozen=True)
class Built:
    """Two images, and a folder in which both are unpacked already."""

    good: str
    bad: str
    unpacked: Path


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Built:
    built, unpacked = [], tmp_path_factory.mktemp("unpacked")
    for name, make in (("good", onnx_bundle), ("bad", strict_bundle)):
        config = project(tmp_path_factory.mktemp(name), make)
        build(config)
        built.append(f"oci:{config.work / 'image'}")
        Images(unpacked).take(config.work / "image", built[-1])
    good, bad = built
    return Built(good, bad, unpacked)


class Team:
    """A repository and the people who type commands in it."""

    def __init__(self, root: Path, unpacked: Path) -> None:
        self.root = root
        self.work = root / ".mlops" / "toy"
        self.settings()
        rows = [{**row, "seen by nobody": 1} for row in ROWS]
        (self.work / "bundle").mkdir(parents=True)
        pl.DataFrame(rows).write_parquet(self.work / "bundle" / "test_rows.parquet")
        # Unpacking is tested elsewhere; here it would be most of the time.
        local = self.work / "releases" / "staging" / "local"
        shutil.copytree(unpacked, local / "images", copy_function=os.link, symlinks=True)
        # Modules of the repository are none of the server's business.
        (root / "uvicorn.py").write_text("raise SystemExit('the repository was imported')")

    def settings(self, **deploy: object) -> None:
        content = {"model": "toy", **SETTINGS, "deploy": {**SETTINGS["deploy"], **deploy}}
        (self.root / "mlops.yaml").write_text(json.dumps(content))

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-P", "-m", "mlops_actions", *words]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        return subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def types(self, *words: str, code: int = 0) -> str:
        with self.start(*words) as process:
            output, _ = process.communicate(timeout=120)
        assert process.returncode == code, output
        return output

    @property
    def store(self) -> FileStore:
        return FileStore(self.work / "releases" / "staging")

    def state(self) -> ReleaseState:
        return self.store.state()

    def running(self) -> list[str]:
        return sorted(
            f"{program.kind.name} {program.options.get('--release', '')}{program.options.get('--track', '')}".strip()
            for program in processes.running(self.work / "releases" / "staging" / "local")
        )

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def team(tmp_path: Path, images: Built) -> Iterator[Team]:
    team = Team(tmp_path, images.unpacked)
    yield team
    team.types("down")
    assert team.running() == []


def url_of(team: Team) -> str:
    return read_report(team.work / "reports" / "deploy.json").outputs["url"]


def answers(url: str) -> bool:
    return requests.post(f"{url}/predict", json={"rows": [ROWS[1]]}, timeout=5).status_code == 200


def test_good_release_is_promoted_and_a_bad_one_rolled_back(team: Team, images: Built) -> None:
    output = team.types("deploy", "--image", images.good)
    url = url_of(team)
    assert answers(url)
    assert "500 requests a second of test rows are replayed" in output
    assert f"It goes on running at {url}; `mlops down --config mlops.yaml` stops it." in output
    assert team.running() == ["ROUTER", "SERVER 1stable"]

    output = team.types("deploy", "--image", images.bad, code=1)
    assert "Release 2 was rolled back; release 1 serves all traffic" in output
    assert re.search(r"The canary's own words: \d+\+? times 422: Row 0.*delay", output)
    report = read_report(team.work / "reports" / "deploy.json")
    assert (report.verdict.reason, report.outputs["release"], report.outputs["url"]) == ("rolled_back", "2", url)
    assert [row[1] for row in report.tables[0].rows] == [40]
    assert answers(url)
    assert team.running() == ["ROUTER", "SERVER 1stable"]
    record = team.store.read(2)
    assert record.events[-1].verdict is not None
    assert record.events[-1].verdict.reason == "harm"

    status = team.types("status")
    assert "serving:  release 1 (version v1.0" in status
    assert "last rolled back: release 2" in status
    assert "mlops rollback" not in status
    assert "NOT" not in status
    history = team.types("history")
    assert history.index("rolled_back") < history.index("verified")

    [server] = [found for found in processes.running(team.work) if found.kind is Kind.SERVER]
    server.process.kill()
    team.wait_for(lambda: not processes.is_alive(server.process))
    status = team.types("status")
    assert "NOT RUNNING" in status
    restore = shlex.split(status.partition("to restore the last verified release: ")[2])
    assert restore[:2] == ["mlops", "rollback"]
    assert "Release 1 did not run and was started again" in team.types(*restore[1:])
    assert answers(url)


def test_verdict_files_act_on_the_release_that_they_are_about(team: Team, images: Built, tmp_path: Path) -> None:
    team.settings(strategy="manual")
    verdict = team.work / "verdict.json"
    team.types("deploy", "--image", images.good)
    assert team.state().canary_weight == 100
    assert "Release 1 is on trial until" in team.types("deploy", "--image", images.good, code=3)
    team.types("check-metrics")
    first = tmp_path / "first.json"
    first.write_bytes(verdict.read_bytes())
    assert "Neither --verdict nor --reason" in team.types("promote", code=2)
    team.types("promote", "--verdict", str(first))
    assert "serves all traffic already" in team.types("promote", "--verdict", str(first))

    team.types("deploy", "--image", images.bad)
    assert team.running() == ["REPLAY", "ROUTER", "SERVER 1stable", "SERVER 2canary"]
    for command in ("promote", "rollback"):
        word = ["--reason", "anyway"] if command == "rollback" else []
        assert "The verdict is about release 1" in team.types(command, "--verdict", str(first), *word, code=3)
    team.types("check-metrics", code=1)
    assert "has no passing verdict" in team.types("promote", "--verdict", str(verdict), code=2)
    edited = tmp_path / "edited.json"
    edited.write_text(verdict.read_text().replace('"fail"', '"pass"'))
    assert "do not act on it" in team.types("promote", "--verdict", str(edited), code=2)
    assert (team.state().stable, team.state().canary) == (1, 2)

    team.types("rollback", "--verdict", str(verdict))
    assert (team.state().stable, team.state().canary) == (1, None)
    assert "was rolled back already" in team.types("rollback", "--verdict", str(verdict))
    assert team.running() == ["ROUTER", "SERVER 1stable"]


def test_forgotten_trial_is_restored_by_the_next_command(team: Team, images: Built) -> None:
    team.types("deploy", "--image", images.good)
    team.settings(strategy="manual", lease_seconds=0.5, step_seconds=0.5)
    team.types("deploy", "--image", images.good)
    assert team.state().canary == 2
    time.sleep(1)
    assert "nobody watches it" in team.types("status")
    assert (team.state().stable, team.state().canary) == (1, None)
    assert team.running() == ["ROUTER", "SERVER 1stable"]
    assert team.store.read(2).status is Status.ROLLED_BACK


def moment(name: str) -> Callable[[ReleaseState], bool]:
    return {"recorded": lambda state: state.canary == 2, "weighed": lambda state: state.canary_weight == 40}[name]


@pytest.mark.parametrize("name", ["recorded", "weighed"])
def test_stopped_rollout_gives_the_traffic_back(team: Team, images: Built, name: str) -> None:
    team.types("deploy", "--image", images.good)
    team.settings(replay_per_second=0)
    with team.start("deploy", "--image", images.bad) as rollout:
        team.wait_for(lambda: moment(name)(team.state()))
        rollout.send_signal(signal.SIGTERM)
        output, _ = rollout.communicate(timeout=60)
    assert rollout.returncode == 130
    assert "Interrupted" in output
    assert (team.state().stable, team.state().canary, team.state().lease) == (1, None, None)
    assert team.running() == ["ROUTER", "SERVER 1stable"]
    assert answers(url_of(team))
    assert "interrupted" in team.store.read(2).events[-1].reason


@pytest.mark.parametrize("name", ["recorded", "weighed"])
def test_killed_rollout_is_run_again_and_ends_well(team: Team, images: Built, name: str) -> None:
    team.types("deploy", "--image", images.good)
    team.settings(replay_per_second=0)
    with team.start("deploy", "--image", images.bad) as rollout:
        team.wait_for(lambda: moment(name)(team.state()))
        rollout.kill()
    assert team.state().canary == 2
    team.settings()
    output = team.types("deploy", "--image", images.good)
    assert "Release 2 was left on trial and nobody watches it" in output
    assert (team.state().stable, team.state().canary) == (3, None)
    assert team.store.read(2).status is Status.ROLLED_BACK
    assert team.running() == ["ROUTER", "SERVER 3stable"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--image", "oci:nowhere"], "is not an OCI image layout"),
        (["--image", "nowhere"], "does not name a registry"),
        ([], "is not an OCI image layout"),
    ],
)
def test_image_that_is_not_there_is_named_and_nothing_is_recorded(team: Team, words: list[str], said: str) -> None:
    assert said in team.types("deploy", *words, code=2)
    assert team.store.history() == []


def test_lease_that_would_run_out_under_watch_is_refused(team: Team, images: Built) -> None:
    team.settings(lease_seconds=60)
    assert "deploy.lease_seconds has to be more than 60" in team.types("deploy", "--image", images.good, code=2)
    assert team.store.history() == []


def test_image_of_another_digest_or_model_is_refused(team: Team, images: Built) -> None:
    wrong = f"{images.good}@sha256:{'0' * 64}"
    assert "was asked for" in team.types("deploy", "--image", wrong, code=2)
    (team.root / "mlops.yaml").write_text(json.dumps({"model": "other", "deploy": {"replay_per_second": 0}}))
    assert "holds the model toy" in team.types("deploy", "--image", images.good, code=2)
