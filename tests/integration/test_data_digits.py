"""The digits' script gives the committed rows, and the same bytes on each run."""

import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits"


def test_the_script_makes_the_committed_rows_and_the_same_bytes_twice(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "make_data.py", tmp_path)
    made = tmp_path / "data" / "digits.parquet"
    contents = []
    for _ in range(2):
        subprocess.run([sys.executable, tmp_path / "make_data.py"], check=True, capture_output=True)
        contents.append(made.read_bytes())
    assert contents[0] == contents[1]
    assert pl.read_parquet(made).equals(pl.read_parquet(EXAMPLE / "data" / "digits.parquet"))
