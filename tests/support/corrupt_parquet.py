"""Reads corrupted copies of a Parquet file, one after another: python corrupt_parquet.py FILE SCRATCH FIRST LAST.

Each of FIRST … LAST-1 seeds one corruption. A child of the tests, since a corrupt length can end the process inside
Polars (signal 6, docs/data.md). Prints the number before it reads, so that the parent knows which one it was.
"""

import contextlib
import random
import sys
from pathlib import Path

from mlops_actions.data import scan
from mlops_actions.data.read import collect
from mlops_actions.errors import DataError


def corrupted(whole: bytes, seed: int) -> bytes:
    """Change one to four bytes."""
    dice, content = random.Random(seed), bytearray(whole)
    for _ in range(dice.randint(1, 4)):
        content[dice.randrange(len(content))] = dice.randrange(256)
    return bytes(content)


def main(file: Path, scratch: Path, first: int, last: int) -> None:
    """Rows or a DataError; anything else ends this process with a traceback."""
    whole = file.read_bytes()
    for seed in range(first, last):
        print(seed, flush=True)
        scratch.write_bytes(corrupted(whole, seed))
        with contextlib.suppress(DataError):
            collect(scan(scratch), scratch)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
