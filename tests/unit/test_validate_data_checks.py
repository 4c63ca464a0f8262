"""Each check of validate-data on small frames: what passes, what fails, with what word, count, share and examples."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pytest

from mlops_actions.config.models import DataSection, ValidateDataSection
from mlops_actions.errors import DataError
from mlops_actions.report import Finding
from mlops_actions.validate_data import check_frame
from mlops_actions.verdict import Decision

NAN = float("nan")


def checked(values: Any, name: str = "a", **asked: Any) -> Finding:
    """Return the finding of the one check that is asked of the one column."""
    frame = values if isinstance(values, pd.DataFrame) else pl.DataFrame({name: values}, strict=False)
    section = ValidateDataSection.model_validate({"columns": {name: asked}})
    found = [one for one in check_frame(frame, section) if one.key and one.key.startswith("validate_data.columns.")]
    (only,) = found
    return only


def answer(finding: Finding) -> tuple[str, Any]:
    """Return the word, and the count of rows behind it."""
    verdict = finding.verdict
    assert (verdict.decision is Decision.PASS) == (verdict.reason == "ok")
    return verdict.reason, verdict.evidence["count"]


@pytest.mark.parametrize(
    ("values", "asked", "expected"),
    [
        ([1, None, 3, 4], {"max_null_share": 0.25}, ("ok", 1)),
        ([1, None, None, 4], {"max_null_share": 0.25}, ("nulls", 2)),
        ([1.0, NAN, None, 4.0], {"max_null_share": 0.25}, ("nulls", 2)),
        ([None, None], {"max_null_share": 1}, ("ok", 2)),
        ([1, 2, 3], {"min": 1}, ("ok", 0)),
        ([1, 2, None], {"min": 2}, ("range", 1)),
        ([1, 2, 3], {"max": 3}, ("ok", 0)),
        ([1.5, NAN, 3.5], {"max": 2}, ("range", 1)),
        ([1.5, float("inf")], {"max": 2}, ("range", 1)),
        ([Decimal("1.5"), Decimal("2.5")], {"max": 2}, ("range", 1)),
        (["a", "b"], {"min": 0}, ("type", 2)),
        ([dt.date(2026, 1, 1)], {"max": 0}, ("type", 1)),
        ([None, None], {"max": 0}, ("nulls", 0)),
        ([1, 2], {"type": "integer"}, ("ok", 0)),
        ([1.0, 2.0, None, NAN], {"type": "integer"}, ("ok", 0)),
        ([1.0, 2.5], {"type": "integer"}, ("type", 1)),
        ([1.0, 2.5], {"type": "float"}, ("ok", 0)),
        ([1, 2], {"type": "float"}, ("type", 2)),
        ([1, 2], {"type": "number"}, ("ok", 0)),
        ([Decimal("1.5")], {"type": "number"}, ("ok", 0)),
        (["1", " -2.5e3 ", ".5", "NA", None], {"type": "number"}, ("type", 1)),
        (["1", "2.5"], {"type": "integer"}, ("type", 1)),
        (["1", "2"], {"type": "integer"}, ("type", 0)),
        (["x"], {"type": "string"}, ("ok", 0)),
        ([1], {"type": "string"}, ("type", 1)),
        ([True, None], {"type": "boolean"}, ("ok", 0)),
        ([dt.date(2026, 1, 1)], {"type": "datetime"}, ("ok", 0)),
        ([dt.datetime(2026, 1, 1)], {"type": "datetime"}, ("ok", 0)),  # noqa: DTZ001 (files hold such)
        ([dt.time(1)], {"type": "datetime"}, ("type", 1)),
        ([[1, 2]], {"type": "number"}, ("type", 1)),
        ([None], {"type": "string"}, ("nulls", 0)),
        (["x", "y", "x", None], {"max_distinct": 2}, ("ok", 2)),
        (["x", "y", "z"], {"max_distinct": 2}, ("cardinality", 3)),
        ([1.5, 2.5, NAN], {"max_distinct": 2}, ("ok", 2)),
        ([None, None], {"max_distinct": 2}, ("cardinality", 0)),
        (["x", "y"], {"min_distinct": 2}, ("ok", 2)),
        (["x", "x", None], {"min_distinct": 2}, ("cardinality", 1)),
    ],
)
def test_a_check_says_its_word_and_its_count(values: Any, asked: dict[str, Any], expected: tuple[str, int]) -> None:
    assert answer(checked(values, **asked)) == expected


def test_text_that_holds_numbers_alone_is_still_text() -> None:
    verdict = checked(["1", "2"], type="integer").verdict
    assert verdict.decision is Decision.FAIL
    assert "0 of 2 rows (0 %) hold no integer; the column is String" in verdict.sentence


@pytest.mark.parametrize(
    ("column", "asked", "expected"),
    [
        (["x", None], {"type": "string"}, ("ok", 0)),
        ([1.0, None], {"type": "integer"}, ("ok", 0)),
        ([1.5, None], {"type": "integer"}, ("type", 1)),
        ([1.5, None], {"max_null_share": 0.4}, ("nulls", 1)),
        ([1.5, None], {"max": 1}, ("range", 1)),
        ([1.5, None], {"max_distinct": 1}, ("ok", 1)),
        (["1", "x", None], {"type": "number"}, ("type", 1)),
        ([1, "x"], {"type": "number"}, ("type", 2)),
    ],
)
def test_pandas_gets_the_same_answers(column: list[Any], asked: dict[str, Any], expected: tuple[str, int]) -> None:
    assert answer(checked(pd.DataFrame({"a": column}), **asked)) == expected


def test_a_lazy_frame_and_a_pyarrow_table_are_frames_too() -> None:
    frame = pl.DataFrame({"a": [1, 5]})
    section = ValidateDataSection.model_validate({"columns": {"a": {"max": 2}}})
    assert check_frame(frame.lazy(), section) == check_frame(frame.to_arrow(), section) == check_frame(frame, section)


@pytest.mark.parametrize("frame", [[1, 2], pd.DataFrame({0: [1]}), pd.DataFrame([[1, 2]], columns=["a", "a"])])
def test_what_is_no_frame_is_refused(frame: Any) -> None:
    with pytest.raises(DataError):
        check_frame(frame, ValidateDataSection())


def test_a_failure_carries_share_limit_and_masked_examples() -> None:
    finding = checked(["Ab-12@x.de", "7", "☃ é", "Ab-99@y.de"], type="number")
    assert finding.verdict.evidence == {"count": 3, "share": 0.75, "examples": ["Aa-99@a.aa", "? a"]}
    assert finding.verdict.sentence.endswith("shaped like 'Aa-99@a.aa', '? a'.")


def test_examples_are_shown_as_they_are_where_that_is_allowed() -> None:
    section = ValidateDataSection.model_validate({"columns": {"a": {"max": 2}}, "mask_examples": False})
    failed = check_frame(pl.DataFrame({"a": [1, 7, 8, 9, 10, 11, 12, 7]}), section)[0].verdict
    assert failed.evidence["examples"] == ["7", "8", "9", "10", "11"]
    assert "such as '7', '8'" in failed.sentence


def test_a_long_example_is_cut() -> None:
    (example,) = checked(["x" * 10_000], type="number").verdict.evidence["examples"]
    assert len(example) == 40


def test_too_many_categories_show_the_rarest() -> None:
    section = ValidateDataSection.model_validate({"columns": {"a": {"max_distinct": 2}}, "mask_examples": False})
    verdict = check_frame(pl.DataFrame({"a": ["UA"] * 3 + ["DL"] * 2 + ["U A"]}), section)[0].verdict
    assert verdict.evidence["examples"] == ["U A", "DL", "UA"]


def test_a_share_is_of_all_rows() -> None:
    assert checked([1, None, None, None], max_null_share=0).verdict.evidence["share"] == 0.75


def findings_of(frame: pl.DataFrame, data: dict[str, Any] | None = None, **section: Any) -> dict[str, str]:
    """Return the words by key."""
    named = DataSection.model_validate({"path": "a.csv", **data}) if data else None
    found = check_frame(frame, ValidateDataSection.model_validate(section), named)
    return {str(one.key): one.verdict.reason for one in found}


@pytest.mark.parametrize(
    ("rows", "asked", "expected"),
    [
        (0, {}, {"min": "rows_missing"}),
        (1, {}, {"min": "ok"}),
        (0, {"min": 0}, {"min": "ok"}),
        (2, {"min": 3}, {"min": "rows_missing"}),
        (2, {"max": 1}, {"min": "ok", "max": "rows_too_many"}),
    ],
)
def test_rows_are_counted(rows: int, asked: dict[str, int], expected: dict[str, str]) -> None:
    found = findings_of(pl.DataFrame({"a": [1] * rows}), rows=asked)
    assert found == {f"validate_data.rows.{key}": word for key, word in expected.items()}


def test_a_missing_column_is_found_unless_it_may_be_absent() -> None:
    frame = pl.DataFrame({"carrier": ["UA"]})
    found = check_frame(
        frame, ValidateDataSection.model_validate({"columns": {"carier": {}, "b": {"required": False, "min": 0}}})
    )
    assert [(one.key, one.verdict.reason) for one in found if one.verdict.decision is Decision.FAIL] == [
        ("validate_data.columns.carier", "column_missing")
    ]
    assert "Did you mean 'carrier'?" in found[0].verdict.sentence


def test_columns_that_nobody_named_can_be_forbidden() -> None:
    frame = pl.DataFrame({"a": [0, 1], "y": [0, 1], "b": [0, 1]})
    asked = {"columns": {"a": {}}, "extra_columns": "forbid"}
    assert findings_of(frame, {"label": "y"}, **asked)["validate_data.extra_columns"] == "extra_column"
    assert findings_of(frame, {"label": "y", "exclude": ["b"]}, **asked)["validate_data.extra_columns"] == "ok"


@pytest.mark.parametrize(
    ("label", "expected"),
    [([0, 1], "ok"), (["x", "x"], "one_class"), ([1.5, NAN], "one_class"), ([None, None], "nulls"), ([1.5, 2.5], "ok")],
)
def test_a_label_needs_two_answers(label: list[Any], expected: str) -> None:
    assert findings_of(pl.DataFrame({"y": label}), {"label": "y"})["data.label"] == expected


def test_every_column_that_the_data_section_names_has_to_be_there() -> None:
    names = {"label": "y", "id": "i", "weight": "w", "group": "g", "features": ["a"], "exclude": ["b"]}
    found = findings_of(pl.DataFrame({"z": [1]}), names)
    assert {key: word for key, word in found.items() if word != "ok"} == {
        f"data.{key}": "column_missing" for key in names
    }


@pytest.mark.parametrize(("ids", "expected"), [([1, 2, 3], "ok"), ([1, 1, 2], "duplicates"), ([1, 2, None], "nulls")])
def test_ids_are_unique(ids: list[Any], expected: str) -> None:
    frame = pl.DataFrame({"i": ids, "y": [0, 1, 1]})
    assert findings_of(frame, {"label": "y", "id": "i"})["data.id"] == expected


def test_the_worst_comes_first() -> None:
    frame = pl.DataFrame({"a": [1, 2, 3, 4], "b": [9, 9, 9, 1]})
    section = ValidateDataSection.model_validate({"columns": {"a": {"max": 3, "min": 0}, "b": {"max": 3}}})
    assert [one.name for one in check_frame(frame, section)][:2] == ["b.max", "a.max"]


@pytest.mark.parametrize("name", ["^a.*$", "*", "new\nline", "x" * 10_000, "", "a.b", "-lead", "<b>", "::set-output::"])
def test_a_column_is_known_by_its_name_whatever_it_is(name: str) -> None:
    frame = pl.DataFrame({name: [1, 5], "abc": [9, 9]})
    section = ValidateDataSection.model_validate({"columns": {name: {"max": 2, "max_distinct": 1}}})
    found = {one.key: one for one in check_frame(frame, section)}
    key = f"validate_data.columns.{name}"
    assert found[f"{key}.max"].verdict.evidence == {"count": 1, "share": 0.5, "examples": ["9"]}
    assert found[f"{key}.max_distinct"].verdict.evidence["count"] == 2
    assert len(found[f"{key}.max"].name) < 80
