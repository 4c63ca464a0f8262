"""data.test: a condition over the columns of a row, found wrong before any row is read, and never a query."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
import yaml

from mlops_actions.config import load
from mlops_actions.data import holds
from mlops_actions.errors import DataError
from mlops_actions.progress import silent
from mlops_actions.validate_data import run
from mlops_actions.verdict import Decision

ROWS = pl.DataFrame(
    {"m": [1, 2, 3], "plan": ["select", "it's", "-- x"], "from": [0, 0, 1], "day": [dt.date(2026, 1, 1)] * 3}
)

QUERIES = [
    "m in (select column_1 from read_csv('FILE'))",
    "m in (SeLeCt column_1\nFROM read_csv('FILE'))",
    "m in (from read_csv('FILE'))",
    "m in ((from read_csv('FILE')))",
    "m in (values (1))",
    "m in (table df)",
    "m in (with a as (select 1) select * from a)",
    "m = (select 1)",
    "m > any (select column_1 from read_csv('FILE'))",
    "exists(select 1 from read_csv('FILE'))",
    "from read_csv('FILE')",
    "m > 1 from read_csv('FILE')",
    "read_csv('FILE') > 1",
    "scan_parquet('FILE') > 1",
]
HIDING = [
    "m in /* ' */ (select 1) /* ' */",
    "m > 1 -- '\n or m in (select 1) -- '",
    "E'\\'' = ' or m in (select 1) or ' = '",
    "plan = '\\' or m in (select 1) or plan = '",
    "$$'$$ = 'a' or m in (select 1) or $$'$$ = 'a'",
    "`m` in (select 1)",
    "m > 1; select 1",
    "m # '\n in (select 1) # '",
    "U&'\\0027' = ' or m in (select 1) or ' = ''",
    'U&"m" = 1',
]


@pytest.mark.parametrize("condition", [*QUERIES, *HIDING])
def test_a_query_is_refused_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, condition: str
) -> None:
    (tmp_path / "a.csv").write_text("column_1\n1\n")
    monkeypatch.setattr(pl, "sql_expr", lambda _: pytest.fail("parsed"))
    with pytest.raises(DataError, match="has no place in a condition"):
        holds(ROWS, condition.replace("FILE", str(tmp_path / "a.csv")))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("m >= 2", [False, True, True]),
        ("plan = 'select'", [True, False, False]),
        ("plan = 'it''s' or plan = '-- x'", [False, True, True]),
        ('"from" = 1', [False, False, True]),
        ("m is distinct from 2", [True, False, True]),
        ("extract(year from day) > 2000 and m in (1, 2)", [True, True, False]),
        ("(m - -1) * 2.5 > 5 and not m between 5 and 6", [False, True, True]),
        ("plan like 's%' or m % 3 = 0", [True, False, True]),
        ("day >= '2026-01-01'::date", [True, True, True]),
        (r"plan ~ '^\w+$'", [True, False, False]),
    ],
)
def test_conditions_that_people_write(condition: str, expected: list[bool]) -> None:
    assert holds(ROWS, condition).to_list() == expected
    assert holds(ROWS.clear(), condition).to_list() == []


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("mm > 2", "there is no column 'mm'. Did you mean 'm'?"),
        ("m >", "cannot be used"),
        ("m + 1", "it gives Int64, not true or false"),
        ("max(m) > 2", "it gives one answer for all rows"),
        ("m in (select 1)", "'select' has no place in a condition"),
        ("plan > 5", "cannot be used"),
    ],
)
def test_validate_data_finds_it_from_the_columns_alone(tmp_path: Path, condition: str, says: str) -> None:
    ROWS.with_columns(y=pl.Series([0, 1, 0])).write_parquet(tmp_path / "a.parquet")
    content = {"model": "m", "data": {"path": "a.parquet", "label": "y", "test": condition}}
    (tmp_path / "mlops.yaml").write_text(yaml.safe_dump(content))
    report = run(load(tmp_path), progress=silent)
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "condition")
    assert says in report.findings[0].verdict.sentence
    assert report.findings[0].key == "data.test"


def test_a_condition_that_fits_is_a_check_that_passed(tmp_path: Path) -> None:
    ROWS.with_columns(y=pl.Series([0, 1, 0])).write_parquet(tmp_path / "a.parquet")
    content = {"model": "m", "data": {"path": "a.parquet", "label": "y", "test": "m > 1"}}
    (tmp_path / "mlops.yaml").write_text(yaml.safe_dump(content))
    report = run(load(tmp_path), progress=silent)
    assert [one.verdict.reason for one in report.findings if one.key == "data.test"] == ["ok"]


def test_a_missing_label_says_which_key_to_correct_and_what_is_near(tmp_path: Path) -> None:
    ROWS.with_columns(late=pl.Series([0, 1, 0])).write_parquet(tmp_path / "a.parquet")
    (tmp_path / "mlops.yaml").write_text("model: m\ndata: {path: a.parquet, label: lates}\n")
    sentence = run(load(tmp_path), progress=silent).findings[0].verdict.sentence
    assert "no column 'lates', which data.label names. Did you mean 'late'? Correct data.label" in sentence
