"""Bootstrap of anything that is a function of a confusion table.

Rows with the same label and the same predictions are interchangeable, so resampling the counts of the joint cells by a
multinomial is the row bootstrap (Efron & Tibshirani 1993), at a cost that does not grow with the rows.
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
REPLICATES = 2000
MOST_AT_ONCE = 4_000_000  # numbers in memory: 32 MB


class Cells(NamedTuple):
    """The combinations that occur.

    Attributes:
        codes: [C, P], one combination a line, in order.
        counts: [C], its rows.
    """

    codes: Codes
    counts: Counts


def joint_cells(*columns: Codes) -> Cells:
    """Count the combinations of P columns of N class codes."""
    codes, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    return Cells(codes.astype(np.int64), counts.astype(np.int64))


def replicates(cells: Cells, statistic: Callable[[Counts], Floats]) -> Floats:
    """Return 2,000 bootstrap replicates of a statistic.

    The seed is the sha256 of the cells: the same content gives the same interval, in any order of rows and on any day.

    Args:
        cells: combinations and their rows.
        statistic: [R, C] counts to [R] values.
    """
    generator = np.random.default_rng(_seed(cells))
    shares = cells.counts / cells.counts.sum()
    step = max(1, MOST_AT_ONCE // len(shares))
    sizes = [min(step, REPLICATES - start) for start in range(0, REPLICATES, step)]
    return np.concatenate([statistic(generator.multinomial(cells.counts.sum(), shares, size)) for size in sizes])


def _seed(cells: Cells) -> int:
    content = np.column_stack([cells.codes, cells.counts]).astype("<i8").tobytes()
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big")
