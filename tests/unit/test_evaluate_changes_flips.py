"""Which rows changed sides, and the worst of them: counts add up, examples are ordered, masked and short."""

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.evaluate.changes import flips
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import ClassRows, LabelRows, NumberRows
from mlops_actions.evaluate.slices import NamedSlice
from mlops_actions.report.evaluation import Flips

NOTHING = pl.DataFrame()
CLASSES = ["cat", "dog", "owl"]


def model(labels: list[int], predicted: list[int], scores: Any = None, classes: list[str] = CLASSES) -> ClassRows:
    return ClassRows(classes, np.array(labels), np.array(predicted), None if scores is None else np.array(scores))


def pair(candidate: Any, base: Any, columns: pl.DataFrame = NOTHING, ids: list[str] | None = None) -> Pair:
    count = len(candidate.labels)
    return Pair(candidate, base, pl.Series(ids or [f"id{n}" for n in range(count)], dtype=pl.String), columns)


def found(one: Pair, **options: Any) -> Flips:
    result = flips(one, options.pop("slices", []), **{"show_rows": True, "features": [], **options})
    assert result is not None
    return result


def test_every_kind_of_flip_is_counted_once() -> None:
    labels = [0, 0, 1, 1, 2, 2]
    base = model(labels, [0, 1, 1, 0, 0, 2])
    candidate = model(
        labels, [1, 0, 1, 0, 1, 2]
    )  # lost, won, both right, both wrong alike, both wrong otherwise, right
    result = found(pair(candidate, base))
    assert result.total.model_dump() == {"name": "all rows", "rows": 6, "newly_right": 1, "newly_wrong": 1}
    assert result.wrong_otherwise == 1
    assert [count.model_dump() for count in result.by_class] == [
        {"name": "cat", "rows": 2, "newly_right": 1, "newly_wrong": 1}
    ]
    assert not result.masked


@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=60))
def test_counts_add_up_over_classes_and_over_slices_that_part_the_rows(rows: list[tuple[int, int, int]]) -> None:
    labels, before, after = (list(column) for column in zip(*rows, strict=True))
    parts = [NamedSlice(f"part {n}", np.arange(len(rows)) % 3 == n) for n in range(3)]
    result = found(pair(model(labels, after), model(labels, before)), slices=parts)
    for counts in (result.by_class, result.by_slice):
        assert sum(count.newly_right for count in counts) == result.total.newly_right
        assert sum(count.newly_wrong for count in counts) == result.total.newly_wrong
        changed = [count.newly_right + count.newly_wrong for count in counts]
        assert changed == sorted(changed, reverse=True)
        assert 0 not in changed
    assert len(result.examples) == min(result.total.newly_wrong, 10)
    gained = sum(a == y for y, a in zip(labels, after, strict=True)) - sum(
        b == y for y, b in zip(labels, before, strict=True)
    )
    assert result.total.newly_right - result.total.newly_wrong == gained


def test_many_slices_and_classes_are_capped_and_the_most_changed_stay() -> None:
    labels = [code for code in range(40) for _ in range(code + 1)]
    classes = [f"class {code}" for code in range(40)]
    base, candidate = (
        model(labels, labels, classes=classes),
        model(labels, [(y + 1) % 40 for y in labels], None, classes),
    )
    parts = [NamedSlice(name, np.array(labels) == code) for code, name in enumerate(classes)]
    result = found(pair(candidate, base), slices=parts)
    for counts in (result.by_class, result.by_slice):
        assert [count.name for count in counts] == [f"class {code}" for code in range(39, 19, -1)]


def test_examples_are_the_surest_wrong_answers_and_ties_go_by_id() -> None:
    labels = [0] * 12
    sure = [0.6, 0.9, 0.7, 0.9, *[0.5] * 8]
    scores = [[0.9 - s / 2, s, 0.1 - s / 2] for s in sure]
    ids = ["k", "b", "c", "a", *"lmnopqrs"]
    base, candidate = model(labels, [0] * 12), model(labels, [1] * 12, np.clip(scores, 0, 1))
    result = found(pair(candidate, base, ids=ids))
    assert [example.id for example in result.examples] == ["a", "b", "c", "k", "l", "m", "n", "o", "p", "q"]
    assert [example.confidence for example in result.examples[:4]] == [0.9, 0.9, 0.7, 0.6]
    assert {(one.label, one.base, one.candidate) for one in result.examples} == {("cat", "cat", "dog")}


