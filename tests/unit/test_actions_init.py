"""`mlops init`: what it makes of a repository, and what it leaves alone."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml
from click.testing import CliRunner, Result

from mlops_actions.cli.main import mlops
from mlops_actions.config import load
from mlops_actions.pipeline.init import workflows

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


def test_a_number_is_regression(repository: Path) -> None:
    pl.DataFrame({"x": range(200), "price": [index / 7 for index in range(200)]}).write_csv(
        repository / "data/prices.csv"
    )
    (repository / "data/rows.parquet").unlink()
    init(repository)
    config = load(repository)
    assert config.train is not None
    assert config.train.estimator == "sklearn.ensemble.HistGradientBoostingRegressor"
    assert config.evaluate.limits() == {}


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
    for name in ("pull-request", "release"):
        workflow = yaml.safe_load((repository / f".github/workflows/{name}.yml").read_text())
        assert workflow["jobs"]["model"]["with"] == {"requirements": "requirements.txt"}


def test_no_data(tmp_path: Path) -> None:
    result = init(tmp_path)
    assert result.exit_code == 2
    assert "There is no Parquet or CSV file" in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("example", ["flights", "digits"])
def test_the_examples_workflows_are_what_init_writes(example: str) -> None:
    for name, text in workflows(None).items():
        written = (EXAMPLES / example / name).read_text()
        pinned = next(line for line in written.splitlines() if "uses:" in line)
        assert written.replace(pinned, "") == text.replace(
            next(line for line in text.splitlines() if "uses:" in line), ""
        )
