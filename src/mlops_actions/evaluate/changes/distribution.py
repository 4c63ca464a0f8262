"""How the scores, or predicted values, of both models are distributed."""

import numpy as np

from mlops_actions.evaluate.changes.scores import are_probabilities, claims
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import Floats, NumberRows, Rows
from mlops_actions.report.evaluation import Distribution

BINS = 20
TAIL = 0.005  # share of rows at either end that does not stretch the bins


def distribution(pair: Pair) -> Distribution | None:
    """Return a histogram of 20 bins of both models; None where the candidate gives classes alone.

    Probabilities are counted between 0 and 1. Other numbers are counted in equal bins over the middle 99 % of both models
    together; the outermost bins reach out to the smallest and the largest.
    """
    of, candidate = _numbers(pair.candidate)
    if candidate is None:
        return None
    base = _numbers(pair.base)[1] if pair.base is not None else None
    both = [candidate] if base is None else [candidate, base]
    bounded = not isinstance(pair.candidate, NumberRows) and all(are_probabilities(values) for values in both)
    edges = np.arange(BINS + 1) / BINS if bounded else _edges(np.concatenate(both))
    return Distribution(
        of=of,
        edges=edges.tolist(),
        base=None if base is None else _counts(base, edges),
        candidate=_counts(candidate, edges),
    )


def _numbers(rows: Rows) -> tuple[str, Floats | None]:
    if isinstance(rows, NumberRows):
        return "predicted value", rows.predicted
    found = claims(rows)
    return (found.of, found.scores) if found else ("", None)


def _edges(values: Floats) -> Floats:
    low, high = np.quantile(values, TAIL, method="lower"), np.quantile(values, 1 - TAIL, method="higher")
    if low == high:
        low, high = low - 0.5, high + 0.5
    share = np.arange(BINS + 1) / BINS
    edges = low * (1 - share) + high * share  # high - low may be more than a float holds, so nothing is interpolated
    edges[0], edges[-1] = min(low, values.min()), max(high, values.max())
    return np.sort(edges)  # the rounding of a range of a few last digits may swap two of them


def _counts(values: Floats, edges: Floats) -> list[int]:
    codes = np.searchsorted(edges[1:-1], values, side="right")
    return [int(count) for count in np.bincount(codes, minlength=BINS)]
