"""The stage validate-data, from a file and mlops.yaml to a report."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from click.testing import CliRunner

from mlops_actions.cli.main import mlops
from mlops_actions.config import Config, load
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.progress import silent
from mlops_actions.report.markdown import render
from mlops_actions.validate_data import run
from mlops_actions.verdict import Decision

HOSTILE = {
    "::set-output name=passed::true": [1, 50],
    "<script>alert(1)</script>": ["::error::x", "| a | b |"],
    "| a | b |": [1, 2],
    "x" * 10_000: [0, 1],
    "@everyone": ["[x](http://a)", "`x`"],
}


def configured(folder: Path, frame: pl.DataFrame | None, **content: Any) -> Config:
    if frame is not None:
        frame.write_parquet(folder / "a.parquet")
    whole = {"model": "m", "data": {"path": "a.parquet", "label": "y"}, **content}
    (folder / "mlops.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
    return load(folder)


def test_good_data_pass_with_a_profile(tmp_path: Path) -> None:
    frame = pl.DataFrame({"y": [0, 1, 1], "f": [0.5, None, float("inf")], "s": ["b", "a", "a"]})
    report = run(configured(tmp_path, frame), progress=silent)
    assert (report.stage, report.decision, report.verdict.reason) == ("validate-data", Decision.PASS, "ok")
    assert report.verdict.sentence == "3 rows of 3 columns: all 2 checks passed."
    assert report.tables[0].columns == ["column", "type", "nulls", "null share", "min", "max", "distinct"]
    assert report.tables[0].rows == [
        ["y", "Int64", 0, 0.0, 0, 1, 2],
        ["f", "Float64", 1, 0.333333, 0.5, "inf", "-"],
        ["s", "String", 0, 0.0, None, None, 2],
    ]


def test_the_outputs_are_rows_and_digest(tmp_path: Path) -> None:
    report = run(configured(tmp_path, pl.DataFrame({"y": [0, 1]})), progress=silent)
    assert report.outputs == {"rows": "2", "data-digest": report.facts["data_digest"]}
    assert (report.facts["rows"], report.facts["columns"]) == (2, 1)
    assert report.facts["data_digest"].startswith("sha256:")


def test_a_failure_names_the_worst_check_and_the_line_that_asked(tmp_path: Path) -> None:
    asked = {"columns": {"dep.delay": {"max_null_share": 0.1, "max": 60}}}
    frame = pl.DataFrame({"y": [0, 1, 0, 1], "dep.delay": [None, None, 5, 90]})
    config = configured(tmp_path, frame, validate_data=asked)
    report = run(config, progress=silent)
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "nulls")
    assert report.verdict.sentence.startswith(
        "4 rows of 2 columns: 2 of 4 checks failed. dep.delay.max_null_share: 2 of 4"
    )
    lines = (tmp_path / "mlops.yaml").read_text().splitlines()
    for finding in report.findings[:2]:
        line = config.line(str(finding.key))
        assert line is not None
        assert lines[line - 1].strip().startswith(finding.name.removeprefix("dep.delay."))


def test_the_progress_says_what_is_read(tmp_path: Path) -> None:
    said: list[str] = []
    run(configured(tmp_path, pl.DataFrame({"y": [0, 1]})), progress=said.append)
    assert said == ["Reading a.parquet (0.0 MB)", "Checked 2 rows of 1 columns"]


def test_a_header_without_rows_fails_and_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("y,a\n")
    config = configured(tmp_path, None, data={"path": "a.csv", "label": "y"})
    report = run(config, progress=silent)
    assert report.decision is Decision.FAIL
    assert {one.key: one.verdict.reason for one in report.findings} == {
        "validate_data.rows.min": "rows_missing",
        "data.label": "nulls",
    }


def test_several_files_are_one_table(tmp_path: Path) -> None:
    for name, label in (("1", 0), ("2", 1)):
        pl.DataFrame({"y": [label]}).write_parquet(tmp_path / f"{name}.parquet")
    said: list[str] = []
    report = run(configured(tmp_path, None, data={"path": "*.parquet", "label": "y"}), progress=said.append)
    assert report.outputs["rows"] == "2"
    assert said[0] == "Reading *.parquet (2 files, 0.0 MB)"


def test_without_a_data_section_there_is_nothing_to_check(tmp_path: Path) -> None:
    (tmp_path / "mlops.yaml").write_text("model: m\n")
    with pytest.raises(ConfigError, match="has no section data"):
        run(load(tmp_path), progress=silent)


def test_a_file_that_breaks_off_is_an_error_and_no_report(tmp_path: Path) -> None:
    config = configured(tmp_path, pl.DataFrame({"y": [0, 1]}))
    path = tmp_path / "a.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match=r"a\.parquet cannot be read"):
        run(config, progress=silent)


def test_a_column_that_changes_its_type_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("y,a\n" + "0,1\n1,2\n" * 10_000 + "0,x\n")
    with pytest.raises(DataError, match="column 'a' starts as i64"):
        run(configured(tmp_path, None, data={"path": "a.csv", "label": "y"}), progress=silent)


def test_hostile_names_and_values_are_inert_in_the_summary(tmp_path: Path) -> None:
    columns: dict[str, Any] = {name: {"type": "datetime"} for name in HOSTILE} | {"missing\n::error::x": {}}
    frame = pl.DataFrame({"y": [0, 1], **HOSTILE})
    text = render(run(configured(tmp_path, frame, validate_data={"columns": columns}), progress=silent))
    assert "<script" in text
    assert not re.search(r"(?<!\\)<script", text)
    assert "@everyone" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert not [line for line in text.splitlines() if line.startswith("::")]
    cells = [re.findall(r"(?<!\\)\|", line) for line in text.splitlines() if line.startswith("|")]
    assert {len(marks) for marks in cells} == {8}


def test_the_report_holds_the_whole_name(tmp_path: Path) -> None:
    frame = pl.DataFrame({"y": [0, 1], **HOSTILE})
    asked = {"columns": {name: {"max": 0} for name in HOSTILE}}
    report = run(configured(tmp_path, frame, validate_data=asked), progress=silent)
    keys = {one["key"] for one in json.loads(report.model_dump_json())["findings"]}
    assert {f"validate_data.columns.{name}.max" for name in HOSTILE} <= keys


@pytest.mark.parametrize(
    ("rows", "enforce", "code"), [({"min": 1}, True, 0), ({"min": 9}, True, 1), ({"min": 9}, False, 0)]
)
def test_the_command_says_pass_or_fail_by_its_exit_code(
    tmp_path: Path, rows: dict[str, int], enforce: bool, code: int
) -> None:
    configured(tmp_path, pl.DataFrame({"y": [0, 1]}), validate_data={"rows": rows}, enforce=enforce)
    result = CliRunner().invoke(mlops, ["validate-data", "--config", str(tmp_path)])
    assert result.exit_code == code
    written = json.loads((tmp_path / ".mlops" / "m" / "reports" / "validate-data.json").read_text())
    assert written["verdict"]["decision"] == ("pass" if rows["min"] == 1 else "fail")


def test_the_command_takes_another_file(tmp_path: Path) -> None:
    configured(tmp_path, pl.DataFrame({"y": [0, 1]}))
    result = CliRunner().invoke(mlops, ["validate-data", "--config", str(tmp_path), "--data", "none.csv"])
    assert result.exit_code == 2
    assert "There is no data at" in result.output
