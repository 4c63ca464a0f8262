"""`mlops init`: what it makes of a repository, and what it leaves alone."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
import yaml
from click.testing import CliRunner, Result

import act as staging
from mlops_actions import __version__
from mlops_actions.cli.main import mlops
from mlops_actions.config import load
from mlops_actions.pipeline import origin

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
Init = Callable[..., Result]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "My Flights"
    (root / "data").mkdir(parents=True)
    pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "late": ["no", "yes", "no", "yes"]}).write_parquet(
        root / "data/rows.parquet"
    )
    return root


def init(root: Path, *options: str) -> Result:
    return CliRunner().invoke(mlops, ["init", "--folder", str(root), *options])


def test_data_and_a_default_model(repository: Path) -> None:
    result = init(repository)
    assert result.exit_code == 0, result.output
    assert (repository / "mlops.yaml").read_text() == (
        "model: my-flights\n"
        "data: {path: data/rows.parquet, label: late}\n"
        "train: {estimator: sklearn.ensemble.HistGradientBoostingClassifier}\n"
        "evaluate: {roc_auc: {max_drop_abs: 0.005}}\n"
    )
    assert load(repository).model.id == "my-flights"
    assert "guessed label: late, the last column; 2 classes" in result.output
    assert "guessed limit: roc_auc may fall by 0.005 at most" in result.output
    assert (repository / ".gitignore").read_text() == ".mlops/\n"


def test_what_is_there_stays(repository: Path) -> None:
    (repository / "mlops.yaml").write_text("mine")
    result = init(repository)
    assert result.exit_code == 2
    assert "mlops.yaml is there already; nothing was written." in result.output
    assert (repository / "mlops.yaml").read_text() == "mine"
    assert not (repository / ".github").exists()
    assert init(repository, "--force").exit_code == 0
    assert load(repository).model.id == "my-flights"


def test_a_gitignore_is_added_to(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.pyc\n")
    init(repository)
    init(repository, "--force")
    assert (repository / ".gitignore").read_text() == "*.pyc\n.mlops/\n"


def test_a_label_by_name_dates_and_names_of_rows(repository: Path) -> None:
    pl.DataFrame(
        {
            "id": range(100),
            "Target": [index % 3 for index in range(100)],
            "when": pl.Series(range(100)).cast(pl.Date),
            "note": [f"note {index}" for index in range(100)],
            "colour": ["red", "blue"] * 50,
        }
    ).write_csv(repository / "data/more.csv")
    (repository / "data/rows.parquet").unlink()
    init(repository)
    config = load(repository)
    assert config.data is not None
    assert (config.data.label, config.data.id, config.data.exclude) == ("Target", "id", ["when", "note"])
    assert list(config.evaluate.limits()) == ["accuracy"]


@pytest.mark.parametrize("name", ["region", "home: {town}", "größe #1"])
def test_a_column_of_text_is_offered_as_slices(repository: Path, name: str) -> None:
    """And the line is one that works once its # is gone, whatever the column is called."""
    sides = ["north", "south"] * 4
    columns = {
        "note": [f"note {index}" for index in range(8)],
        "no\nline": sides,
        name: sides,
        "late": [0, 1, 1, 0] * 2,
    }
    pl.DataFrame(columns).write_parquet(repository / "data/rows.parquet")
    init(repository)
    assert load(repository).evaluate.slices == []
    *lines, replaced, _, line = (repository / "mlops.yaml").read_text().splitlines()
    assert replaced.startswith("evaluate: ")
    (repository / "mlops.yaml").write_text("\n".join([*lines, line.removeprefix("# ")]))
    assert load(repository).evaluate.slices == [name]


