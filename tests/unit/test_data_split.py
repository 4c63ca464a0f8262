"""Which rows train and which test: nothing leaks, and a row stays where it was."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops_actions.config.models import DataSection, HoldOut
from mlops_actions.data import feature_names, split
from mlops_actions.errors import DataError


def section(**keys: Any) -> DataSection:
    return DataSection.model_validate({"path": "a.parquet", "label": "y", **keys})


def write(folder: Path, **columns: Any) -> Path:
    pl.DataFrame(columns).write_parquet(folder / "a.parquet")
    return folder


def said(folder: Path, data: DataSection) -> str:
    with pytest.raises(DataError) as caught:
        split(folder, data)
    return str(caught.value)


def test_a_condition_selects_the_test_rows(tmp_path: Path) -> None:
    found = split(write(tmp_path, m=[1, 2, 3, 4], y=[0, 1, 0, 1]), section(test="m > 2"))
    assert (found.train["m"].to_list(), found.test["m"].to_list()) == ([1, 2], [3, 4])
    assert found.test_ids.n_unique() == 2


def test_a_row_whose_condition_is_null_belongs_nowhere(tmp_path: Path) -> None:
    found = split(write(tmp_path, m=[1, 2, None, 4], y=[0, 1, 0, 1]), section(test="m > 2"))
    assert (found.train["m"].to_list(), found.test["m"].to_list()) == ([1, 2], [4])


def test_rows_without_a_label_are_left_out_and_counted(tmp_path: Path) -> None:
    found = split(write(tmp_path, m=[1, 2, 3, 4, 5], y=[0.0, 1.0, 1.0, float("nan"), None]), section(test="m > 2"))
    assert found.unlabelled == 2
    assert found.test["m"].to_list() == [3]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("n > 2", "cannot be used"),
        ("m >", "cannot be used"),
        ("m + 1", "is no condition on each row: it gives Int64, not true or false"),
        ("max(m) > 2", "is no condition on each row: it gives one answer for all rows"),
        ("m > 9", "The test split has no rows (4 of 4 rows have a label)"),
        ("m > 0", "The train split has no rows"),
        ("m > 1", "All 1 training rows have the same 'y'"),
        ("y > 0", "All 2 training rows have the same 'y'"),
    ],
)
def test_a_condition_that_does_not_split_is_refused(tmp_path: Path, condition: str, expected: str) -> None:
    assert expected in said(write(tmp_path, m=[1, 2, 3, 4], y=[0, 1, 0, 1]), section(test=condition))


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("m,y\n")
    assert "The train split has no rows (0 of 0 rows have a label)" in said(tmp_path, section(path="a.csv"))


def test_a_share_is_drawn_the_same_way_every_time(tmp_path: Path) -> None:
    write(tmp_path, m=list(range(1000)), y=[at % 2 for at in range(1000)])
    found = [split(tmp_path, section(test=HoldOut(fraction=0.2, seed=seed))).test["m"].to_list() for seed in (0, 0, 1)]
    assert found[0] == found[1] == sorted(found[0])
    assert found[0] != found[2]
    assert 150 < len(found[0]) < 250


def test_a_row_stays_on_its_side_when_others_come(tmp_path: Path) -> None:
    write(tmp_path, m=list(range(500)), y=[at % 2 for at in range(500)])
    before = set(split(tmp_path, section()).test["m"])
    write(tmp_path, m=list(range(900)), y=[at % 2 for at in range(900)])
    after = set(split(tmp_path, section()).test["m"])
    assert {m for m in after if m < 500} == before


def test_equal_rows_and_the_rows_of_a_group_stay_together(tmp_path: Path) -> None:
    write(tmp_path, g=[at // 10 for at in range(500)], m=list(range(500)), y=[at % 2 for at in range(500)])
    found = split(tmp_path, section(group="g"))
    assert not set(found.train["g"]) & set(found.test["g"])
    write(tmp_path, m=[at // 10 * 2 for at in range(500)], y=[at // 10 % 2 for at in range(500)])
    found = split(tmp_path, section())
    assert not set(found.train["m"]) & set(found.test["m"])


def test_features_are_what_is_not_hidden() -> None:
    columns = ["i", "a", "b", "w", "g", "y"]
    data = section(id="i", weight="w", group="g", exclude=["b"])
    assert feature_names(columns, data) == ["a"]
    assert feature_names(columns, section(features=["b", "a"])) == ["b", "a"]


def test_a_missing_column_is_named_with_the_nearest_one() -> None:
    with pytest.raises(DataError) as caught:
        feature_names(["dep_delay", "y"], section(exclude=["dep_dely"]))
    assert "no column 'dep_dely'" in str(caught.value)
    assert "Did you mean 'dep_delay'?" in str(caught.value)


def test_something_has_to_be_left_to_see() -> None:
    with pytest.raises(DataError, match="No column is left"):
        feature_names(["a", "y"], section(exclude=["a"]))


def test_names_that_look_like_patterns_are_names(tmp_path: Path) -> None:
    columns = {"^y.*$": [0, 1, 0, 1], "*": [1, 2, 3, 4], "y2": [None, None, None, None], "m": [1, 2, 3, 4]}
    pl.DataFrame(columns).write_parquet(tmp_path / "a.parquet")
    found = split(tmp_path, DataSection(path="a.parquet", label="^y.*$", test="m > 2"))
    assert found.train["*"].to_list() == [1, 2]
    assert found.unlabelled == 0
