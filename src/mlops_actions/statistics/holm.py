"""Several hypotheses at once: Holm's step-down procedure (1979, Scandinavian Journal of Statistics 6:65).

The chance of one false rejection or more is at most alpha, however the tests depend on each other.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def levels(p_values: Floats, alpha: float) -> Floats:
    """Return the level that each hypothesis is tested at: it is rejected exactly where its p-value is at most that.

    The k-th smallest of m p-values is tested at alpha / (m - k + 1) until one is not rejected; that one and all larger ones
    share the level of the step that stopped.

    Args:
        p_values: [M].
        alpha: chance of any false rejection, 0 to 1.
    """
    order = np.argsort(p_values, kind="stable")
    stepped = alpha / np.arange(len(order), 0, -1)
    stopped = np.flatnonzero(p_values[order] > stepped)
    if stopped.size:
        stepped[stopped[0] :] = stepped[stopped[0]]
    found = np.empty(len(order))
    found[order] = stepped
    return found
