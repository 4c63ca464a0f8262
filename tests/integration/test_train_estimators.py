"""Scikit-learn estimators, trained for real in the worker."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import polars as pl
import pytest
import skops.io
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

from mlops_actions.bundle import Bundle
from mlops_actions.errors import ConfigError
from support.training import repository, rows, run

HISTOGRAM = "sklearn.ensemble.HistGradientBoostingClassifier"
LOGISTIC = "sklearn.linear_model.LogisticRegression"


def scores(bundle: Bundle) -> np.ndarray:
    return pl.read_parquet(bundle.predictions).select(pl.selectors.starts_with("score_")).to_numpy()


@pytest.mark.parametrize("estimator", [HISTOGRAM, LOGISTIC, "sklearn.ensemble.RandomForestClassifier"])
def test_what_is_written_agrees_with_itself_and_with_onnx(tmp_path: Path, estimator: str) -> None:
    report, bundle, _ = run(repository(tmp_path, rows(), train={"estimator": estimator}))
    identity = bundle.config()
    assert (report.decision, report.verdict.reason, identity.framework) == ("pass", "trained", "sklearn")
    assert identity.classes == ["false", "true"]
    assert [(f.name, f.dtype, f.nullable) for f in identity.features] == [
        ("x", "float", False),
        ("gaps", "float", True),
        ("town", "string", True),
    ]
    assert bundle.changed_files() == []
    table = pl.read_parquet(bundle.predictions)
    assert table.columns == ["id", "label", "prediction", "score_false", "score_true"]
    assert table.height == identity.dataset.test_rows > 30
    assert bundle.contract().metrics["accuracy"].value > 0.8
    assert bundle.contract().metrics["accuracy"].value == (table["label"] == table["prediction"]).mean()
    assert np.abs(onnx_scores(bundle) - scores(bundle)).max() < 1e-5


def onnx_scores(bundle: Bundle) -> np.ndarray:
    """Return what ONNX Runtime answers to the bundle's test rows."""
    path = bundle.model / "model.skops"
    pipeline = skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))
    kinds = {"float": FloatTensorType([None, 1]), "string": StringTensorType([None, 1])}
    inputs = [(feature.name, kinds[feature.dtype]) for feature in bundle.config().features]
    model = to_onnx(pipeline, initial_types=inputs, options={id(pipeline): {"zipmap": False}})
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    test = pl.read_parquet(bundle.path / "test_rows.parquet").with_columns(
        pl.col(pl.String).fill_null(""), pl.col(pl.Float32).fill_null(float("nan"))
    )
    feed = {name: test[name].to_numpy().reshape(-1, 1) for name in test.columns}
    feed = {name: values.astype(object) if values.dtype.kind in "OTU" else values for name, values in feed.items()}
    return np.asarray(session.run(None, feed)[1])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    forest = {"estimator": "sklearn.ensemble.RandomForestClassifier", "parameters": {"n_estimators": 10}}
    files = [
        run(repository(tmp_path / name, rows(), train={**forest, "seed": seed}))[1].predictions.read_bytes()
        for name, seed in (("a", 7), ("b", 7), ("c", 8))
    ]
    assert files[0] == files[1]
    assert files[0] != files[2]


def test_a_regression_with_weights_and_groups(tmp_path: Path) -> None:
    frame = rows().with_columns(pounds=pl.col("x") * 3 + 1, weight=pl.lit(2), family=pl.col("number") % 40)
    where = {"label": "pounds", "weight": "weight", "group": "family", "exclude": ["late"]}
    train = {"estimator": "sklearn.linear_model.LinearRegression"}
    _, bundle, _ = run(repository(tmp_path, frame, train=train, **where))
    table = pl.read_parquet(bundle.predictions)
    assert table.columns == ["id", "label", "prediction", "weight", "group"]
    assert bundle.config().task == "regression"
    assert bundle.config().classes == []
    assert bundle.contract().metrics["mae"].value < 1e-4
    assert sum(bundle.contract().scores.counts) == table.height


def test_labels_of_many_classes_are_in_the_order_of_their_values(tmp_path: Path) -> None:
    frame = rows().with_columns(late=pl.col("number") % 12)
    _, bundle, _ = run(repository(tmp_path, frame, train={"estimator": "sklearn.tree.DecisionTreeClassifier"}))
    assert bundle.config().classes == [str(number) for number in range(12)]
    assert scores(bundle).sum(axis=1) == pytest.approx(1)


def test_an_estimator_without_probabilities_says_so(tmp_path: Path) -> None:
    _, bundle, lines = run(repository(tmp_path, rows(), train={"estimator": "sklearn.svm.LinearSVC"}))
    assert set(np.unique(scores(bundle))) == {0.0, 1.0}
    assert any("without probabilities" in line for line in lines)


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ({"estimator": LOGISTIC, "parameters": {"max_itr": 3}}, "max_iter"),
        ({"estimator": LOGISTIC, "parameters": {"C": "much"}}, "'C' parameter"),
        ({"estimator": LOGISTIC, "task": "regression"}, "train.task"),
    ],
)
def test_what_mlops_yaml_asks_wrongly_is_said(tmp_path: Path, train: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        run(repository(tmp_path, rows(60), train=train))
    assert not (tmp_path / ".mlops" / "toy" / "bundle").exists()


def test_a_classifier_refuses_to_learn_a_quantity(tmp_path: Path) -> None:
    frame = rows(3000).with_columns(late=pl.col("x"))
    with pytest.raises(ConfigError, match="too many different values"):
        run(repository(tmp_path, frame, train={"estimator": LOGISTIC}))


def test_hostile_names_and_values_are_only_names_and_values(tmp_path: Path) -> None:
    evil = "::set-output name=passed::true"
    names = ["^.*$", "a\nb", 'say "hi"', "-rf", "x" * 10_000, "| a | b |"]
    random = np.random.default_rng(0)
    frame = pl.DataFrame({name: random.normal(size=200) for name in names}).with_columns(
        pl.Series(evil, random.choice([evil, "<b>", "y" * 10_000], size=200)),
        late=pl.Series(random.choice([evil, "line\nbreak", "-"], size=200)),
    )
    folder = repository(tmp_path / "a folder's\nname", frame, train={"estimator": HISTOGRAM}, id=None)
    _, bundle, _ = run(folder)
    assert [feature.name for feature in bundle.config().features] == [*names, evil]
    assert bundle.config().classes == sorted([evil, "line\nbreak", "-"])
