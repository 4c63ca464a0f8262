"""mlops noise: real trainings with several seeds, through the command."""

import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

import jsonschema
import polars as pl
import pytest
from scipy.stats import t as student

from mlops_actions.report.noise import Noise, read_noise
from support.training import plain_python, repository, rows

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "noise.schema.json"
CHANCY = {"estimator": "sklearn.tree.ExtraTreeClassifier", "parameters": {"max_depth": 4}}
CERTAIN = {"estimator": "sklearn.linear_model.LogisticRegression"}
FUNCTION = """
import random

class Model:
    classes_ = [False, True]
    def predict_proba(self, rows):
        chances = [random.random() for _ in range(len(rows))]
        return [[1 - chance, chance] for chance in chances]

def fit(train, parameters, output):
    return Model()
"""


def mlops(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "mlops_actions", *arguments, "--config", str(folder)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def work(folder: Path) -> Path:
    return folder / ".mlops" / "toy"


def measured(folder: Path, *arguments: str, **variables: str) -> tuple[Noise, str]:
    code, said = mlops(folder, "noise", *arguments, **variables)
    assert code == 0, said
    return read_noise(work(folder) / "noise.json", "toy"), said


def accuracies(folder: Path) -> list[float]:
    """Return the accuracy of every training in the cache, computed by hand."""
    frames = [pl.read_parquet(path) for path in (work(folder) / "cache").glob("*/predictions/test.parquet")]
    return sorted(float((frame["label"] == frame["prediction"]).mean()) for frame in frames)  # type: ignore[arg-type]


def test_a_training_with_chance_in_it(tmp_path: Path) -> None:
    folder = repository(tmp_path, rows(800), train=CHANCY)
    output, summary = tmp_path / "output", tmp_path / "summary.md"
    files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"}
    for path in (output, summary):
        path.write_text("")
    noise, said = measured(folder, "--seeds", "3", **files)
    jsonschema.validate(json.loads(noise.model_dump_json()), json.loads(SCHEMA.read_text()))
    metric = noise.metrics["accuracy"]
    assert noise.seeds == [0, 1, 2]
    assert len(set(noise.input_digests)) == 3
    assert sorted(metric.values) == pytest.approx(accuracies(folder))
    assert metric.sigma == pytest.approx(statistics.stdev(metric.values))
    assert metric.sigma > 0
    assert noise.pairs == 3
    assert "differ in the seed alone" in said
    assert "interval grows" in said
    assert "| Accuracy |" in summary.read_text()
    assert "noise.json" in output.read_text()
    # Neither the model's own bundle nor a folder of the trainings is left.
    assert {path.name for path in work(folder).iterdir()} == {"cache", "noise.json"}


def test_more_seeds_repeat_no_training_and_the_bundle_of_the_model_stays(tmp_path: Path) -> None:
    folder = repository(tmp_path, rows(400), train={**CHANCY, "seed": 7})
    assert mlops(folder, "train")[0] == 0
    before = (work(folder) / "bundle" / "model_config.yaml").read_bytes()
    _, said = measured(folder, "--seeds", "2")
    assert said.count("Restored") == 1  # the seed of mlops.yaml was trained already
    noise, said = measured(folder, "--seeds", "3")
    assert said.count("Restored") == 2
    assert noise.seeds == [7, 8, 9]
    assert (work(folder) / "bundle" / "model_config.yaml").read_bytes() == before


def test_a_deterministic_training_is_said_to_be_one(tmp_path: Path) -> None:
    folder = repository(tmp_path, rows(), train=CERTAIN)
    noise, said = measured(folder, "--seeds", "2")
    assert noise.deterministic
    assert {metric.sigma for metric in noise.metrics.values()} == {0.0}
    assert noise.regressed == noise.improved == 0
    assert "training is deterministic and adds no noise" in said


def test_a_function_of_the_users_gets_the_seeds(tmp_path: Path) -> None:
    python = plain_python(tmp_path / "venv")
    folder = repository(tmp_path / "repository", rows(), train={"function": "fitting:fit"})
    (folder / "fitting.py").write_text(FUNCTION)
    noise, _ = measured(folder, "--seeds", "3", "--python", python)
    assert len(set(noise.metrics["roc_auc"].values)) == 3


def test_evaluate_counts_the_noise_in(tmp_path: Path) -> None:
    folder = repository(tmp_path, rows(800), train=CHANCY)
    noise, _ = measured(folder, "--seeds", "3")
    bundles = [work(folder) / "cache" / digest.removeprefix("sha256:") for digest in noise.input_digests[:2]]
    arguments = ("evaluate", "--candidate", str(bundles[0]), "--base", str(bundles[1]))
    widths, counted = [], []
    for more in ([], ["--noise", str(work(folder) / "noise.json")]):
        code, said = mlops(folder, *arguments, *more)
        assert code == 0, said
        report = json.loads((work(folder) / "reports" / "evaluate.json").read_text())
        accuracy = next(one for one in report["evaluation"]["comparisons"] if one["metric"] == "accuracy")
        widths.append(accuracy["gain"]["high"] - accuracy["gain"]["low"])
        counted.append(accuracy["noise"])
    sigma = noise.metrics["accuracy"].sigma
    assert counted == [None, pytest.approx(sigma)]
    chance = student.isf(0.05, 2) * math.sqrt(2) * sigma  # of two trainings, known from three
    assert widths[1] == pytest.approx(2 * math.hypot(widths[0] / 2, chance), rel=0.05)
    assert widths[1] > 1.2 * widths[0]


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        ("model: toy\n", [], "no section train"),
        ("model: toy\ntrain: {estimator: sklearn.tree.ExtraTreeClassifier}\n", [], "no section data"),
        ("model: toy\n", ["--seeds", "1"], "2<=x<=100"),
        ("model: toy\n", ["--python", "/nowhere"], "no section train"),
    ],
)
def test_what_cannot_be_measured(tmp_path: Path, text: str, arguments: list[str], words: str) -> None:
    (tmp_path / "mlops.yaml").write_text(text)
    code, said = mlops(tmp_path, "noise", *arguments)
    assert code == 2
    assert words in said
    assert "Traceback" not in said


def test_a_training_that_fails_leaves_no_noise(tmp_path: Path) -> None:
    folder = repository(tmp_path, rows(), train={"estimator": "sklearn.linear_model.NoSuchThing"})
    code, said = mlops(folder, "noise", "--seeds", "2")
    assert code == 2
    assert "NoSuchThing" in said
    assert not (work(folder) / "noise.json").exists()
    assert {path.name for path in work(folder).iterdir()} <= {"cache"}
