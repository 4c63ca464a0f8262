"""The same rows through Parquet, through CSV with pandas, and through CSV without any library."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops_actions.train import job, tables

COLUMNS = {"x": "float", "town": "string", "big": "integer", "flag": "boolean", "label": "string", "exact": "value"}
ROWS = pl.DataFrame(
    {
        "x": pl.Series([0.1, float("nan"), -3e30], dtype=pl.Float32),
        "town": ["", 'say "NA"\nor, None', "NA"],
        "big": [2**60, 0, -1],
        "flag": [True, False, True],
        "label": ["null", "007", ""],
        "exact": [0.1, 1 / 3, 1e-300],
    }
)


def plain(read: Any) -> list[dict[str, Any]]:
    return read if isinstance(read, list) else list(read.to_dict("records"))


@pytest.mark.parametrize(("ending", "pandas"), [("parquet", True), ("csv", True), ("csv", False)])
def test_nothing_is_lost_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, *, pandas: bool
) -> None:
    if not pandas:
        monkeypatch.setattr(tables, "find_spec", lambda _: None)
    path = tmp_path / f"rows.{ending}"
    job.write_table(ROWS, path)
    for read, row in zip(plain(tables.read(path, COLUMNS)), ROWS.to_dicts(), strict=True):
        for name, kind in COLUMNS.items():
            if kind in {"float", "value"}:
                assert read[name] == pytest.approx(row[name], rel=1e-7, nan_ok=True)
            else:
                assert (read[name], type(read[name])) == (row[name], type(row[name]))
