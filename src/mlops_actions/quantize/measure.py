"""What a candidate costs and what it loses."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from mlops_actions.quantize.forms import Runtime
from mlops_actions.quantize.sample import Sample
from mlops_actions.statistics import mcnemar

Floats = npt.NDArray[np.float64]
WARM_UP_CALLS = 20
MOST_CALLS = 5000
MOST_SECONDS = 2.0
DIFFERENT_ROWS = 50
ALPHA = 0.05
CLOSE = 0.01  # of the spread of the float model's values: a regression answer within it agrees


@dataclass(frozen=True)
class Speed:
    """Single-row latency on one thread, in microseconds."""

    p50_us: float
    p99_us: float
    calls: int


@dataclass(frozen=True)
class Fidelity:
    """How a candidate answers, next to the float model on the same rows.

    Attributes:
        agreement: share of rows with the same class (regression: within 1 % of the spread of the float model's values).
        largest: largest absolute difference of a score, None where the float model gave none.
        quality: accuracy, or R² for a regression.
        change: quality minus the float model's quality.
        low: lower end of its two-sided 90 % interval (mid-p McNemar, Tango); None for a regression.
        high: upper end.
    """

    agreement: float
    largest: float | None
    quality: float
    change: float
    low: float | None
    high: float | None


def speed(runtime: Runtime, rows: pl.DataFrame) -> Speed:
    """Time single rows, in turn over up to 50 different ones: 20 calls to warm up, then until 5,000 calls or 2 seconds."""
    calls = [runtime.single(rows[at : at + 1]) for at in range(min(DIFFERENT_ROWS, rows.height))]
    _timed(calls, WARM_UP_CALLS)
    took = _timed(calls, MOST_CALLS) / 1000
    return Speed(float(np.quantile(took, 0.5)), float(np.quantile(took, 0.99)), len(took))


def _timed(calls: list[Callable[[], object]], most: int) -> Floats:
    """Return nanoseconds a call."""
    took: list[int] = []
    end = time.perf_counter_ns() + int(MOST_SECONDS * 1e9)
    while len(took) < most:
        call = calls[len(took) % len(calls)]
        before = time.perf_counter_ns()
        call()
        after = time.perf_counter_ns()
        took.append(after - before)
        if after > end:
            break
    return np.array(took, dtype=np.float64)


def fidelity(sample: Sample, scores: Floats) -> Fidelity:
    """Compare answers with the float model's and with the labels.

    Args:
        sample: rows, labels and the float model's answers.
        scores: [N, K] of the candidate, in the order of the classes; [N, 1] for a regression.
    """
    largest = float(np.abs(scores - sample.scores).max()) if sample.scores is not None else None
    if sample.labels.dtype.kind == "f":
        return _of_numbers(sample, scores[:, 0], largest)
    predicted = scores.argmax(axis=1)
    before, after = sample.predicted == sample.labels, predicted == sample.labels
    found = mcnemar.changed(before, after)
    agreement = float((predicted == sample.predicted).mean())
    return Fidelity(agreement, largest, float(after.mean()), found.value, *found.interval(ALPHA))


def _of_numbers(sample: Sample, values: Floats, largest: float | None) -> Fidelity:
    close = np.abs(values - sample.predicted) <= CLOSE * float(np.std(sample.predicted)) + 1e-6
    labels, before = sample.labels.astype(np.float64), sample.predicted.astype(np.float64)
    quality = [_r2(labels, found) for found in (before, values)]
    return Fidelity(float(close.mean()), largest, quality[1], quality[1] - quality[0], None, None)


def _r2(labels: Floats, predicted: Floats) -> float:
    """Return the share of the labels' variance that is explained; 0 where the labels do not vary."""
    spread = float(((labels - labels.mean()) ** 2).sum())
    return 1 - float(((labels - predicted) ** 2).sum()) / spread if spread else 0.0
