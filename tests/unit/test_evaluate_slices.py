"""Slices: where their values come from, what they are called, and that no row is lost."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions import evaluate
from mlops_actions.config import load
from mlops_actions.config.evaluate_section import EvaluateSection
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.slices import columns_of, sliced
from mlops_actions.progress import silent
from mlops_actions.report import Report
from support.bundles import model_config, predictions, write_bundle
from support.evaluated import evaluation

ROWS = 600


def section(*slices: Any, **more: Any) -> EvaluateSection:
    return EvaluateSection.model_validate({"slices": list(slices), **more})


def counts(settings: EvaluateSection, **columns: Any) -> dict[str, int]:
    """Return the rows of each slice; those with fewer than 30 have -1."""
    found = sliced(settings, pl.DataFrame(columns, strict=False))
    return {one.name: int(one.rows.sum()) for one in found.judged} | dict.fromkeys(found.small, -1)


def test_values_bins_and_crossings_have_names_for_people() -> None:
    origin = ["EWR"] * 40 + ["JFK"] * 40 + [None] * 40
    distance = [100.0, 500.0, 1000.0, None] * 30
    bins = {"column": "distance", "bins": [500, 1000]}
    found = counts(section("origin", bins, ["origin", bins], min_slice_rows=30), origin=origin, distance=distance)
    assert found == {
        "origin = EWR": 40,
        "origin = JFK": 40,
        "origin missing": 40,
        "distance < 500": 30,
        "distance 500 to 1000": 30,
        "distance ≥ 1000": 30,
        "distance missing": 30,
        **{
            f"{first}, {second}": -1
            for first in ("origin = EWR", "origin = JFK", "origin missing")
            for second in ("distance < 500", "distance 500 to 1000", "distance ≥ 1000", "distance missing")
        },
    }


def test_numbers_and_truths_are_values_too() -> None:
    found = counts(section("month", "late", min_slice_rows=30), month=[1.0, 2.0] * 50, late=[True, False] * 50)
    assert found == {"month = 1": 50, "month = 2": 50, "late = false": 50, "late = true": 50}


def test_a_fraction_is_a_bins_edge() -> None:
    found = counts(section({"column": "x", "bins": [0.5]}, min_slice_rows=30), x=[0.25, 0.5] * 40)
    assert found == {"x < 0.5": 40, "x ≥ 0.5": 40}


def test_what_is_named_twice_counts_once() -> None:
    assert counts(section("a", "a", min_slice_rows=30), a=["x"] * 40) == {"a = x": 40}


def test_long_values_are_cut_and_told_apart() -> None:
    found = counts(section("a", min_slice_rows=30), a=["x" * 100 + "1"] * 30 + ["x" * 100 + "2"] * 30)
    assert list(found) == ["a = " + "x" * 60 + "…", "a = " + "x" * 60 + "… (2)"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", None]), st.one_of(st.none(), st.floats(0, 9), st.just(float("nan")))),
        min_size=30,
        max_size=200,
    )
)
def test_every_row_is_in_one_slice_of_each_cut(rows: list[tuple[str | None, float | None]]) -> None:
    columns = pl.DataFrame(
        {"name": [name for name, _ in rows], "x": [number for _, number in rows]},
        schema={"name": pl.String, "x": pl.Float64},
    )
    bins = {"column": "x", "bins": [5]}
    values = columns["x"].fill_nan(None).drop_nulls()
    by: list[Any] = ["name", ["name", "x"]]
    if (values < 5).any() and (values >= 5).any():
        by += [bins, ["name", bins]]
    settings = section(*by)
    found = sliced(settings.model_copy(update={"min_slice_rows": 1}), columns)
    assert not found.small
    assert int(np.sum([one.rows for one in found.judged])) == len(by) * len(rows)
    assert all(one.rows.any() for one in found.judged)


def test_too_many_slices_name_the_column() -> None:
    rows = [str(number) for number in range(1001)]
    with pytest.raises(ConfigError, match=r"makes 1,001 slices, most by 'id_like'"):
        counts(section("id_like"), id_like=rows)
    with pytest.raises(ConfigError, match=r"slices, most by 'fine'"):
        counts(section(["coarse", "fine"]), coarse=["a", "b"] * 900, fine=[str(number // 2) for number in range(1800)])
    with pytest.raises(ConfigError, match=r"makes 1,800 slices"):
        counts(section("a", "b"), a=[str(number // 2) for number in range(1800)], b=[str(n % 900) for n in range(1800)])


def test_bins_need_numbers_and_rows() -> None:
    with pytest.raises(DataError, match=r"bins of 'origin', which is String"):
        counts(section({"column": "origin", "bins": [1]}), origin=["a"] * 40)
    with pytest.raises(DataError, match=r"No test row is in the slice 'x ≥ 100'"):
        counts(section({"column": "x", "bins": [5, 100]}), x=[1.0, 7.0] * 40)


def test_columns_are_named_once() -> None:
    bins = {"column": "b", "bins": [1]}
    assert columns_of(section("a", bins, ["a", bins], ["c", "a"])) == ["a", "b", "c"]


def config_of(folder: Path, evaluate_section: str, data: str = "") -> Any:
    (folder / "mlops.yaml").write_text(f"model: toy\n{data}evaluate: {evaluate_section}\n", encoding="utf-8")
    return load(folder)


@pytest.fixture
def rows() -> dict[str, Any]:
    labels = ["no", "yes"] * (ROWS // 2)
    return {"id": [f"r{number}" for number in range(ROWS)], "label": labels, "score": [0.1, 0.9] * (ROWS // 2)}


SLICED = "{accuracy: {max_drop_abs: 0.1}, slices: [place]}"


def places(report: Report) -> dict[str, int]:
    return {one.name: one.rows for one in evaluation(report).slices}


WANTED = {"place = a": 200, "place = b": 400}
PLACE = ["a", "b", "b"] * (ROWS // 3)


def test_values_come_from_the_file_of_labels(tmp_path: Path, rows: dict[str, Any]) -> None:
    table = pl.DataFrame(rows).with_columns(label=pl.col("label") == "yes")
    table.select("id", "label", pl.Series("place", PLACE)).write_parquet(tmp_path / "labels.parquet")
    for name in ("candidate", "base"):
        table.select("id", "score").sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / f"{name}.parquet")
    paths: dict[str, Any] = {name: tmp_path / f"{name}.parquet" for name in ("labels", "candidate", "base")}
    assert places(evaluate.run(config_of(tmp_path, SLICED), progress=silent, **paths)) == WANTED


def bundles(folder: Path, rows: dict[str, Any], test_rows: pl.DataFrame | None) -> dict[str, Path]:
    scores = np.column_stack([1 - np.array(rows["score"]), rows["score"]])
    frame = predictions(rows["id"], rows["label"], ["no", "yes"], scores)
    for name in ("candidate", "base"):
        write_bundle(folder / name, model_config(input_digest=name), frame, test_rows)
    return {name: folder / name for name in ("candidate", "base")}


def test_values_come_from_the_bundle_row_by_row(tmp_path: Path, rows: dict[str, Any]) -> None:
    rows["id"] = rows["id"][::-1]
    paths: dict[str, Any] = bundles(tmp_path, rows, pl.DataFrame({"x": [0.0] * ROWS, "place": PLACE}))
    assert places(evaluate.run(config_of(tmp_path, SLICED), progress=silent, **paths)) == WANTED


def test_values_come_from_data_by_id(tmp_path: Path, rows: dict[str, Any]) -> None:
    table = pl.DataFrame({"key": rows["id"], "late": rows["label"], "place": PLACE, "month": [10] * ROWS})
    first = pl.DataFrame({"key": ["t1", "t2"], "late": ["no", "yes"], "place": ["a", "a"], "month": [1, 1]})
    pl.concat([table.sample(fraction=1, shuffle=True, seed=3), first]).write_parquet(tmp_path / "data.parquet")
    data = "data: {path: data.parquet, label: late, id: key, test: month >= 10}\n"
    paths: dict[str, Any] = bundles(tmp_path, rows, None)
    assert places(evaluate.run(config_of(tmp_path, SLICED, data), progress=silent, **paths)) == WANTED
    # Labels of data: the same rows, whatever the candidate says of them.
    trusted = evaluate.run(config_of(tmp_path, SLICED, data), labels="data", progress=silent, **paths)
    assert places(trusted) == WANTED


def test_a_column_that_is_nowhere_is_an_error(tmp_path: Path, rows: dict[str, Any]) -> None:
    paths: dict[str, Any] = bundles(tmp_path, rows, pl.DataFrame({"x": [0.0] * ROWS, "plaze": PLACE}))
    with pytest.raises(ConfigError, match=r"the column 'place', which is nowhere: the columns are .*\n"):
        evaluate.run(config_of(tmp_path, SLICED), progress=silent, **paths)


def test_test_rows_that_are_not_those_of_the_predictions(tmp_path: Path, rows: dict[str, Any]) -> None:
    paths: dict[str, Any] = bundles(tmp_path, rows, pl.DataFrame({"x": [0.0], "place": ["a"]}))
    with pytest.raises(DataError, match="600 predictions for 1 test rows"):
        evaluate.run(config_of(tmp_path, SLICED), progress=silent, **paths)


def test_slices_with_few_rows_are_listed_and_not_judged(tmp_path: Path, rows: dict[str, Any]) -> None:
    place = ["a"] * 99 + ["b"] * 100 + ["c"] * (ROWS - 199)
    rows["label"][99:199] = ["no"] * 71 + ["yes"] * 29
    paths: dict[str, Any] = bundles(tmp_path, rows, pl.DataFrame({"x": [0.0] * ROWS, "place": place}))
    limits = "{accuracy: {max_drop_abs: 0.1}, roc_auc: {max_drop_abs: 0.1}, slices: [place]}"
    report = evaluate.run(config_of(tmp_path, limits), progress=silent, **paths)
    assert evaluation(report).slices_unpowered == ["place = a", "place = b (roc_auc)"]
    judged = {(one.name, one.metric) for one in evaluation(report).slices}
    assert judged == {("place = b", "accuracy"), ("place = c", "accuracy"), ("place = c", "roc_auc")}