def test_a_number_is_regression(repository: Path) -> None:
    pl.DataFrame({"x": range(200), "price": [index / 7 for index in range(200)]}).write_csv(
        repository / "data/prices.csv"
    )
    (repository / "data/rows.parquet").unlink()
    result = init(repository)
    config = load(repository)
    assert config.train is not None
    assert config.train.estimator == "sklearn.ensemble.HistGradientBoostingRegressor"
    assert config.evaluate.limits() == {}
    assert "guessed limit" not in result.output


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"train.py": ""}, {"command": "python train.py"}),
        ({"train.py": "", "lib/model.py": "def fit(train, parameters, output): ..."}, {"function": "lib.model:fit"}),
        (
            {"broken.py": "def fit(", ".venv/lib/x.py": "def fit(a, b, c): ..."},
            {"estimator": "sklearn.ensemble.HistGradientBoostingClassifier"},
        ),
    ],
)
def test_the_way_to_train(repository: Path, files: dict[str, str], expected: dict[str, str]) -> None:
    for name, text in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    init(repository)
    assert yaml.safe_load((repository / "mlops.yaml").read_text())["train"] == expected


def test_the_users_requirements_reach_the_workflows(repository: Path) -> None:
    (repository / "train.py").touch()
    (repository / "requirements.txt").touch()
    init(repository)
    for name in ("pull-request", "model-comment", "release"):
        workflow = yaml.safe_load((repository / f".github/workflows/{name}.yml").read_text())
        (job,) = workflow["jobs"].values()
        assert job["with"] == {"requirements": "requirements.txt"}


def test_no_data(tmp_path: Path) -> None:
    result = init(tmp_path)
    assert result.exit_code == 2
    assert "There is no Parquet or CSV file" in result.output
    assert list(tmp_path.iterdir()) == []


def used(root: Path, name: str) -> str:
    """Return what a workflow calls, and after it, in the same line, which version that is."""
    lines = (root / ".github/workflows" / name).read_text().splitlines()
    (line,) = [line for line in lines if "uses:" in line]
    return line.strip()


def test_workflows_are_pinned_by_the_commit_that_runs_here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_actions.pipeline.init.our_commit", lambda: "a" * 40)
    result = init(repository)
    called = f"uses: mlops-actions/mlops-actions/.github/workflows/model-release.yml@{'a' * 40} # version {__version__}"
    assert used(repository, "release.yml") == called
    assert f"pinned mlops-actions at {'a' * 40}" in result.output


def test_where_no_commit_is_known_a_person_has_to_say_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_actions.pipeline.init.our_commit", lambda: None)
    result = init(repository)
    assert used(repository, "release.yml").endswith("model-release.yml@<SHA>")
    assert "to do: put a commit of mlops-actions that you looked at in place of <SHA>" in result.output


def noted(text: str | None) -> Callable[[str], SimpleNamespace]:
    return lambda _name: SimpleNamespace(read_text=lambda _file: text)


def test_the_commit_of_an_installation_from_git_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    said = '{"url": "https://example.org/x", "vcs_info": {"vcs": "git", "commit_id": "b0b"}}'
    monkeypatch.setattr("importlib.metadata.distribution", noted(said))
    assert origin.our_commit() == "b0b"


@pytest.mark.parametrize("text", [None, '{"url": "file:///x", "dir_info": {"editable": true}}'])
def test_else_it_is_the_checkouts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None) -> None:
    """And an installation inside somebody's repository is not mistaken for a checkout of ours."""
    monkeypatch.setattr("importlib.metadata.distribution", noted(text))
    (tmp_path / "x").write_text("x")
    commit = staging.commit_all(tmp_path, "A commit")
    for root, expected in ((tmp_path, commit), (tmp_path / "lib/python3.12", None)):
        monkeypatch.setattr(origin, "__file__", str(root / "src/mlops_actions/pipeline/origin.py"))
        assert origin.our_commit() == expected


def test_a_model_in_a_folder_gets_workflows_of_its_own_at_the_root(repository: Path) -> None:
    staging.commit_all(repository, "One model")
    assert init(repository).exit_code == 0
    second = repository / "models/second"
    second.mkdir(parents=True)
    pl.DataFrame({"x": [1, 2], "label": ["a", "b"]}).write_csv(second / "rows.csv")
    (second / "train.py").touch()
    (second / "requirements.txt").touch()
    result = init(second)
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (repository / ".github/workflows").iterdir()) == [
        "model-comment.yml",
        "pull-request.yml",
        "release.yml",
        "second-model-comment.yml",
        "second-pull-request.yml",
        "second-release.yml",
    ]
    assert not (second / ".github").exists()
    assert "wrote models/second/mlops.yaml" in result.output
    assert f"`mlops run --config {second}`" in result.output
    workflow = yaml.safe_load((repository / ".github/workflows/second-release.yml").read_text())
    assert workflow["name"] == "Model second release"
    assert workflow["jobs"]["model"]["with"] == {
        "config": "models/second/mlops.yaml",
        "requirements": "models/second/requirements.txt",
    }


