"""Corrupt Parquet: rows, a DataError, or the death that Polars dies by signal 6; no other exception, signal or exit."""

import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from support import corrupt_parquet

MUTATIONS = 300
PARTS = 3
MOST_DEATHS = 10  # a few; more would mean that hardly anything was tested


def read_all(file: Path, scratch: Path, first: int, last: int) -> int:
    """Read the corruptions `first` to `last`, starting again behind each death; return the number of deaths."""
    deaths = 0
    while first < last:
        argv = [sys.executable, corrupt_parquet.__file__, str(file), str(scratch), str(first), str(last)]
        done = subprocess.run(argv, cwd=scratch.parent, capture_output=True, text=True, timeout=300, check=False)
        reached = int(done.stdout.split()[-1])
        assert done.returncode in {0, -signal.SIGABRT}, f"corruption {reached}: {done.returncode}\n{done.stderr}"
        deaths += done.returncode != 0
        first = reached + 1
    return deaths


@pytest.mark.parametrize("part", range(PARTS))
def test_a_corrupt_parquet_file_gives_rows_a_data_error_or_signal_six(tmp_path: Path, part: int) -> None:
    rows = {"a": list(range(200)), "b": [f"x{at % 7}" for at in range(200)], "c": [at / 2 for at in range(200)]}
    pl.DataFrame(rows).write_parquet(tmp_path / "whole.parquet")
    share = MUTATIONS // PARTS
    deaths = read_all(tmp_path / "whole.parquet", tmp_path / "a.parquet", part * share, (part + 1) * share)
    assert deaths <= MOST_DEATHS