def test_the_order_of_rows_changes_no_example() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 200)
    scores = generator.integers(1, 4, (200, 3)) / 10
    ids = np.array([f"row {n}" for n in range(200)])
    shuffled = generator.permutation(200)

    def seen(order: Any) -> Flips:
        candidate = ClassRows(CLASSES, labels[order], scores[order].argmax(axis=1), scores[order])
        return found(pair(candidate, ClassRows(CLASSES, labels[order], labels[order], None), ids=list(ids[order])))

    assert seen(shuffled) == seen(np.arange(200))


@pytest.mark.parametrize("scores", [None, [[3.0, -40.0, 7.5]]])
def test_confidence_is_left_out_where_scores_are_no_probabilities(scores: Any) -> None:
    result = found(pair(model([0], [2], scores), model([0], [0], scores)))
    assert [example.confidence for example in result.examples] == [None]


def test_values_are_cut_and_plain_so_that_json_holds_them() -> None:
    columns = pl.DataFrame(
        {
            "town": ["x" * 100],
            "distance": [1 / 3],
            "gap": [float("nan")],
            "flag": [True],
            "count": [3],
            "huge": pl.Series([2**62]),
            "seventh": [0],
            "missing": pl.Series([None], dtype=pl.Float64),
        }
    )
    names = ["town", "nowhere", "missing", "distance", "gap", "flag", "count", "huge"]
    result = found(pair(model([0], [1]), model([0], [0]), columns), features=names)
    assert result.examples[0].values == {
        "town": "x" * 39 + "…",
        "missing": None,
        "distance": 0.333333,
        "gap": "nan",
        "flag": "True",
        "count": 3,
    }
    assert Flips.model_validate_json(result.model_dump_json()) == result


def test_masked_rows_show_neither_id_nor_values() -> None:
    columns = pl.DataFrame({"town": ["Bonn", "Ulm"]})
    one = pair(model([0, 1], [1, 0]), model([0, 1], [0, 1]), columns, ids=["secret 1", "secret 2"])
    result = found(one, show_rows=False, features=["town"])
    assert [(example.id, example.values) for example in result.examples] == [
        ("row 1", {"town": "•••"}),
        ("row 2", {"town": "•••"}),
    ]
    assert result.masked
    for hidden in ("secret", "Bonn", "Ulm"):
        assert hidden not in result.model_dump_json()


def test_long_names_are_cut() -> None:
    classes = ["a" * 500, "b" * 500]
    one = pair(model([0], [1], None, classes), model([0], [0], None, classes), ids=["i" * 500])
    result = found(one, slices=[NamedSlice("s" * 500, np.array([True]))])
    example = result.examples[0]
    for text in (result.by_class[0].name, result.by_slice[0].name, example.id, example.label, example.candidate):
        assert len(text) == 80
        assert text.endswith("…")


def several(labels: Any, predicted: Any, scores: Any = None) -> LabelRows:
    return LabelRows(["red", "round"], np.array(labels, dtype=bool), np.array(predicted, dtype=bool), scores)


def test_rows_of_several_labels_are_right_when_all_labels_are() -> None:
    labels = [[1, 0], [0, 0], [1, 1]]
    base = several(labels, [[1, 0], [1, 1], [0, 1]])
    candidate = several(labels, [[0, 0], [1, 0], [1, 1]], np.array([[0.2, 0.4], [0.9, 0.1], [0.8, 0.7]]))
    result = found(pair(candidate, base))
    assert (result.total.newly_right, result.total.newly_wrong, result.wrong_otherwise) == (1, 1, 1)
    assert {count.name: (count.rows, count.newly_right, count.newly_wrong) for count in result.by_class} == {
        "red": (3, 1, 1),
        "round": (3, 1, 0),
    }
    example = result.examples[0]
    assert (example.label, example.base, example.candidate, example.confidence) == ("red", "red", "no label", 0.8)


def test_nothing_is_said_without_a_base_or_for_numbers() -> None:
    numbers = NumberRows(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    assert flips(pair(model([0], [0]), None), [], show_rows=True, features=[]) is None
    assert flips(pair(numbers, numbers), [], show_rows=True, features=[]) is None


def test_ids_that_a_wide_table_needs_are_gathered_for_the_shown_rows_alone() -> None:
    """A row of the table goes with the id of the same row."""
    generator = np.random.default_rng(1)
    labels = np.zeros(500, dtype=np.int64)
    scores = generator.random((500, 3))
    candidate = ClassRows(CLASSES, labels, scores.argmax(axis=1), scores)
    columns = pl.DataFrame({"number": np.arange(500)})
    result = found(pair(candidate, ClassRows(CLASSES, labels, labels, None), columns), features=["number"])
    assert [example.id for example in result.examples] == [f"id{one.values['number']}" for one in result.examples]
    assert all(a.confidence is not None and a.confidence >= (b.confidence or 0) for a, b in pairwise(result.examples))