def test_of_two_models_one_workflow_answers_comments(repository: Path) -> None:
    """And each follows the runs of its own model."""
    staging.commit_all(repository, "One model")
    init(repository)
    second = repository / "models/second"
    second.mkdir(parents=True)
    pl.DataFrame({"x": [1, 2], "label": ["a", "b"]}).write_csv(second / "rows.csv")
    init(second)
    init(second, "--force")
    triggers = {
        name: yaml.safe_load((repository / f".github/workflows/{name}.yml").read_text())[True]
        for name in ("model-comment", "second-model-comment")
    }
    assert triggers["model-comment"]["workflow_run"]["workflows"] == ["Model"]
    assert triggers["second-model-comment"]["workflow_run"]["workflows"] == ["Model second"]
    assert "issue_comment" in triggers["model-comment"]
    assert "issue_comment" not in triggers["second-model-comment"]


def test_the_default_branch_is_the_one_that_origin_names(repository: Path) -> None:
    staging.commit_all(repository, "One model")
    subprocess.run(["git", "-C", repository, "branch", "--move", "trunk"], check=True)
    clone = repository.parent / "clone"
    subprocess.run(["git", "clone", "--quiet", repository, clone], check=True)
    result = init(clone)
    assert result.exit_code == 0
    assert pushed(clone) == ["trunk"]
    assert "default branch" not in result.output


@pytest.mark.parametrize(
    ("branches", "expected", "why"),
    [
        (["trunk"], "trunk", "the branch that is checked out"),
        (["master", "work"], "master", "by its name"),
        (["main", "master", "work"], "main", "by its name"),
    ],
)
def test_without_an_origin_the_default_branch_is_guessed_and_said(
    repository: Path, branches: list[str], expected: str, why: str
) -> None:
    staging.commit_all(repository, "One model")
    subprocess.run(["git", "-C", repository, "branch", "--move", branches[0]], check=True)
    for name in branches[1:]:
        subprocess.run(["git", "-C", repository, "switch", "--quiet", "--create", name], check=True)
    result = init(repository)
    assert pushed(repository) == [expected]
    assert f"guessed default branch: {expected}, {why}\n" in result.output


def test_a_repository_without_a_commit_has_a_branch_already(repository: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--initial-branch=trunk", repository], check=True)
    assert init(repository).exit_code == 0
    assert pushed(repository) == ["trunk"]


def pushed(root: Path) -> list[str]:
    """Return the branches whose pushes the workflow of pull requests follows."""
    branches: list[str] = yaml.safe_load((root / ".github/workflows/pull-request.yml").read_text())[True]["push"][
        "branches"
    ]
    return branches


def test_a_workflow_of_the_same_name_stays(repository: Path) -> None:
    workflows = repository / ".github/workflows"
    workflows.mkdir(parents=True)
    (workflows / "release.yml").write_text("on: push\n")
    assert init(repository).exit_code == 0
    assert (workflows / "release.yml").read_text() == "on: push\n"
    assert (workflows / "my-flights-release.yml").exists()
    assert init(repository).exit_code == 2


@pytest.mark.parametrize("example", ["flights", "digits"])
@pytest.mark.parametrize("name", ["pull-request.yml", "model-comment.yml", "release.yml"])
def test_the_examples_workflows_are_what_init_writes(repository: Path, example: str, name: str) -> None:
    init(repository)
    written = (repository / ".github/workflows" / name).read_text()
    shown = (EXAMPLES / example / ".github/workflows" / name).read_text()
    assert re.sub("@.*", "", written) == re.sub("@.*", "", shown)
    assert re.fullmatch(r".*@[0-9a-f]{40} # version [\w.]+", used(EXAMPLES / example, name))
