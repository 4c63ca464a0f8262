"""What models of any kind answer, as one matrix; and labels as text."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.train import answers
from mlops_actions.train.refused import Refused

ROWS = [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}]
CLASSES = ["a", "b"]


class Model:
    """Answers what it is made of."""

    def __init__(self, classes: Any = None, **methods: Any) -> None:
        if classes is not None:
            self.classes_ = classes
        for name, value in methods.items():
            setattr(self, name, lambda _, value=value: value)


def ask(model: Any, task: str = "classification") -> tuple[list[list[float]], str, list[str]]:
    matrix, kind, classes = answers.answer(model, ROWS, len(ROWS), task, CLASSES)
    return [[float(cell) for cell in row] for row in matrix], kind, classes


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (np.False_, "false"),
        (3, "3"),
        (3.0, "3"),
        (np.float32(4), "4"),
        (0.5, "0.5"),
        ("3.0", "3.0"),
        (np.str_("x"), "x"),
        (b"x", "x"),
        (float("inf"), "inf"),
    ],
)
def test_labels_as_text(value: Any, text: str) -> None:
    assert answers.label_text(value) == text


@pytest.mark.parametrize("kind", [list, np.array, pd.DataFrame, tuple])
def test_probabilities_of_any_container(kind: Any) -> None:
    table = [[0.1, 0.9], [0.2, 0.8], [1, 0]]
    assert ask(Model(predict_proba=kind(table))) == (table, "probabilities", CLASSES)


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_one_column_of_a_binary_model_is_its_second_class(kind: Any) -> None:
    assert ask(Model(predict_proba=kind([0.25, 0.5, 1])))[0] == [[0.75, 0.25], [0.5, 0.5], [0, 1]]


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_labels_become_one_hot(kind: Any) -> None:
    assert ask(Model(predict=kind(["b", "a", "b"]))) == ([[0, 1], [1, 0], [0, 1]], "labels", CLASSES)


def test_predict_that_answers_with_scores() -> None:
    assert ask(Model(predict=np.full((3, 2), 0.5)))[1] == "probabilities"
    assert ask(Model(predict=[[0.5, 0.5]] * 3))[1] == "probabilities"


def test_the_models_order_of_classes_wins() -> None:
    assert ask(Model(classes=np.array(["b", "a"]), predict_proba=[[1, 0]] * 3))[2] == ["b", "a"]


def test_values() -> None:
    assert ask(Model(predict=np.array([1, 2, 3])), "regression") == ([[1], [2], [3]], "values", [])


@pytest.mark.parametrize(
    ("model", "task", "words"),
    [
        (None, "classification", "is None"),
        (object(), "classification", "no predict"),
        (Model(predict_proba=[[0.5, 0.5]]), "classification", "1 rows for 3"),
        (Model(predict_proba=[[1, 0, 0]] * 3), "classification", "3 columns for 2 classes"),
        (Model(predict_proba=[[1, 0], [1], [0]]), "classification", "no table of numbers"),
        (Model(predict_proba=None), "classification", "NoneType that is no table|None that is no table"),
        (Model(predict_proba=np.zeros((3, 2, 2))), "classification", "no table of numbers"),
        (Model(classes=[0, 1], predict_proba=[[1, 0]] * 3), "classification", "classes_ are 0, 1; the labels are a, b"),
        (Model(predict=["a", "b"]), "classification", "2 rows for 3"),
        (Model(predict=["a", "b", None]), "classification", "'None', which is no label"),
        (Model(predict=[[1, 2]] * 3), "regression", "2 columns for a regression"),
        (Model(predict="abc"), "regression", "no table of numbers"),
    ],
)
def test_what_does_not_fit_is_refused(model: Any, task: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        ask(model, task)


def test_without_numpy_the_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "find_spec", lambda _: None)
    assert ask(Model(predict_proba=[0.25, 0.5, 1]))[0] == [[0.75, 0.25], [0.5, 0.5], [0, 1]]
    assert ask(Model(predict=[1, 2, 3]), "regression")[0] == [[1], [2], [3]]
    for wrong in ("abc", [[1, 0], [1], [0]], 3):
        with pytest.raises(Refused, match="no table of numbers"):
            ask(Model(predict_proba=wrong))


@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=1, max_size=20))
def test_lists_and_arrays_are_written_as_the_same_bytes(table: list[tuple[float, float]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        answers.write(folder, table, "probabilities", CLASSES, len(table))
        plain = (folder / "predictions.bin").read_bytes()
        answers.write(folder, np.array(table), "probabilities", CLASSES, len(table))
        assert (folder / "predictions.bin").read_bytes() == plain
        assert json.loads((folder / "predictions.json").read_text())["rows"] == len(table)
