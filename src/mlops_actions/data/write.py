"""Write Parquet; a full disk is told as one."""

import os
import re
from pathlib import Path
from typing import Literal

import polars as pl

from mlops_actions.files import explained


def write_parquet(frame: pl.DataFrame, path: Path, *, compression: Literal["zstd", "uncompressed"] = "zstd") -> None:
    """Write a frame.

    Raises:
        OutsideError: the disk is full, or the folder cannot be written.
    """
    with explained(path):
        try:
            frame.write_parquet(path, compression=compression)
        except pl.exceptions.ComputeError as error:
            # Polars wraps the error of the disk into one about Parquet.
            number = re.search(r"os error (\d+)", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from None
