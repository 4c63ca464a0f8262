"""What a trained model answers to the test rows, as raw float64 with a JSON header. Standard library; numpy is used if it is there."""

from __future__ import annotations

import array
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mlops_actions.train.refused import Refused

ASKED = "fit(train, parameters, output) returns an object whose predict_proba (or predict) takes the features of n rows"


def label_text(value: Any) -> str:
    """Return a label as text, the same everywhere: true and false for booleans, no trailing .0 for whole numbers."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.decode() if isinstance(value, bytes) else str(value)


def write(folder: Path, matrix: Any, kind: str, classes: list[str], rows: int) -> None:
    """Write `predictions.bin` (float64, row by row) and its header `predictions.json`.

    Args:
        folder: where.
        matrix: numpy array [rows, columns], or a list of rows.
        kind: probabilities, labels (then one-hot) or values.
        classes: labels as text, in the order of the columns; empty for values.
        rows: how many rows were asked for.
    """
    content = matrix.astype("float64").tobytes() if hasattr(matrix, "tobytes") else b"".join(map(_row_bytes, matrix))
    (folder / "predictions.bin").write_bytes(content)
    header = {"rows": rows, "columns": len(classes) or 1, "kind": kind, "classes": classes}
    (folder / "predictions.json").write_text(json.dumps(header), encoding="utf-8")


def _row_bytes(row: Any) -> bytes:
    return array.array("d", row).tobytes()


def answer(model: Any, rows: Any, count: int, task: str, classes: list[str]) -> tuple[Any, str, list[str]]:
    """Ask a model about the test rows.

    Args:
        model: what training returned.
        rows: the features of the test rows, as `tables.read` gives them.
        count: how many they are.
        task: classification or regression.
        classes: labels of training as text, sorted.

    Returns:
        matrix [count, columns], its kind, and the classes in the order of its columns.

    Raises:
        Refused: the answer has another shape than the rows ask for, or labels that training never saw.
    """
    if task == "regression":
        return _column(_rectangle(_call(model, "predict", rows), count, "predict")), "values", []
    if callable(getattr(model, "predict_proba", None)):
        matrix = _rectangle(_call(model, "predict_proba", rows), count, "predict_proba")
        names = _classes(model, classes)
        return _probabilities(matrix, names, "predict_proba"), "probabilities", names
    answered = _call(model, "predict", rows)
    if _has_columns(answered):
        names = _classes(model, classes)
        return _probabilities(_rectangle(answered, count, "predict"), names, "predict"), "probabilities", names
    return _labels(answered, count, classes), "labels", classes


def _has_columns(value: Any) -> bool:
    """Keras' habit: predict itself answers with a score for each class."""
    shape = getattr(value, "shape", None)
    first = value[0] if isinstance(value, (list, tuple)) and value else None
    return (
        len(shape) == 2 and shape[1] > 1 if shape is not None else isinstance(first, (list, tuple)) and len(first) > 1
    )


def _call(model: Any, method: str, rows: Any) -> Any:
    if not callable(getattr(model, method, None)):
        raise Refused(f"What training returned is {_named(model)}, which has no {method}.", fix=f"{ASKED}.")
    return getattr(model, method)(rows)


def _named(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__module__}.{type(value).__qualname__}"


def _listed(value: Any) -> list[Any]:
    """Return arrays, series, frames, tensors and sequences of any library as a list."""
    for method in ("to_numpy", "numpy", "tolist"):
        if callable(getattr(value, method, None)):
            return list(getattr(value, method)().tolist() if method != "tolist" else value.tolist())
    return list(value)


def _rectangle(value: Any, count: int, method: str) -> Any:
    """Return the answer as a matrix [count, columns]."""
    matrix = _with_numpy(value) if find_spec("numpy") else _with_lists(value)
    if matrix is None:
        raise Refused(f"{method} answered with {_named(value)} that is no table of numbers.", fix=f"{ASKED}.")
    if len(matrix) != count:
        raise Refused(
            f"{method} answered with {len(matrix)} rows for {count} test rows.", fix=f"{ASKED}: one answer a row."
        )
    return matrix


def _with_numpy(value: Any) -> Any:
    import numpy as np

    try:
        matrix = np.asarray(value, dtype="float64")
    except (TypeError, ValueError):
        return None
    return matrix.reshape(-1, 1) if matrix.ndim == 1 else matrix if matrix.ndim == 2 else None


def _with_lists(value: Any) -> list[list[float]] | None:
    try:
        rows = [row if hasattr(row, "__len__") else [row] for row in _listed(value)]
        matrix = [[float(cell) for cell in row] for row in rows]
    except (TypeError, ValueError):
        return None
    return matrix if len({len(row) for row in matrix}) == 1 else None


def _column(matrix: Any) -> Any:
    if len(matrix[0]) != 1:
        raise Refused(
            f"predict answered with {len(matrix[0])} columns for a regression.", fix="answer with one number a row."
        )
    return matrix


def _probabilities(matrix: Any, names: list[str], method: str) -> Any:
    columns = len(matrix[0])
    if columns == 1 and len(names) == 2:
        return _both_columns(matrix)
    if columns != len(names):
        shown = ", ".join(names)[:200]
        raise Refused(
            f"{method} answered with {columns} columns for {len(names)} classes ({shown}).",
            "the model saw other labels than the data have.",
            "answer with one probability a class, in the order of the sorted labels or of the model's classes_.",
        )
    return matrix


def _both_columns(matrix: Any) -> Any:
    """One column of a binary model is the probability of its second class."""
    if hasattr(matrix, "tobytes"):
        import numpy as np

        return np.concatenate([1 - matrix, matrix], axis=1)
    return [[1 - row[0], row[0]] for row in matrix]


def _classes(model: Any, classes: list[str]) -> list[str]:
    """Return the model's own order of the classes if it tells one, else the sorted labels."""
    if getattr(model, "classes_", None) is None:
        return classes
    names = [label_text(value) for value in _listed(model.classes_)]
    if sorted(names) != sorted(classes):
        raise Refused(
            f"The model's classes_ are {', '.join(names)[:200]}; the labels are {', '.join(classes)[:200]}.",
            "the function encoded the labels before fitting.",
            "return a model whose classes_ are the labels themselves, in the order of its columns.",
        )
    return names


def _labels(value: Any, count: int, classes: list[str]) -> list[list[float]]:
    places = {name: place for place, name in enumerate(classes)}
    names = [
        label_text(cell[0] if isinstance(cell, (list, tuple)) and len(cell) == 1 else cell) for cell in _listed(value)
    ]
    if len(names) != count:
        raise Refused(
            f"predict answered with {len(names)} rows for {count} test rows.", fix=f"{ASKED}: one answer a row."
        )
    unknown = sorted(set(names) - set(places))
    if unknown:
        raise Refused(
            f"predict answered with {unknown[0][:100]!r}, which is no label of the data ({', '.join(classes)[:200]}).",
            "it answers with codes, or with nothing.",
            "answer with the labels as they are in the data.",
        )
    return [[float(place == places[name]) for place in range(len(classes))] for name in names]
