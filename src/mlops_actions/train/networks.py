"""Small Keras networks for numeric rows, and the float32 LiteRT file beside every Keras model. Imported only where TensorFlow is."""

import difflib
import math
import os
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"  # in the worker's own process: LiteRT is exported from TensorFlow alone

import keras
import numpy as np
import tensorflow as tf

from mlops_actions.train.refused import Refused

DEFAULTS: dict[str, Any] = {
    "learning_rate": 0.001,
    "batch_size": 32,
    "epochs": 10,
    "optimizer": "adam",
    "hidden": [64, 64],
    "dropout": 0.0,
}
PREDICT_ROWS = 4096


def settings(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters with defaults.

    Raises:
        Refused: an unknown name, or a value that cannot be used.
    """
    for name in parameters:
        if name not in DEFAULTS:
            near = difflib.get_close_matches(name, DEFAULTS, n=1, cutoff=0.4)
            meant = f"did you mean {near[0]}? " if near else ""
            raise Refused(f"train.parameters: there is no {name}.", fix=f"{meant}There are: {', '.join(DEFAULTS)}.")
    chosen = {**DEFAULTS, **parameters}
    usable = {
        "learning_rate": _number(chosen["learning_rate"]) and chosen["learning_rate"] > 0,
        "batch_size": _count(chosen["batch_size"]),
        "epochs": _count(chosen["epochs"]),
        "optimizer": isinstance(chosen["optimizer"], str),
        "hidden": isinstance(chosen["hidden"], list) and all(map(_count, chosen["hidden"])),
        "dropout": _number(chosen["dropout"]) and 0 <= chosen["dropout"] < 1,
    }
    for name, good in usable.items():
        if not good:
            raise Refused(f"train.parameters: {name} cannot be {chosen[name]!r}.", fix=f"such as {DEFAULTS[name]!r}.")
    return chosen


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def fit(
    architecture: str,
    chosen: dict[str, Any],
    features: np.ndarray[Any, np.dtype[np.float32]],
    target: np.ndarray[Any, Any],
    classes: int,
    *,
    weight: np.ndarray[Any, Any] | None,
    seed: int,
) -> keras.Model:
    """Train a network.

    Args:
        architecture: mlp or cnn.
        chosen: see `settings`.
        features: float32 [N, F]; NaN where missing.
        target: [N], int64 class indices, or float64 values when `classes` is 0.
        classes: number of classes.
        weight: [N] or None.
        seed: of weights, order of rows and dropout; operations are deterministic.

    Returns:
        a model from float32 [N, F] to probabilities [N, classes], or values [N, 1].
    """
    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    inputs = keras.Input((features.shape[1],), name="features")
    body = (_cnn if architecture == "cnn" else _mlp)(_normalized(inputs, features), chosen)
    model = keras.Model(inputs, _head(body, target, classes), name=architecture)
    model.compile(_optimizer(chosen), loss="sparse_categorical_crossentropy" if classes else "mean_squared_error")
    model.fit(
        features, target, sample_weight=weight, batch_size=chosen["batch_size"], epochs=chosen["epochs"], verbose=2
    )
    return model


def _optimizer(chosen: dict[str, Any]) -> Any:
    try:
        return keras.optimizers.get(
            {"class_name": chosen["optimizer"], "config": {"learning_rate": chosen["learning_rate"]}}
        )
    except (ValueError, TypeError):
        raise Refused(
            f"train.parameters: Keras has no optimizer {chosen['optimizer']!r}.", fix="such as adam, sgd or rmsprop."
        ) from None


def _normalized(inputs: Any, features: np.ndarray[Any, Any]) -> Any:
    """Scale inside the model, so that no server has to; a missing value becomes the mean, where training saw any."""
    missing = np.isnan(features)
    known = np.where(missing.all(axis=0), np.float32(0), features)
    mean, variance = np.nanmean(known, axis=0, dtype="float64"), np.nanvar(known, axis=0, dtype="float64")
    scaled = keras.layers.Normalization(mean=mean, variance=variance)(inputs)
    if not missing.any():
        return scaled
    return keras.ops.where(keras.ops.equal(scaled, scaled), scaled, keras.ops.zeros_like(scaled))


def _mlp(inputs: Any, chosen: dict[str, Any]) -> Any:
    for units in chosen["hidden"]:
        inputs = keras.layers.Dense(units, activation="relu")(inputs)
        inputs = keras.layers.Dropout(chosen["dropout"])(inputs) if chosen["dropout"] else inputs
    return inputs


def _cnn(inputs: Any, chosen: dict[str, Any]) -> Any:
    width = inputs.shape[1]
    side = math.isqrt(width)
    if side * side != width:
        raise Refused(
            f"A cnn needs a square number of features, as of a picture; there are {width}.",
            fix="use base_architecture: mlp, or choose the pixels in data.features.",
        )
    inputs = keras.layers.Reshape((side, side, 1))(inputs)
    for filters in (32, 64):
        inputs = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(inputs)
        inputs = keras.layers.MaxPooling2D(2, padding="same")(inputs)
    return _mlp(keras.layers.Flatten()(inputs), chosen)


def _head(body: Any, target: np.ndarray[Any, Any], classes: int) -> Any:
    if classes:
        return keras.layers.Dense(classes, activation="softmax", name="probabilities")(body)
    value = keras.layers.Dense(1)(body)
    return keras.layers.Rescaling(float(target.std()) or 1.0, offset=float(target.mean()), name="value")(value)


def served(model: keras.Model, width: int, classes: int) -> keras.Model:
    """Return the user's model in the form that is served: [N, F] in, one probability a class out.

    Raises:
        Refused: another shape.
    """
    columns = classes or 1
    if model.input_shape == (None, width) and model.output_shape == (None, columns):
        return model
    if model.input_shape == (None, width) and classes == 2 and model.output_shape == (None, 1):
        second = model.outputs[0]
        return keras.Model(model.inputs, keras.layers.Concatenate()([1.0 - second, second]))
    raise Refused(
        f"The Keras model maps {model.input_shape} to {model.output_shape}; asked for are (None, {width}) and (None, {columns}).",
        fix="take the numeric features as one matrix and reshape inside the model; answer with one probability a class.",
    )


def predict(model: keras.Model, features: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the answers [N, columns]."""
    return np.asarray(model.predict(features, batch_size=PREDICT_ROWS, verbose=0))


def save(model: keras.Model, folder: Path) -> None:
    """Write `model.keras`, and `float32.tflite` from the same weights, so that nobody after this needs TensorFlow."""
    model.save(folder / "model.keras")
    model.export(folder / "float32.tflite", format="litert", verbose=False)
