"""The pull request of other consumers, from checkout to comment: a first model, an own script, several models, hostile files."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from mlops_actions.cli.main import mlops
from support.act import ROOT, Act, Run
from support.consumer import Consumer
from support.github_server import GitHubServer
from support.github_state import Pull

Make = Callable[[str], Consumer]


def proposed(act: Act, github: GitHubServer, repository: Consumer) -> tuple[Pull, Run]:
    pull = repository.propose(github)
    return pull, act.pull_request(repository, github, pull)


def test_a_network_trained_longer(act: Act, consumer: Make, github: GitHubServer) -> None:
    """The digits example: Keras, ten classes, and a limit on accuracy."""
    repository = consumer("digits")
    repository.edit("epochs: 10", "epochs: 11")
    repository.commit("Longer")
    pull, run = proposed(act, github, repository)
    assert run.code == 0, run.log
    assert run.errors == []
    for stage in ("validate-data", "train", "evaluate"):
        assert f"{stage}: digits" in run.summary
    (comment,) = github.comments(pull.number)
    assert "Accuracy" in comment.body
    assert github.checks(pull.head)["mlops / digits"].conclusion in {"success", "neutral"}


def test_a_broken_configuration_exits_2(act: Act, consumer: Make, github: GitHubServer) -> None:
    repository = consumer("flights")
    repository.edit("max_drop_abs", "max_drop_ab")
    repository.commit("An unknown key")
    _, run = proposed(act, github, repository)
    assert run.failed_jobs == {"Plan", "Comment", "Model"}
    assert run.exit_codes["Plan"] == {2}
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


def test_a_teams_own_script_runs_in_its_own_environment(act: Act, tmp_path: Path, github: GitHubServer) -> None:
    """What `mlops init` writes for a repository with train.py and requirements.txt, unchanged, as the first pull request."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "README.md").write_text("A team.\n")
    repository = Consumer(tmp_path / "repository", own)
    repository.commit("Before there was a model")
    repository.branch("change")
    pl.DataFrame({"x": range(400), "late": [x > 100 for x in range(400)]}).write_csv(repository.folder / "rows.csv")
    (repository.folder / "train.py").write_text(OWN_TRAINING)
    (repository.folder / "requirements.txt").write_text("polars\n")
    result = CliRunner().invoke(mlops, ["init", "--folder", str(repository.folder)])
    assert result.exit_code == 0, result.output
    repository.pin(".github/workflows/pull-request.yml", act.ref)
    repository.commit("A model, which has no base")
    pull, run = proposed(act, github, repository)
    assert run.code == 0, run.log
    assert "✅ train" in run.summary
    assert "Base" not in run.succeeded_jobs
    assert github.checks(pull.head)["mlops / repository"].conclusion == "success"


def own_repository(tmp_path: Path) -> Consumer:
    """Return a repository whose model is in a folder, which its second commit brings."""
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
    return repository


def test_a_base_from_before_the_requirements_file_is_trained_in_our_environment(
    act: Act, tmp_path: Path, github: GitHubServer
) -> None:
    """Also when `config` names a folder."""
    repository = own_repository(tmp_path)
    repository.branch("change")
    (repository.folder / "model/train.py").write_text(OWN_TRAINING)
    (repository.folder / "requirements.txt").write_text("polars\n")
    repository.edit(
        "estimator: sklearn.linear_model.LogisticRegression", "command: python train.py", "model/mlops.yaml"
    )
    repository.commit("Our own script, and what it needs")
    _, run = proposed(act, github, repository)
    assert run.code == 0, run.log
    assert "LogisticRegression" in run.summary, "the base was not trained"
    assert "evaluate: own" in run.summary


