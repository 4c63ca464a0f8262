"""Several hypotheses at once whose tests share rows: step-down max-T (Westfall & Young 1993, Resampling-Based Multiple Testing).

Under no change the test statistics are about normal with the correlation of what each row adds to them; a multiplier
bootstrap with normal multipliers (Chernozhukov, Chetverikov & Kato 2013, Annals of Statistics 41:2786) is a draw of that
normal vector, so it is drawn directly. What two tests have in common is paid for once: where slices overlap this rejects
what Holm's procedure rejects, and more.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Draws = npt.NDArray[np.float32]
DRAWS = 50_000
MOST = 500  # hypotheses: 100 MB of draws


class Block(NamedTuple):
    """K statistics of the same rows.

    Attributes:
        units: [n] codes of independent rows (or groups of rows), each once.
        parts: [n, K] what each adds to each statistic, centred at zero.
    """

    units: Codes
    parts: Floats | Draws


def levels(p_values: Floats, draws: Draws, alpha: float) -> Floats:
    """Return the level that each hypothesis is tested at: it is rejected exactly where its p-value is at most that.

    P-values are put on the scale of a normal statistic, so tests of different kinds can be together. No level is smaller
    than Holm's at the same step, nor larger than alpha, whatever the draws.

    Args:
        p_values: [M] one-sided.
        draws: of `drawn`: the standard error of a level of 0.025 is 0.0007.
        alpha: chance of any false rejection, 0 to 1.
    """
    first = _level(draws.max(axis=1), len(p_values), alpha)
    if p_values.min() > first:  # nothing is rejected, as of most changes: no further step is asked for
        return np.full(len(p_values), first)
    order = np.argsort(p_values, kind="stable")
    largest = _suffix_maxima(draws[:, order])
    found = np.empty(len(order))
    for step, place in enumerate(order):
        found[place] = _level(largest[:, step], len(order) - step, alpha)
        if p_values[place] > found[place]:
            found[order[step:]] = found[place]
            break
    return found


def correlation(blocks: Sequence[Block]) -> Floats:
    """Return the correlation [M, M] of the statistics of all blocks, in their order: what they share are units."""
    ends = np.cumsum([0, *(block.parts.shape[1] for block in blocks)])
    shared = np.empty((ends[-1], ends[-1]))
    place = np.full(1 + max(int(block.units.max()) for block in blocks), -1, dtype=np.int32)
    for one, block in enumerate(blocks):
        place[block.units] = np.arange(len(block.units), dtype=np.int32)
        for other in range(one, len(blocks)):
            product = _shared(block, blocks[other], place)
            shared[ends[one] : ends[one + 1], ends[other] : ends[other + 1]] = product
            shared[ends[other] : ends[other + 1], ends[one] : ends[one + 1]] = product.T
        place[block.units] = -1
    size = np.sqrt(np.diag(shared))
    size[size == 0] = 1.0
    found = shared / np.outer(size, size)
    np.fill_diagonal(found, 1.0)
    return found


def _shared(one: Block, other: Block, place: npt.NDArray[np.int32]) -> Floats:
    """Return the sums of products over the units of both blocks; `place` says where in `one` a unit is, or -1."""
    places = place[other.units]
    both = np.flatnonzero(places >= 0)
    return np.asarray(one.parts[places[both]].T @ other.parts[both], dtype=np.float64)


def drawn(correlation: Floats, seed: int) -> Draws:
    """Return [50,000, M] draws of a normal vector; the root is taken by eigenvalues, since equal slices make it singular."""
    values, vectors = np.linalg.eigh(correlation)
    root = (vectors * np.sqrt(np.clip(values, 0, None))).astype(np.float32)
    normal = np.random.default_rng(seed).standard_normal((DRAWS, len(values)), dtype=np.float32)
    return np.asarray(normal @ root.T, dtype=np.float32)


def _suffix_maxima(draws: Draws) -> Draws:
    """Replace column k by the largest of columns k and after."""
    return np.maximum.accumulate(draws[:, ::-1], axis=1)[:, ::-1]


def _level(largest: Draws, left: int, alpha: float) -> float:
    found = float(ndtr(-np.quantile(largest, 1 - alpha)))
    return min(max(found, alpha / left), alpha)
