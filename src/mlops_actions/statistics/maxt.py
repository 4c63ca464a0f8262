"""Several hypotheses at once whose tests share rows: step-down max-T (Westfall & Young 1993, Resampling-Based Multiple Testing).

Under no change the test statistics are about normal with the correlation of what each row adds to them; a multiplier
bootstrap with normal multipliers (Chernozhukov, Chetverikov & Kato 2013, Annals of Statistics 41:2786) is a draw of that
normal vector, so it is drawn directly. What two tests have in common is paid for once: where slices overlap this rejects
what Holm's procedure rejects, and more.
"""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import ndtr

Floats = npt.NDArray[np.float64]
DRAWS = 50_000
MOST = 500  # hypotheses: 100 MB of draws


def levels(p_values: Floats, correlation: Floats, alpha: float, seed: int) -> Floats:
    """Return the level that each hypothesis is tested at: it is rejected exactly where its p-value is at most that.

    P-values are put on the scale of a normal statistic, so tests of different kinds can be together. No level is smaller
    than Holm's at the same step, nor larger than alpha, whatever the draws.

    Args:
        p_values: [M] one-sided, M at most 500.
        correlation: [M, M] of the test statistics.
        alpha: chance of any false rejection, 0 to 1.
        seed: of the 50,000 draws; the standard error of a level of 0.025 is then 0.0007.
    """
    order = np.argsort(p_values, kind="stable")
    largest = _suffix_maxima(_draws(correlation[np.ix_(order, order)], seed))
    found = np.empty(len(order))
    for step, place in enumerate(order):
        found[place] = _level(largest[:, step], len(order) - step, alpha)
        if p_values[place] > found[place]:
            found[order[step:]] = found[place]
            break
    return found


def correlation(parts: csr_array) -> Floats:
    """Return the correlation [M, M] of M statistics.

    Args:
        parts: [M, N], what each of N independent rows (or groups) adds to each statistic, centred at zero.
    """
    shared: Floats = (parts @ parts.T).toarray()
    size = np.sqrt(np.diag(shared))
    size[size == 0] = 1.0
    found = np.asarray(shared / np.outer(size, size), dtype=np.float64)
    np.fill_diagonal(found, 1.0)
    return found


def _draws(correlation: Floats, seed: int) -> npt.NDArray[np.float32]:
    """Return [50,000, M] draws of a normal vector; the root is taken by eigenvalues, since equal slices make it singular."""
    values, vectors = np.linalg.eigh(correlation)
    root = (vectors * np.sqrt(np.clip(values, 0, None))).astype(np.float32)
    normal = np.random.default_rng(seed).standard_normal((DRAWS, len(values)), dtype=np.float32)
    return np.asarray(normal @ root.T, dtype=np.float32)


def _suffix_maxima(draws: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Replace column k by the largest of columns k and after."""
    return np.maximum.accumulate(draws[:, ::-1], axis=1)[:, ::-1]


def _level(largest: npt.NDArray[np.float32], left: int, alpha: float) -> float:
    drawn = float(ndtr(-np.quantile(largest, 1 - alpha)))
    return min(max(drawn, alpha / left), alpha)
