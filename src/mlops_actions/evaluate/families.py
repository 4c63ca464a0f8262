"""Many comparisons, one chance of a false alarm: alpha is split between metrics and slices, and shared out within each."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mlops_actions.config.models import EvaluateSection
from mlops_actions.evaluate.measure import Measured
from mlops_actions.evaluate.rows import Codes, Floats
from mlops_actions.evaluate.slices import NamedSlice
from mlops_actions.evaluate.verdicts import Levels, p_better, p_worse
from mlops_actions.report.noise import Noise
from mlops_actions.statistics import holm, maxt

Procedure = Callable[[Floats], Floats]


@dataclass(frozen=True)
class SliceMeasured:
    """One metric on the rows of one slice."""

    slice: NamedSlice
    measured: Measured


def share_of_metrics(settings: EvaluateSection, slices: list[SliceMeasured]) -> float:
    """Return the alpha of the metrics: all of it where no slice is judged."""
    return settings.alpha * (1 - settings.slices_share) if slices else settings.alpha


def metric_levels(measured: list[Measured], alpha: float) -> list[Levels]:
    """Return the levels of each metric, by Holm's procedure over losses and over gains.

    Args:
        measured: with a change each.
        alpha: of all of them together, on each side.
    """
    return _levels(measured, partial(holm.levels, alpha=alpha))


def slice_levels(slices: list[SliceMeasured], alpha: float, groups: Codes | None, seed: int) -> list[Levels]:
    """Return the levels of each metric on each slice.

    By max-T where what the rows add is known and tests have rows in common; else, and beyond 500 of them, by Holm's
    procedure. No level of max-T is below Holm's.

    Args:
        slices: with a change each.
        alpha: of all of them together, on each side.
        groups: [N] codes of groups of all test rows, or None.
        seed: of max-T's draws.
    """
    measured = [one.measured for one in slices]
    blocks = _blocks(slices, groups) if 1 < len(slices) <= maxt.MOST and _overlap(slices) else None
    if blocks is None:
        return _levels(measured, partial(holm.levels, alpha=alpha))
    draws = maxt.drawn(maxt.correlation(blocks), seed)
    return _levels(measured, partial(maxt.levels, draws=draws, alpha=alpha))


def _levels(measured: list[Measured], procedure: Procedure) -> list[Levels]:
    if not measured:
        return []
    values = []
    for one in measured:
        assert one.change is not None, "the caller leaves out what has no base"
        higher = one.metric.higher_is_better
        values.append((p_worse(one.change, higher_is_better=higher), p_better(one.change, higher_is_better=higher)))
    worse, better = (procedure(side) for side in np.array(values).T)
    return [Levels(float(loss), float(gain)) for loss, gain in zip(worse, better, strict=True)]


def _overlap(slices: list[SliceMeasured]) -> bool:
    """Say whether a row counts in more than one of the tests."""
    seen = np.zeros(len(slices[0].slice.rows), dtype=np.bool_)
    for one in slices:
        if (seen & one.slice.rows).any():
            return True
        seen |= one.slice.rows
    return False


def _blocks(slices: list[SliceMeasured], groups: Codes | None) -> list[maxt.Block] | None:
    """Return what each row (or group) adds to the tests of each slice, + being better; None where a test does not know it."""
    found = []
    for _, tests in itertools.groupby(slices, key=lambda one: id(one.slice)):
        measured = list(tests)
        parts = [_turned(one.measured) for one in measured]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        units = np.flatnonzero(measured[0].slice.rows)
        if groups is not None:
            units, codes = np.unique(groups[units], return_inverse=True)
            known = [np.bincount(codes, part).astype(np.float64) for part in known]
        found.append(maxt.Block(units, np.column_stack(known).astype(np.float32)))
    return found


def _turned(measured: Measured) -> Floats | None:
    parts = measured.change.parts if measured.change else None
    return parts if parts is None or measured.metric.higher_is_better else -parts


def noisy(measured: Measured, noise: Noise | None) -> Measured:
    """Return the metric with the noise of training added to its change.

    Both models are one training each: the variance of the change grows by twice that of a training. Few seeds know it badly,
    so their part of the interval goes by Student's t with one degree of freedom less than seeds.
    """
    found = noise.metrics.get(measured.name) if noise else None
    if found is None or measured.change is None:
        return measured
    return replace(measured, change=measured.change.widened(np.sqrt(2) * found.sigma, found.seeds - 1))
