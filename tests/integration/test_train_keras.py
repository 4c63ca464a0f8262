"""Keras networks, trained for real: the float32 LiteRT file answers as the model did."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from ai_edge_litert.interpreter import Interpreter

from mlops_actions.bundle import Bundle
from mlops_actions.errors import ConfigError
from support.training import repository, rows, run

CNN = {"base_architecture": "cnn", "parameters": {"epochs": 2, "hidden": [8]}}


def pixels(count: int = 200) -> pl.DataFrame:
    random = np.random.default_rng(0)
    picture = random.normal(size=(count, 16))
    frame = pl.DataFrame({f"p{place}": picture[:, place] for place in range(16)})
    return frame.with_columns(
        p3=pl.when(pl.int_range(pl.len()) % 9 == 0).then(None).otherwise("p3"),
        late=pl.Series(np.where(picture[:, 0] > 0.5, "c", np.where(picture[:, 0] > -0.5, "b", "a"))),
        number=pl.int_range(pl.len()),
    )


def litert(bundle: Bundle) -> np.ndarray:
    test = pl.read_parquet(bundle.path / "test_rows.parquet").fill_null(float("nan")).to_numpy()
    interpreter = Interpreter(str(bundle.model / "float32.tflite"))
    place = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(place, test.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(place, test)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def test_a_network_its_litert_file_and_the_same_bytes_again(tmp_path: Path) -> None:
    _, bundle, lines = run(repository(tmp_path / "a", pixels(), train=CNN))
    identity = bundle.config()
    assert (identity.framework, identity.base_architecture, identity.classes) == ("keras", "cnn", ["a", "b", "c"])
    assert identity.hyperparameters["learning_rate"] == 0.001
    assert any(line.startswith("Epoch 2/2") for line in lines)
    scores = pl.read_parquet(bundle.predictions).select(pl.selectors.starts_with("score_")).to_numpy()
    assert np.abs(litert(bundle) - scores).max() < 1e-5
    _, again, _ = run(repository(tmp_path / "b", pixels(), train=CNN))
    assert again.predictions.read_bytes() == bundle.predictions.read_bytes()


def test_a_regression(tmp_path: Path) -> None:
    frame = rows(400).with_columns(cost=pl.col("x") * 1000 + 5000)
    train = {"base_architecture": "mlp", "parameters": {"epochs": 30, "learning_rate": 0.01, "dropout": 0.1}}
    _, bundle, _ = run(repository(tmp_path, frame, train=train, label="cost", features=["x", "gaps"]))
    assert bundle.config().task == "regression"
    assert bundle.contract().metrics["mae"].value < 300
    values = pl.read_parquet(bundle.predictions)["prediction"].to_numpy()
    assert np.abs(litert(bundle)[:, 0] - values).max() < 0.01


def test_the_users_own_keras_model_gets_two_columns(tmp_path: Path) -> None:
    repository(tmp_path, rows(), train={"function": "fitting:fit"}, features=["x"])
    (tmp_path / "fitting.py").write_text("""
def fit(train, parameters, output):
    import keras
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    model.fit(train[["x"]].to_numpy(), train["late"].to_numpy(), epochs=1, verbose=0)
    return model
""")
    _, bundle, _ = run(tmp_path)
    assert bundle.config().framework == "keras"
    scores = pl.read_parquet(bundle.predictions).select("score_false", "score_true").to_numpy()
    assert scores.sum(axis=1) == pytest.approx(1)
    assert np.abs(litert(bundle) - scores).max() < 1e-5


def test_what_a_network_cannot_take(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'town' is text"):
        run(repository(tmp_path, rows(), train={"base_architecture": "mlp"}))
