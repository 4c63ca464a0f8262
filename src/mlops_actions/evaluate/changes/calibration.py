"""Whether scores mean what they say: of rows with score 0.8, are 80 % right?"""

import numpy as np

from mlops_actions.evaluate.changes.scores import Claims, are_probabilities, claims, equal_bins
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.report.evaluation import Calibration, CalibrationBin

BINS = 10


def calibration(pair: Pair) -> Calibration | None:
    """Return the reliability of both models' scores in ten equal bins; None where the candidate gives no probabilities.

    `error` is the expected calibration error: the mean over bins of |mean score - share that was right|, weighted by the
    rows of the bin (Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599).
    """
    candidate = _probabilities(claims(pair.candidate))
    if candidate is None:
        return None
    base = _probabilities(claims(pair.base)) if pair.base is not None else None
    after, after_error = _reliability(candidate)
    before, before_error = _reliability(base) if base else (None, None)
    return Calibration(
        of=candidate.of, base=before, candidate=after, base_error=before_error, candidate_error=after_error
    )


def _probabilities(found: Claims | None) -> Claims | None:
    return found if found and are_probabilities(found.scores) else None


def _reliability(found: Claims) -> tuple[list[CalibrationBin], float]:
    codes = equal_bins(found.scores, BINS)
    rows = np.bincount(codes, minlength=BINS)
    scores = np.bincount(codes, found.scores, minlength=BINS)
    right = np.bincount(codes[found.right], minlength=BINS)
    bins = [
        CalibrationBin(
            low=number / BINS,
            high=(number + 1) / BINS,
            rows=count,
            mean_score=round(score / count, 6) if count else None,
            share=round(hits / count, 6) if count else None,
        )
        for number, (count, score, hits) in enumerate(zip(rows.tolist(), scores.tolist(), right.tolist(), strict=True))
    ]
    return bins, float(np.abs(scores - right).sum() / len(codes))
