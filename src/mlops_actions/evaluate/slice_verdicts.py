"""The gate on slices: the limited metrics, on the rows of each slice, so that a loss in one place cannot hide in the total."""

from dataclasses import dataclass

import numpy as np

from mlops_actions.config.models import EvaluateSection
from mlops_actions.evaluate.families import SliceMeasured, noisy, slice_levels
from mlops_actions.evaluate.measure import Measured, measure_one, obstacle
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.slices import NamedSlice, Slices
from mlops_actions.evaluate.verdicts import FEWEST_ROWS, WORST_FIRST, Levels, compared, gain_of
from mlops_actions.report.evaluation import Slice
from mlops_actions.report.noise import Noise
from mlops_actions.statistics import benjamini_hochberg
from mlops_actions.statistics.power import detectable


@dataclass(frozen=True)
class Sliced:
    """What could be measured on slices.

    Attributes:
        measured: each metric on each slice with enough rows.
        unpowered: names of the others.
    """

    measured: list[SliceMeasured]
    unpowered: list[str]


def measure_slices(pair: Pair, slices: Slices, metrics: list[str], noise: Noise | None) -> Sliced:
    """Measure some metrics on each slice.

    Args:
        pair: candidate and base.
        slices: what mlops.yaml names.
        metrics: those with a limit on a drop.
        noise: of training, measured on all rows; a slice's own is not smaller.
    """
    if pair.base is None or not metrics:
        return Sliced([], [])
    measured, unpowered = list[SliceMeasured](), list(slices.small)
    for one in slices.judged:
        there, lacking = _measured(pair, one, metrics)
        measured += [SliceMeasured(one, noisy(found, noise)) for found in there]
        unpowered += [f"{one.name} ({name})" for name in lacking] if there else [one.name]
    return Sliced(measured, unpowered)


def _measured(pair: Pair, one: NamedSlice, metrics: list[str]) -> tuple[list[Measured], list[str]]:
    """Return the metrics that rest on enough rows of the slice, and the names of the others."""
    assert pair.base is not None
    places = np.flatnonzero(one.rows)
    candidate, base = pair.candidate.take(places), pair.base.take(places)
    there, lacking = list[Measured](), list[str]()
    for name in metrics:
        found = None if obstacle(name, candidate, base) else measure_one(name, candidate, base)
        if found and found.support >= FEWEST_ROWS:
            there.append(found)
        else:
            lacking.append(name)
    return there, lacking


def judge_slices(
    sliced: Sliced, margins: dict[str, float], settings: EvaluateSection, pair: Pair, seed: int
) -> list[Slice]:
    """Judge every slice, the worst first.

    Args:
        sliced: what was measured.
        margins: allowed drop of each metric on all rows, which is that of each slice.
        settings: the section of mlops.yaml.
        pair: candidate and base.
        seed: of max-T.
    """
    if not sliced.measured:
        return []
    alpha = settings.alpha * settings.slices_share
    levels = slice_levels(sliced.measured, alpha, pair.candidate.extent.groups, seed)
    judged = [
        _judged(one, margins[one.measured.name], level, settings)
        for one, level in zip(sliced.measured, levels, strict=True)
    ]
    warned = _warned(judged, margins, settings.warn_rate)
    found = [one.model_copy(update={"warned": flag}) for one, flag in zip(judged, warned, strict=True)]
    return sorted(found, key=_worst_first)


def _judged(one: SliceMeasured, margin: float, levels: Levels, settings: EvaluateSection) -> Slice:
    measured = one.measured
    assert measured.change is not None
    assert measured.base is not None
    gain = gain_of(measured.change, settings.alpha, levels, higher_is_better=measured.metric.higher_is_better)
    return Slice(
        name=one.slice.name,
        metric=measured.name,
        title=measured.title,
        rows=measured.rows,
        support=measured.support,
        candidate=measured.candidate.value,
        base=measured.base.value,
        gain=gain,
        word=compared(gain, margin, measured.support),
        detectable=detectable(measured.change.error, levels.worse, settings.power),
    )


def _warned(slices: list[Slice], margins: dict[str, float], rate: float) -> list[bool]:
    """Flag slices by Benjamini-Hochberg; a loss that is allowed has the p-value 1, so it is never warned of."""
    values = [one.gain.p_worse if one.gain and one.gain.value <= -margins[one.metric] else 1.0 for one in slices]
    return [bool(flag) for flag in benjamini_hochberg.rejected(np.array(values), rate)]


def _worst_first(one: Slice) -> tuple[int, bool, float, str]:
    return WORST_FIRST.index(one.word), not one.warned, one.gain.value if one.gain else 0.0, one.name
