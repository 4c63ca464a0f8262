"""The pull request of a consumer, from checkout to verdict: green, and red for each reason."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from mlops_actions.cli.main import mlops
from support.act import ROOT, Act, Consumer

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
    assert run.exit_codes["Validate data"] == {1}
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
    assert run.exit_codes["Evaluate"] == {1}
    assert any("roc_auc" in error for error in run.errors), run.errors
    assert "❌ evaluate" in run.summary


def test_a_broken_configuration_exits_2(act: Act, consumer: Make) -> None:
    repository = consumer("flights")
    repository.edit("max_drop_abs", "max_drop_ab")
    repository.commit("An unknown key")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.failed_jobs == {"Validate data", "Model"}
    assert run.exit_codes["Validate data"] == {2}
    assert any("did you mean `max_drop_abs`" in error for error in run.errors), run.errors


BEFORE = """\
model: own
data: {path: rows.csv, label: late}
train: {estimator: sklearn.linear_model.LogisticRegression}
"""
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
    repository.pin(".github/workflows/pull-request.yml", act.ref)
    repository.commit("A first commit has no base")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.code == 0, run.log
    assert "✅ train" in run.summary
    assert "✅ evaluate" in run.summary


def test_a_base_from_before_the_requirements_file_is_trained_in_our_environment(act: Act, tmp_path: Path) -> None:
    """Also when `config` names a folder, in which a base need not have mlops.yaml."""
    own = tmp_path / "own"
    workflows = own / ".github/workflows"
    workflows.mkdir(parents=True)
    (own / "model").mkdir()
    (own / "model/rows.csv").write_text("x,late\n" + "".join(f"{x},{x > 100}\n" for x in range(400)))
    call = (ROOT / "examples/flights/.github/workflows/pull-request.yml").read_text(encoding="utf-8")
    (workflows / "pull-request.yml").write_text(
        f"{call}    with:\n      config: model\n      requirements: requirements.txt\n"
    )
    repository = Consumer(tmp_path / "repository", own)
    repository.commit("Rows and no model")
    (repository.folder / "model/mlops.yaml").write_text(BEFORE)
    repository.commit("A model")
    (repository.folder / "model/train.py").write_text(OWN_TRAINING)
    (repository.folder / "requirements.txt").write_text("polars\n")
    repository.edit(
        "estimator: sklearn.linear_model.LogisticRegression", "command: python train.py", "model/mlops.yaml"
    )
    repository.commit("Our own script, and what it needs")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.code == 0, run.log
    assert "LogisticRegression" in run.summary, "the base was not trained"
    assert "✅ evaluate" in run.summary


def test_two_models_in_one_run(act: Act, consumer: Make) -> None:
    """One workflow with a job for each model; artifacts of a run share one set of names."""
    repository = consumer("flights")
    second = repository.folder / "models/digits"
    shutil.copytree(ROOT / "examples/digits", second, ignore=shutil.ignore_patterns(".mlops", ".github"))
    call = (repository.folder / ".github/workflows/pull-request.yml").read_text(encoding="utf-8")
    (head, job) = call.split("jobs:\n")
    other = job.replace("model:", "digits:").replace("name: Model", "name: Digits")
    both = f"{head}jobs:\n{job}{other}    with:\n      config: models/digits/mlops.yaml\n"
    (repository.folder / ".github/workflows/pull-request.yml").write_text(both)
    repository.commit("A second model")
    run = act.run(repository, "pull-request.yml", "pull_request")
    assert run.code == 0, run.log
    names = {path.name for path in run.artifacts.iterdir() if not path.name.isdigit()}
    assert names == {
        *(f"flights-{what}" for what in ("candidate", "base", "reports")),
        *(f"digits-{what}" for what in ("candidate", "reports")),
    }


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
