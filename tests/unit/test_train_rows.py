"""What becomes a feature, and what the label asks for."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from mlops_actions.errors import ConfigError, DataError
from mlops_actions.train.rows import canonical, features, rounded, target

FRAME = pl.DataFrame(
    {
        "count": [1, 2, None],
        "flag": [True, False, True],
        "ratio": [0.5, float("nan"), 1.0],
        "^.*$": ["a", None, "c"],
        "kind": pl.Series(["u", "v", "u"], dtype=pl.Categorical),
        "day": [date(2026, 1, 1)] * 3,
    }
)
NAMES = ["count", "flag", "ratio", "^.*$", "kind"]


def test_numbers_travel_as_float32_and_the_rest_as_text() -> None:
    chosen = features(FRAME, NAMES, dates=False)
    assert [(f.dtype, f.nullable) for f in chosen] == [
        ("float", True),
        ("float", False),
        ("float", True),
        ("string", True),
        ("string", False),
    ]
    assert set(canonical(FRAME, chosen, fill=True).dtypes) == {pl.Float32, pl.String}
    filled, kept = canonical(FRAME, chosen, fill=True), canonical(FRAME, chosen, fill=False)
    assert filled["^.*$"].to_list() == ["a", "", "c"]
    assert filled["ratio"].is_nan().to_list() == [False, True, False]
    assert kept["^.*$"].to_list() == ["a", None, "c"]
    assert kept["ratio"].null_count() == kept["count"].null_count() == 1


def test_dates_travel_only_where_they_may() -> None:
    with pytest.raises(ConfigError, match="'day' cannot be a feature: it is a date or time"):
        features(FRAME, ["day"], dates=False)
    chosen = features(FRAME, ["day"], dates=True)
    assert canonical(FRAME, chosen, fill=True)["day"].to_list() == ["2026-01-01"] * 3


def test_columns_that_no_model_takes() -> None:
    with pytest.raises(ConfigError, match="of type List"):
        features(pl.DataFrame({"many": [[1], [2]]}), ["many"], dates=True)
    with pytest.raises(ConfigError, match="No column is left"):
        features(FRAME, [], dates=True)


def test_integers_that_float32_rounds_are_named() -> None:
    frame = pl.DataFrame(
        {"account": [2**24 + 1, 5], "count": [1, None], "none": pl.Series([None, None], dtype=pl.Int64)}
    )
    assert rounded(frame, features(frame, frame.columns, dates=False)) == ["account"]


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        ([True, False], "classification", ["false", "true"]),
        ([10, 9, 100], "classification", ["9", "10", "100"]),
        ([2.0, 1.0], "classification", ["1", "2"]),
        (["10", "9"], "classification", ["10", "9"]),
        ([0.5, 1.5], "regression", ["0.5", "1.5"]),
        (list(range(51)), "regression", [str(number) for number in range(51)]),
    ],
)
def test_the_label_says_what_is_asked(values: list[Any], task: str, classes: list[str]) -> None:
    frame = pl.DataFrame({"label": values})
    found = target(frame, "label", None, estimator_decides=False)
    assert (found.task, found.classes) == (task, classes)
    assert found.indices(frame).sort().to_list() == list(range(len(classes)))
    assert target(frame, "label", None, estimator_decides=True).task is None


def test_a_label_of_categories_sorts_as_text() -> None:
    frame = pl.DataFrame({"label": pl.Series(["b", "a", "b"], dtype=pl.Enum(["b", "a"]))})
    found = target(frame, "label", None, estimator_decides=False)
    assert found.classes == ["a", "b"]
    assert found.text(frame).to_list() == ["b", "a", "b"]


def test_labels_that_cannot_be_what_is_asked() -> None:
    many = pl.DataFrame({"label": [str(number) for number in range(1001)]})
    with pytest.raises(ConfigError, match="1001 different values"):
        target(many, "label", None, estimator_decides=False)
    with pytest.raises(ConfigError, match=r"train\.task is regression"):
        target(many, "label", "regression", estimator_decides=False)
    with pytest.raises(DataError, match="of type List"):
        target(pl.DataFrame({"label": [[1], [2]]}), "label", None, estimator_decides=False)
