"""The pull request of a consumer, from checkout to verdict: green, and red for each reason."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from mlops_actions import __version__
from mlops_actions.cli.main import mlops
from support.act import Act, Consumer

Make = Callable[[str], Consumer]


@pytest.mark.parametrize("example", ["flights", "digits"])
def test_a_harmless_change_is_green(act: Act, consumer: Make, example: str) -> None:
    repository = consumer(example)
    (repository.folder / "NOTES.md").write_text("nothing that the model sees\n")
    repository.commit("Notes")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.code == 0, run.log
    assert run.errors == []
    for stage in ("validate-data", "train", "evaluate"):
        assert f"✅ {stage}" in run.summary


def test_bad_data_is_red_and_nothing_is_trained(act: Act, consumer: Make) -> None:
    repository = consumer("flights")
    repository.edit("min: -20, max: 120", "min: -20, max: 50")
    repository.commit("A range that the data leave")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.code != 0
    assert run.failed_jobs == {"Validate data", "Model"}
    assert 1 in run.exit_codes
    assert any(error.startswith("file=mlops.yaml,line=7,title=mlops::") for error in run.errors), run.errors
    assert "❌ validate-data" in run.summary


def test_a_worse_model_is_red(act: Act, consumer: Make) -> None:
    repository = consumer("flights")
    estimator = "estimator: sklearn.ensemble.HistGradientBoostingClassifier"
    repository.edit(estimator, f"{estimator}, parameters: {{max_iter: 1, max_leaf_nodes: 2}}")
    repository.edit("min: 0.6, ", "")
    repository.commit("A model that learns next to nothing")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.code != 0
    assert run.failed_jobs == {"Evaluate", "Model"}
    assert 1 in run.exit_codes
    assert any("roc_auc" in error for error in run.errors), run.errors
    assert "❌ evaluate" in run.summary


def test_a_broken_configuration_exits_2(act: Act, consumer: Make) -> None:
    repository = consumer("flights")
    repository.edit("max_drop_abs", "max_drop_ab")
    repository.commit("An unknown key")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.failed_jobs == {"Validate data", "Model"}
    assert 2 in run.exit_codes
    assert any("did you mean `max_drop_abs`" in error for error in run.errors), run.errors


OWN_TRAINING = """
import os, sys
from pathlib import Path
import polars as pl
assert Path(sys.prefix).name == "user", sys.prefix
test = pl.read_parquet(os.environ["MLOPS_TEST_DATA"])
test.select("id", prediction=pl.col("x") > 100).write_parquet(Path(os.environ["MLOPS_OUTPUT"]) / "predictions.parquet")
"""


def test_a_teams_own_script_runs_in_its_own_environment(act: Act, tmp_path: Path) -> None:
    """What `mlops init` writes for a repository with train.py and requirements.txt, unchanged."""
    own = tmp_path / "own"
    own.mkdir()
    pl.DataFrame({"x": range(400), "late": [x > 100 for x in range(400)]}).write_csv(own / "rows.csv")
    (own / "train.py").write_text(OWN_TRAINING)
    (own / "requirements.txt").write_text("polars\n")
    result = CliRunner().invoke(mlops, ["init", "--folder", str(own)])
    assert result.exit_code == 0, result.output
    repository = Consumer(tmp_path / "repository", own)
    repository.edit(f"@v{__version__}", f"@{act.ref}", ".github/workflows/pull-request.yml")
    repository.commit("A first commit has no base")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.code == 0, run.log
    assert "✅ train" in run.summary
    assert "✅ evaluate" in run.summary


def test_a_hostile_caller_changes_nothing(act: Act, consumer: Make) -> None:
    """Modules named like ours, and settings of uv and Python that are meant for the caller's own work."""
    repository = consumer("flights")
    for name in ("click.py", "polars.py", "mlops_actions.py", "sklearn.py", "json.py"):
        (repository.folder / name).write_text("raise SystemExit('the caller module was imported')\n")
    (repository.folder / "uv.toml").write_text("no-index = true\n")
    (repository.folder / ".python-version").write_text("2.7\n")
    repository.commit("Hostile")
    run = act.run(
        repository,
        "pull-request.yml",
        "pull_request",
        UV_PYTHON="2.7",
        UV_NO_SYNC="1",
        UV_CONFIG_FILE="/nowhere/uv.toml",
        UV_PROJECT_ENVIRONMENT="/nowhere/environment",
        PYTHONPATH=".",
        VIRTUAL_ENV="/nowhere/environment",
    )
    assert run.code == 0, run.log
    assert run.errors == []
