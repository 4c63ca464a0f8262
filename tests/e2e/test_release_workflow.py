"""The release of a consumer, from tag to traffic: promoted, and rolled back when it does harm."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from support.act import ROOT, Act
from support.consumer import Consumer

Make = Callable[[str], Consumer]
STAGES = ("validate-data", "train", "evaluate", "quantize", "build-push", "deploy")


def lasting_state(repository: Consumer, folder: Path) -> None:
    """Give the jobs one `.mlops` that outlasts them, as a machine of the team's own has; hosted runners are new each time."""
    folder.mkdir()
    (repository.folder / ".mlops").symlink_to(folder)


def state(folder: Path) -> Any:
    return json.loads((folder / "releases/staging/state.json").read_text())


def test_step_by_step_a_release_is_judged_and_promoted(act: Act, consumer: Make, tmp_path: Path) -> None:
    repository = consumer("digits")
    repository.edit("replay_per_second: 200", "replay_per_second: 200, strategy: manual")
    lasting_state(repository, tmp_path / "state")
    repository.commit("Step by step", tag="v2")
    run = act.run(repository, "release.yml", "push")
    assert run.code == 0, run.log
    assert run.errors == []
    for stage in (*STAGES, "check-metrics"):
        assert f"✅ {stage}" in run.summary
    after = state(tmp_path / "state/digits")
    assert (after["stable"], after["canary"]) == (1, None)


def test_a_release_that_fails_on_live_rows_is_rolled_back(act: Act, consumer: Make, tmp_path: Path) -> None:
    """The next model learns from a column that is known only after the fact: better offline, refused by live rows.

    It is stopped twice: by the rollout itself, and then by check-metrics and the rollback action.
    """
    repository = consumer("flights")
    rows = pl.read_parquet(repository.folder / "data/flights.parquet").filter(pl.col("month") >= 10)
    rows.drop("dep_delay", "late").write_parquet(repository.folder / "data/live.parquet")
    repository.edit("replay_per_second: 200", "replay_per_second: 200, replay_rows: data/live.parquet")
    lasting_state(repository, tmp_path / "state")
    repository.commit("Live rows", tag="v2")
    first = act.run(repository, "release.yml", "push")
    assert first.code == 0, first.log
    assert first.errors == []
    for stage in STAGES:
        assert f"✅ {stage}" in first.summary
    repository.edit(", exclude: [dep_delay]", "")
    repository.commit("Learn from the delay at departure", tag="v3")
    by_itself = act.run(repository, "release.yml", "push")
    assert "❌ deploy" in by_itself.summary
    assert "Release 2 was rolled back; release 1 serves all traffic" in by_itself.summary
    repository.edit("replay_per_second: 200", "replay_per_second: 200, strategy: manual")
    repository.commit("Step by step", tag="v4")
    step_by_step = act.run(repository, "release.yml", "push")
    assert "✅ deploy" in step_by_step.summary
    assert "❌ check-metrics" in step_by_step.summary
    assert "Release 3 was rolled back; release 1 serves all traffic" in step_by_step.summary
    for run in (by_itself, step_by_step):
        assert run.code != 0
        assert run.failed_jobs == {"Deploy"}
        assert run.exit_codes == {"Deploy": {1}}
        assert len(run.errors) == 1
    after = state(tmp_path / "state/flights")
    assert (after["stable"], after["canary"]) == (1, None)


def test_a_model_below_its_limit_is_never_packed(act: Act, consumer: Make) -> None:
    repository = consumer("flights")
    repository.edit("min: 0.6", "min: 0.99")
    repository.commit("A limit that no model reaches", tag="v2")
    run = act.run(repository, "release.yml", "push")
    assert run.failed_jobs == {"Evaluate and quantize"}
    assert run.exit_codes == {"Evaluate and quantize": {1}}
    assert "❌ evaluate" in run.summary
    assert "build-push" not in run.summary


UNPROVEN = """\
model: tiny
data: {path: rows.csv, label: late}
train: {estimator: sklearn.linear_model.LogisticRegression}
deploy: {strategy: manual, replay_per_second: 1, step_seconds: 3}
check_metrics: {interval_seconds: 0.5, scrape_interval_seconds: 0.5}
"""


def test_an_undecided_canary_is_held_and_in_observe_mode_promoted(act: Act, tmp_path: Path) -> None:
    """Three requests prove nothing. The judge's exit code says what follows: 5 takes it away, 0 promotes."""
    own = tmp_path / "own"
    (own / ".github/workflows").mkdir(parents=True)
    shutil.copy(ROOT / "examples/flights/.github/workflows/release.yml", own / ".github/workflows")
    (own / "rows.csv").write_text("x,late\n" + "".join(f"{x},{x % 3 == 0}\n" for x in range(400)))
    (own / "mlops.yaml").write_text(UNPROVEN)
    repository = Consumer(tmp_path / "repository", own)
    lasting_state(repository, tmp_path / "state")
    repository.commit("Too little traffic", tag="v1")
    held = act.run(repository, "release.yml", "push")
    assert held.exit_codes == {"Deploy": {5}}
    assert "Release 1 is held without traffic" in held.summary
    assert state(tmp_path / "state/tiny")["stable"] is None
    repository.edit("model: tiny", "model: tiny\nenforce: false")
    repository.commit("Observe", tag="v2")
    observed = act.run(repository, "release.yml", "push")
    assert observed.code == 0, observed.log
    assert "❔ check-metrics" in observed.summary
    assert state(tmp_path / "state/tiny")["stable"] == 2
