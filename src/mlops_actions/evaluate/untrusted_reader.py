"""Reads a Parquet file that anybody may have written, and writes the part that may be evaluated: reader.py FILE CLEAN.

A process of its own, since a corrupt or hostile file can end the one that decodes it, or fill its memory. It needs the
standard library and Polars alone. Exit code 0: CLEAN is written; REFUSED: one sentence on standard output says why.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # imported below, once this process is bounded
    import polars as pl

MEMORY_BYTES = 4 * 2**30
CPU_SECONDS = 120
CLEAN_BYTES = 2**30
MOST_ROWS = 20_000_000
MOST_COLUMNS = 2_000
MOST_CELLS = 400_000_000
LONGEST_NAME = 200
LONGEST_TEXT = 1_000
REFUSED = 3

WANTED = ("id", "prediction", "score")
WANTED_PREFIXES = ("score_", "prediction_")
# Training writes these too. They are left out: labels, weights and groups come from data that can be trusted.
IGNORED = ("label", "weight", "group")
IGNORED_PREFIXES = ("label_",)


class Refused(Exception):  # noqa: N818 (the same word as in the worker of train)
    """The file is not what predictions may look like."""


def limit() -> None:
    """Bound this process, before Polars is imported."""
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, CLEAN_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def wanted(names: list[str]) -> list[str]:
    """Return the columns to keep.

    Raises:
        Refused: too many columns, one that predictions do not have, or one whose name cannot be shown.
    """
    if len(names) > MOST_COLUMNS:
        raise Refused(f"it has {len(names):,} columns; {MOST_COLUMNS:,} at most are read")
    for name in names:
        if not name.isprintable() or len(name) > LONGEST_NAME:
            raise Refused(f"a column's name is longer than {LONGEST_NAME} characters or has control characters")
    keep = [name for name in names if name in WANTED or name.startswith(WANTED_PREFIXES)]
    other = [name for name in names if name not in {*keep, *IGNORED} and not name.startswith(IGNORED_PREFIXES)]
    if other:
        raise Refused(f"it has a column {other[0]!r}, which predictions do not have")
    if "id" not in keep or len(keep) < 2:
        raise Refused("it lacks the column id, or has neither prediction nor scores")
    return keep


def clean(source: Path, to: Path) -> None:
    """Check names, types and counts by the file's own description first, then read it and write it again.

    Raises:
        Refused: it is not what predictions may look like.
    """
    import polars as pl

    try:
        lazy = pl.scan_parquet(source, glob=False, hive_partitioning=False)
        keep = wanted(lazy.collect_schema().names())
        check_types(lazy.collect_schema(), keep)
        check_size(lazy.select(pl.len()).collect().item(), len(keep))
        frame = lazy.select(keep).collect(engine="streaming")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise Refused("it is not Parquet, or it is cut off or corrupt") from None
    check_texts(frame)
    frame.write_parquet(to)


def check_types(schema: pl.Schema, names: list[str]) -> None:
    """Allow text, numbers and booleans: no lists, structs, objects or binary."""
    import polars as pl

    for name in names:
        dtype = schema[name]
        if not (dtype in (pl.String, pl.Boolean) or dtype.is_integer() or dtype.is_float()):
            raise Refused(f"column {name!r} is of a type that predictions do not have")


def check_size(rows: int, columns: int) -> None:
    """Refuse more than could be evaluated."""
    if rows > MOST_ROWS or rows * columns > MOST_CELLS:
        raise Refused(f"it has {rows:,} rows of {columns:,} columns, more than are read")


def check_texts(frame: pl.DataFrame) -> None:
    """Refuse ids and classes that are no names."""
    import polars as pl

    for column in frame.get_columns():
        if column.dtype == pl.String and (column.str.len_bytes() > LONGEST_TEXT).any():
            raise Refused(f"column {column.name!r} holds a text of more than {LONGEST_TEXT:,} bytes")


def main(source: str, to: str) -> int:
    """Return the exit code."""
    limit()
    try:
        clean(Path(source), Path(to))
    except Refused as refused:
        sys.stdout.write(str(refused))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
