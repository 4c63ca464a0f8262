"""The user's command: what it is told, what it writes, and what is said when it does not."""

import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops_actions.errors import ConfigError, UserCodeError
from support.training import repository, rows, run

READ = """
import os, json, polars as pl
from pathlib import Path
train, test = pl.read_parquet(os.environ["MLOPS_TRAIN_DATA"]), pl.read_parquet(os.environ["MLOPS_TEST_DATA"])
output = Path(os.environ["MLOPS_OUTPUT"])
"""
WRITE = 'test.select("id", prediction=pl.col("x") > 0).write_csv(output / "predictions.csv")\n'


def project(folder: Path, script: str, **data: Any) -> Path:
    """Write a repository whose command is `script`."""
    train = {"command": "python 'my train.py' --quick", "python": sys.executable, "parameters": {"depth": 3}, "seed": 5}
    repository(folder, rows(120), train=train, **data)
    (folder / "my train.py").write_text(READ + script)
    return folder


def test_it_reads_and_writes_where_it_is_told(tmp_path: Path) -> None:
    script = """
assert train.columns == ["x", "gaps", "town", "late"] and test.columns == ["id", "x", "gaps", "town"]
assert json.loads(os.environ["MLOPS_PARAMETERS"]) == {"depth": 3} and os.environ["MLOPS_SEED"] == "5"
(output / "model" / "weights.txt").write_text("42")
"""
    _, bundle, _ = run(project(tmp_path, script + WRITE))
    identity = bundle.verify()
    assert (identity.framework, identity.task, identity.classes) == ("opaque", "classification", ["false", "true"])
    assert (bundle.model / "weights.txt").read_text() == "42"
    table = pl.read_parquet(bundle.predictions)
    assert set(table["prediction"]) == {"false", "true"}
    assert set(table["score_true"]) == {0.0, 1.0}


def test_scores_may_come_in_any_order_of_rows(tmp_path: Path) -> None:
    script = """
scores = test.select("id", score_true=pl.col("x").rank() / 1000, score_false=1 - pl.col("x").rank() / 1000)
scores.sort("score_true").write_parquet(output / "predictions.parquet")
"""
    _, bundle, _ = run(project(tmp_path, script))
    table, tested = pl.read_parquet(bundle.predictions), pl.read_parquet(bundle.path / "test_rows.parquet")
    assert (table["score_true"] * 1000).round().to_list() == tested["x"].rank().to_list()


def test_a_regression(tmp_path: Path) -> None:
    script = 'test.select("id", prediction=pl.col("gaps").fill_null(0)).write_parquet(output / "predictions.parquet")\n'
    _, bundle, _ = run(project(tmp_path, script, label="x", exclude=["late"]))
    assert bundle.config().task == "regression"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("raise SystemExit(7)\n", "exit code 7"),
        ("os.kill(os.getpid(), 9)\n", "signal 9"),
        ("", "wrote no predictions"),
        ("(output / 'predictions.csv').write_text('')\n", "cannot be read"),
        ("(output / 'predictions.parquet').write_text('PAR1')\n", "cannot be read"),
        (WRITE.replace("test.", "test.head(3)."), "are missing"),
        (WRITE.replace("test.", "pl.concat([test, test])."), "are repeated"),
        (WRITE.replace('"id"', 'row="id"'), "no column id"),
        (WRITE.replace("prediction=", "guess="), "neither score_false, score_true, nor prediction"),
        (WRITE.replace('pl.col("x") > 0', 'pl.lit("late")'), "'late', which is no label"),
        (WRITE.replace('prediction=pl.col("x") > 0', 'score=pl.col("x") * 100'), "not between 0 and 1"),
    ],
)
def test_what_goes_wrong_in_it_is_said(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(UserCodeError, match=words):
        run(project(tmp_path, script))
    assert not (tmp_path / ".mlops" / "toy" / "bundle").exists()


@pytest.mark.parametrize(
    ("command", "error", "words"),
    [
        ("no-such-program --x", UserCodeError, "cannot be started"),
        ("python 'train.py", ConfigError, "quotes"),
        ("", ConfigError, "empty"),
    ],
)
def test_a_command_that_is_none(tmp_path: Path, command: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        run(repository(tmp_path, rows(60), train={"command": command}))


def test_a_second_column_id_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path, WRITE, id=None)
    rows(60).with_columns(id=pl.lit(1)).write_parquet(folder / "data.parquet")
    with pytest.raises(ConfigError, match="another one"):
        run(folder)
