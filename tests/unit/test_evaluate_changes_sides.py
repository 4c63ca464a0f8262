"""Who the two models are, and what differs between them beside their predictions."""

import json
from pathlib import Path

import numpy as np
import pytest

from mlops_actions.bundle import Bundle
from mlops_actions.bundle.contract import Latency
from mlops_actions.bundle.identity import Dataset, Environment, Feature
from mlops_actions.evaluate.changes import differences, side
from mlops_actions.evaluate.sources import open_source
from mlops_actions.report.evaluation import Difference, Side
from support.bundles import model_config, predictions, write_bundle

FRAME = predictions(["a", "b"], ["no", "yes"], ["no", "yes"], np.array([[0.9, 0.1], [0.2, 0.8]]))


def bundle(folder: Path, *, model: int = 0, serving: int = 0) -> Path:
    for name, size in (("model/model.skops", model), ("model/parts/one.bin", model), ("serving/model.onnx", serving)):
        if size:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"x" * size)
    write_bundle(folder, model_config(version="v7", git_commit="c" * 40), FRAME)
    return folder


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [({"model": 500}, 1000), ({"model": 500, "serving": 30}, 1000), ({"serving": 30}, 30), ({}, None)],
)
def test_size_is_of_the_model_as_trained_where_it_is_there(
    tmp_path: Path, sizes: dict[str, int], expected: int | None
) -> None:
    assert side(open_source(bundle(tmp_path / "bundle", **sizes))).model_bytes == expected


def test_a_bundle_says_who_it_is_and_how_quick(tmp_path: Path) -> None:
    made = Bundle(bundle(tmp_path / "bundle", model=1))
    assert side(open_source(made.path)) == Side(
        version="v7",
        commit="c" * 40,
        input_digest="sha256:1",
        architecture="sklearn.linear_model.LogisticRegression",
        model_bytes=2,
        train_rows=10,
    )
    latency = Latency(runtime="onnxruntime", p50_us=11.5, p99_us=40.0)
    made.write_contract(made.contract().model_copy(update={"latency": latency}))
    made.write_config(made.config(), seal=False)
    found = side(open_source(made.path))
    assert (found.p50_us, found.p99_us) == (11.5, 40.0)


def test_of_a_plain_file_nothing_is_known(tmp_path: Path) -> None:
    FRAME.write_parquet(tmp_path / "predictions.parquet")
    assert side(open_source(tmp_path / "predictions.parquet")) == Side()


def test_a_bundle_that_was_made_outside_git_has_no_commit(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", model_config(git_commit=""), FRAME)
    assert side(open_source(tmp_path / "bundle")).commit is None


def test_equal_models_do_not_differ() -> None:
    one = model_config(hyperparameters={"a": float("nan"), "b": {"c": [1, 2]}})
    assert differences(one, model_config(hyperparameters={"a": float("nan"), "b": {"c": [1, 2]}})) == []


def test_hyperparameters_are_dotted_and_typed() -> None:
    before = {
        "depth": 3,
        "loss": "log_loss",
        "warm": False,
        "sampler": {"rate": 0.5, "gone": 1},
        "same": [1, 2],
        "e": {},
    }
    after = {"depth": 4.5, "loss": None, "warm": True, "sampler": {"rate": 0.25, "new": {"x": [1]}}, "same": [1, 2]}
    found = differences(model_config(hyperparameters=after), model_config(hyperparameters=before))
    assert {one.name: (one.base, one.candidate) for one in found} == {
        "depth": (3, 4.5),
        "loss": ("log_loss", "null"),
        "warm": ("false", "true"),
        "sampler.rate": (0.5, 0.25),
        "sampler.gone": (1, None),
        "sampler.new.x": (None, "[1]"),
        "e": ("{}", None),
    }
    assert {one.kind for one in found} == {"hyperparameter"}


def test_features_data_packages_and_settings() -> None:
    base = model_config()
    candidate = model_config(
        seed=3,
        base_architecture="mlp",
        framework="keras",
        classes=["no", "yes", "maybe"],
        features=[Feature(name="x", dtype="string", nullable=True), Feature(name="new", dtype="float", nullable=False)],
        dataset=Dataset(path="data.parquet", sha256="sha256:" + "f" * 64, version="f", train_rows=12, test_rows=10),
        environment=Environment(python="3.12", packages={"numpy": "2.4"}),
    )
    found = {(one.kind, one.name): (one.base, one.candidate) for one in differences(candidate, base)}
    assert found == {
        ("setting", "architecture"): ("sklearn.linear_model.LogisticRegression", "mlp"),
        ("setting", "framework"): ("sklearn", "keras"),
        ("setting", "classes"): ("no, yes", "no, yes, maybe"),
        ("setting", "seed"): (0, 3),
        ("feature", "x"): ("float", "string, may be missing"),
        ("feature", "new"): (None, "float"),
        ("data", "sha256"): ("0", "f" * 12),
        ("data", "train rows"): (10, 12),
        ("environment", "python"): ("3.11", "3.12"),
        ("environment", "numpy"): (None, "2.4"),
    }
    back = {(one.kind, one.name): (one.candidate, one.base) for one in differences(base, candidate)}
    assert back == found


def test_a_difference_beyond_what_is_shown_is_found_and_its_text_is_cut() -> None:
    long = "x" * 500
    found = differences(
        model_config(hyperparameters={"p": long + "1"}), model_config(hyperparameters={"p": long + "2"})
    )
    assert [(len(str(one.base)), one.base == one.candidate) for one in found] == [(80, True)]


def test_more_than_thirty_of_a_kind_are_counted() -> None:
    found = differences(model_config(hyperparameters={f"p{n:02}": n for n in range(37)}), model_config())
    assert len(found) == 31
    assert found[-1] == Difference(kind="hyperparameter", name="… and 7 more", base=None, candidate=None)
    assert [one.name for one in found[:30]] == [f"p{n:02}" for n in range(30)]
    assert json.dumps([one.model_dump() for one in found])
