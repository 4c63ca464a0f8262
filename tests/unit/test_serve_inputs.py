"""JSON values become columns, or are refused with a sentence that names row and column."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.serve.errors import RefusedError
from mlops_actions.serve.inputs import column, columns_from_rows, nulls
from mlops_actions.serve.signature import Feature
from support.refused import answer

DELAY = Feature("dep delay", "float", nullable=True)
DISTANCE = Feature("distance", "float", nullable=False)
CARRIER = Feature("carrier", "string", nullable=True)
FEATURES = (DELAY, DISTANCE, CARRIER)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_rows_become_columns_in_the_order_of_the_features() -> None:
    rows = [
        {"carrier": "UA", "distance": 1, "dep delay": 2.5, "unknown": []},
        {"distance": True, "carrier": None, "dep delay": None},
    ]
    delay, distance, carrier = columns_from_rows(FEATURES, rows)
    assert delay.dtype == distance.dtype == np.float32
    assert delay[0] == 2.5
    assert math.isnan(delay[1])
    assert distance.tolist() == [1.0, 1.0]
    assert carrier.tolist() == ["UA", ""]
    assert [nulls(feature, values) for feature, values in zip(FEATURES, (delay, distance, carrier), strict=True)] == [
        1,
        0,
        1,
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"distance": None}, "Row 1: 'distance' is null; training saw no null in it."),
        ({"distance": "12"}, "Row 1: 'distance' is text, not a number."),
        ({"distance": [1]}, "Row 1: 'distance' is a list, not a number."),
        ({"distance": 1e39}, "Row 1: 'distance' is 1e+39: too large for a 32-bit float."),
        ({"carrier": 7}, "Row 1: 'carrier' is a number, not text."),
        ({"carrier": True}, "Row 1: 'carrier' is a boolean, not text."),
        ({"carrier": {}}, "Row 1: 'carrier' is an object, not text."),
    ],
)
def test_a_wrong_value_is_refused(change: dict[str, Any], sentence: str) -> None:
    good = {"dep delay": 1.0, "distance": 2.0, "carrier": "AA"}
    with pytest.raises(RefusedError) as refused:
        columns_from_rows(FEATURES, [good, {**good, **change}])
    assert (refused.value.status, refused.value.sentence) == (422, sentence)


def test_a_missing_column_is_refused() -> None:
    with pytest.raises(RefusedError, match="Row 0 has no column 'carrier'"):
        columns_from_rows(FEATURES, [{"dep delay": 1.0, "distance": 2.0}])


def test_a_row_that_is_no_object_is_refused() -> None:
    with pytest.raises(RefusedError, match="Row 1 is a list, not an object"):
        columns_from_rows(FEATURES, [{"dep delay": 1.0, "distance": 2.0, "carrier": "AA"}, [1, 2, "AA"]])


@given(st.lists(JSON, min_size=1, max_size=5), st.sampled_from(FEATURES))
def test_any_values_become_a_clean_column_or_are_refused(values: list[Any], feature: Feature) -> None:
    found = answer(lambda: column(feature, values))
    if isinstance(found, RefusedError):
        assert found.status == 422
        assert repr(feature.name) in found.sentence
        return
    assert found.shape == (len(values),)
    if feature.dtype == "string":
        assert all(type(value) is str for value in found)
    else:
        assert found.dtype == np.float32
        assert not np.isinf(found).any()
        assert np.isnan(found).tolist() == [value is None for value in values]


@given(
    st.lists(
        st.dictionaries(st.sampled_from([feature.name for feature in FEATURES]), JSON) | JSON, min_size=1, max_size=4
    )
)
def test_any_rows_give_whole_columns_or_are_refused(rows: list[Any]) -> None:
    found = answer(lambda: columns_from_rows(FEATURES, rows))
    if isinstance(found, RefusedError):
        assert found.sentence.startswith("Row ")
    else:
        assert [len(values) for values in found] == [len(rows)] * 3
