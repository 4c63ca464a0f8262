"""`mlops run`: the configured stages in one process, up to the first gate that stops; and a release from a registry."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_actions.deploy import processes
from mlops_actions.report import read_report
from support.builds import build, project
from support.registry_server import PASSWORD, USER, registry
from support.tale import CONFIG, write_repository

QUICK = """
deploy: {steps: [50], step_seconds: 30, replay_per_second: 400}
check_metrics: {interval_seconds: 0.3}
"""


def mlops(root: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    command = [sys.executable, "-P", "-m", "mlops_actions", *words]
    return subprocess.run(command, cwd=root, env={**kept, **variables}, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("run").resolve()
    write_repository(root)
    yield root
    mlops(root, "down")
    assert processes.running(root) == []


def configure(root: Path, text: str = "", *, minimum: float = 0.5, parameters: str = "max_iter: 20") -> None:
    changed = CONFIG.replace("min: 0.5", f"min: {minimum}").replace("max_iter: 20", parameters)
    (root / "mlops.yaml").write_text(changed + text)


def test_gate_that_fails_stops_the_run_with_its_code(root: Path) -> None:
    configure(root, minimum=0.99)
    done = mlops(root, "run")
    assert done.returncode == 1, done.stdout
    assert "== evaluate" in done.stdout
    assert "== quantize" not in done.stdout
    assert read_report(root / ".mlops" / "tale" / "reports" / "evaluate.json").verdict.decision == "fail"


def test_observed_gate_reports_and_goes_on(root: Path) -> None:
    configure(root, "quantize: {}\nenforce: false", minimum=0.99)
    done = mlops(root, "run", "--to", "quantize")
    assert done.returncode == 0, done.stdout
    assert "observe mode: this would have stopped the pipeline" in done.stdout
    assert "== quantize" in done.stdout
    assert "== build-push" not in done.stdout


def test_outputs_of_the_stages_reach_the_runner(root: Path, tmp_path: Path) -> None:
    configure(root)
    assert mlops(root, "run", "--to", "train").returncode == 0
    output = tmp_path / "output"
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output), "MLOPS_RUN_STAGES": "evaluate\nvalidate-data"}
    done = mlops(root, "run", **variables)
    assert done.returncode == 0, done.stdout
    assert done.stdout.index("== validate-data") < done.stdout.index("== evaluate")
    assert "data-digest<<" in output.read_text()


def test_whole_pipeline_ends_with_a_release_that_serves(root: Path) -> None:
    configure(root, QUICK)
    done = mlops(root, "run")
    assert done.returncode == 0, done.stdout
    work = root / ".mlops" / "tale"
    written = {path.stem for path in (work / "reports").glob("*.json")}
    assert written == {"validate-data", "train", "evaluate", "quantize", "build-push", "deploy"}
    assert read_report(work / "reports" / "deploy.json").verdict.reason == "promoted"
    assert "serving:  release 1" in mlops(root, "status").stdout


def test_second_release_is_compared_with_the_first(root: Path) -> None:
    configure(root, QUICK, parameters="max_iter: 1, max_leaf_nodes: 2")
    done = mlops(root, "run")
    assert done.returncode == 1, done.stdout
    assert "Comparing with release 1, version" in done.stdout
    assert "== quantize" not in done.stdout
    assert read_report(root / ".mlops" / "tale" / "reports" / "evaluate.json").verdict.decision == "fail"
    assert "serving:  release 1" in mlops(root, "status").stdout


def test_unknown_stage_is_named(root: Path) -> None:
    done = mlops(root, "run", "--stages", "tarin")
    assert done.returncode == 2
    assert "There is no stage 'tarin'" in done.stdout


def test_release_comes_from_a_registry_by_digest(tmp_path: Path) -> None:
    (tmp_path / "registry").mkdir()
    with registry(tmp_path / "registry", login=True) as host:
        config = project(tmp_path / "team", repository=f"{host}/team/toy", plain_http=True)
        image = build(config, credentials=(USER, PASSWORD)).outputs["image"]
        assert image.startswith(f"{host}/team/toy@sha256:")
        words = ["deploy", "--strategy", "manual", "--image", image]
        refused = mlops(config.root, *words)
        done = mlops(config.root, *words, MLOPS_DEPLOY_USERNAME=USER, MLOPS_DEPLOY_PASSWORD=PASSWORD)
        mlops(config.root, "down")
    assert (refused.returncode, "permission to pull team/toy" in refused.stdout) == (2, True), refused.stdout
    assert done.returncode == 0, done.stdout
    report = read_report(config.work / "reports" / "deploy.json")
    assert (report.verdict.reason, report.outputs["image"]) == ("on_trial", image)
    assert processes.running(config.root.resolve()) == []
