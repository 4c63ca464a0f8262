"""Bootstrap of anything that is a function of a confusion table.

Rows with the same label and the same predictions are interchangeable, so resampling the counts of the joint cells by a
multinomial is the row bootstrap (Efron & Tibshirani 1993), at a cost that does not grow with the rows.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mlops_actions.statistics.bootstrap import seed_of

Codes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
REPLICATES = 2_000
MOST_CELLS = 1_000  # 16 MB of replicates, and 0.2 s
MOST_COUNTED = 4_000_000  # combinations that are cheaper counted than sorted


class Cells(NamedTuple):
    """The combinations that occur.

    Attributes:
        codes: [C, P], one combination a line, in order.
        counts: [C], its rows.
    """

    codes: Codes
    counts: Counts


def joint_cells(classes: int, *columns: Codes) -> Cells:
    """Count the combinations of P columns of N class codes, each from 0 to `classes` - 1."""
    one = columns[0].astype(np.int64)
    for column in columns[1:]:
        one = one * classes + column
    shape = (classes,) * len(columns)
    if classes ** len(columns) <= MOST_COUNTED:
        everything = np.bincount(one, minlength=classes ** len(columns))
        found = np.flatnonzero(everything)
        counts = everything[found]
    else:
        found, counts = np.unique(one, return_counts=True)
    return Cells(np.column_stack(np.unravel_index(found, shape)).astype(np.int64), counts.astype(np.int64))


def affordable(cells: Cells) -> bool:
    """Return whether the cells are few enough to be resampled 2,000 times."""
    return len(cells.counts) <= MOST_CELLS


def replicates(cells: Cells) -> Counts:
    """Return bootstrap replicates of the counts, [R, C], R being 2,000.

    The seed is the sha256 of the cells: the same content gives the same interval, in any order of rows and on any day.
    """
    return _drawn(cells.counts.tobytes(), seed_of(cells.codes.astype("<i8"), cells.counts.astype("<i8")))


@lru_cache(maxsize=2)  # several metrics in a row ask for the same cells
def _drawn(content: bytes, seed: int) -> Counts:
    counts = np.frombuffer(content, dtype=np.int64)
    total = int(counts.sum())
    return np.asarray(np.random.default_rng(seed).multinomial(total, counts / total, REPLICATES), dtype=np.int64)
