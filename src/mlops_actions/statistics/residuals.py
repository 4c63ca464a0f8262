"""Root mean squared error and R² as functions of a few sums over rows, so that they can be resampled cheaply."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mlops_actions.statistics.bootstrap import blocks, resampled_sums, seed_of

Floats = npt.NDArray[np.float64]
MOST_ROWS = 100_000  # beyond, the bootstrap tells nothing that the delta method does not


class Sums(NamedTuple):
    """Sums over rows, each row of the arrays being one sample: rows, squared errors, labels, squared labels.

    Attributes:
        replicates: [R, 4], of bootstrap samples; the same labels draw the same rows.
        left_out: [J, 4], of all rows but one (or but one block of rows).
    """

    replicates: Floats
    left_out: Floats


def resample(labels: Floats, predicted: Floats) -> Sums:
    """Draw the sums of bootstrap samples and of the jackknife's, with a seed of the labels."""
    centred = labels - labels.mean()
    columns = np.column_stack([np.ones(len(labels)), (predicted - labels) ** 2, centred, centred**2])
    seed = seed_of(labels)
    parts = blocks(columns, np.random.default_rng(seed))
    return Sums(resampled_sums(columns, seed), parts.sum(axis=0) - parts)


def rmse(sums: Floats) -> Floats:
    """Return the root of the mean squared error: [R, 4] to [R]."""
    rows, squares = sums.T[:2]
    return np.asarray(np.sqrt(squares / rows))


def r2(sums: Floats) -> Floats:
    """Return the share of the labels' variance that is explained: [R, 4] to [R]; 0 where the labels do not vary."""
    rows, squares, labels, labels_squared = sums.T
    spread = labels_squared - labels**2 / rows
    return np.asarray(1 - np.divide(squares, spread, out=np.ones_like(squares), where=spread > 0))
