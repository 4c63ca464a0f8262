"""Row ids: the same for the same content, on every run, for every type a file can hold."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.data import with_row_id
from mlops_actions.errors import DataError


def test_an_id_is_a_hash_of_the_content_that_never_changes() -> None:
    rows = pl.DataFrame({"b": ["x", None], "a": [1, 2]})
    assert with_row_id(rows, None).to_list() == ["99100c687c46e4a94e39bdc088a55bf6", "dfb159bf40786aa68fbde44db8813913"]


def test_the_order_of_columns_and_rows_does_not_matter() -> None:
    rows = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None]})
    ids = with_row_id(rows, None)
    assert with_row_id(rows.select("b", "a"), None).equals(ids)
    assert with_row_id(rows.reverse(), None).equals(ids.reverse())


def test_equal_rows_are_numbered_in_order() -> None:
    first, second, third = with_row_id(pl.DataFrame({"a": [1, 1, 1]}), None)
    assert (second, third) == (f"{first}-1", f"{first}-2")


@given(st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), unique=True, max_size=20))
def test_different_rows_have_different_ids(rows: list[tuple[str, str]]) -> None:
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    assert with_row_id(frame, None).n_unique() == len(rows)


def test_every_type_has_an_id() -> None:
    rows = pl.DataFrame(
        {
            "bytes": [b"\xff", b"\x00"],
            "list": [[1, 2], [1, 3]],
            "struct": [{"x": 1}, {"x": 2}],
            "decimal": [Decimal("1.5"), None],
            "time": [dt.time(1), None],
            "none": [None, None],
            "^late.*$": pl.Series([5_000_000, 1]).cast(pl.Int32).cast(pl.Date),
            "category": pl.Series(["u", "v"]).cast(pl.Categorical),
        }
    )
    assert with_row_id(rows, None).n_unique() == 2


def test_no_rows_have_no_ids() -> None:
    assert with_row_id(pl.DataFrame({"a": []}), None).to_list() == []


def test_a_named_column_is_taken_as_text() -> None:
    ids = with_row_id(pl.DataFrame({"key": [3, 1], "a": [0, 0]}), "key")
    assert (ids.name, ids.to_list()) == ("id", ["3", "1"])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([1, None, None], "2 rows have no 'key'"),
        ([1, 1, 2], "1 values of 'key', which is data.id, are there more than once"),
        ([[1], [2]], "'key' is List(Int64), which cannot be data.id"),
    ],
)
def test_a_column_that_names_no_rows_is_refused(keys: list[object], expected: str) -> None:
    with pytest.raises(DataError) as caught:
        with_row_id(pl.DataFrame({"key": keys}), "key")
    assert expected in str(caught.value)