@pytest.mark.parametrize("recorded", [True, False])
def test_a_base_that_cannot_be_trained(act: Act, tmp_path: Path, github: GitHubServer, recorded: bool) -> None:
    """What its check knows takes its place, and decides nothing; where that is nothing, the gate stops."""
    repository = own_repository(tmp_path)
    flag = tmp_path / "a-service-that-training-needs"
    flag.touch()
    script = OWN_TRAINING.replace('assert Path(sys.prefix).name == "user", sys.prefix\n', "")
    (repository.folder / "model/train.py").write_text(f"open({str(flag)!r})\n{script}")
    repository.edit(
        "train: {estimator: sklearn.linear_model.LogisticRegression}\n",
        "train: {command: python train.py}\nevaluate: {accuracy: {max_drop_abs: 0.05}}\n",
        "model/mlops.yaml",
    )
    (repository.folder / "requirements.txt").write_text("polars\n")
    repository.commit("Our own script")
    if recorded:
        assert act.push(repository, github).code == 0
    repository.branch("change")
    (repository.folder / "model/train.py").write_text(script)
    # The kept predictions of the base do not count here: its check is what is left.
    shutil.rmtree(act.folder / "caches", ignore_errors=True)
    repository.commit("Without the service")
    flag.unlink()
    pull, run = proposed(act, github, repository)
    check = github.checks(pull.head)["mlops / own"]
    (comment,) = github.comments(pull.number)
    assert "Base" in run.failed_jobs
    if recorded:
        assert "Evaluate" in run.succeeded_jobs, run.log
        assert check.conclusion == "neutral"
        assert "by the base's recorded numbers" in comment.body
    else:
        assert "Evaluate" not in run.succeeded_jobs
        assert check.conclusion == "failure"
        assert "Training the base's model failed." in comment.body


def test_two_models_share_one_comment(act: Act, consumer: Make, github: GitHubServer) -> None:
    """One workflow with a job for each model; artifacts of a run share one set of names."""
    repository = consumer("flights")
    second = repository.folder / "models/small"
    second.mkdir(parents=True)
    (second / "rows.csv").write_text("x,late\n" + "".join(f"{x},{x > 100}\n" for x in range(400)))
    (second / "mlops.yaml").write_text(BEFORE.replace("own", "small"))
    call = (repository.folder / ".github/workflows/pull-request.yml").read_text(encoding="utf-8")
    (head, job) = call.split("jobs:\n")
    other = job.replace("model:", "small:", 1).replace("name: Model", "name: Small")
    both = f"{head}jobs:\n{job}{other}    with:\n      config: models/small/mlops.yaml\n"
    (repository.folder / ".github/workflows/pull-request.yml").write_text(both)
    repository.commit("A second model")
    pull, run = proposed(act, github, repository)
    assert run.code == 0, run.log
    parts = ("plan", "data-reports", "candidate", "candidate-predictions", "reports", "gate")
    assert run.artifact_names == {"flights-plan", "flights-gate", *(f"small-{part}" for part in parts)}
    (comment,) = github.comments(pull.number)
    assert "flights" in comment.body
    assert "small" in comment.body
    assert {"mlops / flights", "mlops / small"} <= set(github.checks(pull.head))


def test_a_hostile_caller_changes_nothing(act: Act, consumer: Make, github: GitHubServer) -> None:
    """Modules named like ours, and settings of uv and Python that are meant for the caller's own work."""
    repository = consumer("flights")
    for name in ("click.py", "polars.py", "mlops_actions.py", "sklearn.py", "json.py"):
        (repository.folder / name).write_text("raise SystemExit('the caller module was imported')\n")
    (repository.folder / "uv.toml").write_text("no-index = true\n")
    (repository.folder / ".python-version").write_text("2.7\n")
    repository.edit("max_drop_abs: 0.005", "max_drop_abs: 0.05")
    repository.commit("Hostile, and judged by another limit")
    run = act.pull_request(
        repository,
        github,
        repository.propose(github),
        UV_PYTHON="2.7",
        UV_NO_SYNC="1",
        UV_CONFIG_FILE="/nowhere/uv.toml",
        UV_PROJECT_ENVIRONMENT="/nowhere/environment",
        PYTHONPATH=".",
        VIRTUAL_ENV="/nowhere/environment",
    )
    assert run.code == 0, run.log
    assert run.errors == []
    assert {"Validate data", "Candidate", "Evaluate"} <= run.succeeded_jobs
