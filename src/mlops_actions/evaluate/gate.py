"""The gate itself: metrics and slices measured, alpha split between them, each judged at the level left to it."""

from dataclasses import dataclass

from mlops_actions.config.models import EvaluateSection
from mlops_actions.evaluate.comparing import Basis, comparisons, margins
from mlops_actions.evaluate.families import noisy, share_of_metrics
from mlops_actions.evaluate.measure import Measured, measure
from mlops_actions.evaluate.pairing import Matched
from mlops_actions.evaluate.slice_verdicts import Sliced, judge_slices, measure_slices
from mlops_actions.evaluate.slices import Slices
from mlops_actions.evaluate.unpaired import beside_apart, beside_record
from mlops_actions.evaluate.verdicts import worst_of
from mlops_actions.report.evaluation import Comparison, Evaluation, Slice, Word
from mlops_actions.report.noise import Noise


@dataclass(frozen=True)
class Gate:
    """What came out.

    Attributes:
        comparisons: each metric on all rows.
        slices: each limited metric on each judged slice, the worst first.
        unpowered: names of slices with too few rows.
        margins: allowed drop of each limited metric, the tightest.
    """

    comparisons: list[Comparison]
    slices: list[Slice]
    unpowered: list[str]
    margins: dict[str, float]

    @property
    def word(self) -> Word:
        """The word of the whole: of metrics, unless a slice got worse."""
        lost: list[Word] = [one.word for one in self.slices if one.word == "regressed"]
        return worst_of([*(one.word for one in self.comparisons), *lost])


def gate(
    settings: EvaluateSection,
    found: Matched,
    slices: Slices,
    *,
    basis: Basis,
    record: Evaluation | None,
    noise: Noise | None,
) -> Gate:
    """Measure and judge.

    Args:
        settings: the section of mlops.yaml.
        found: what can be compared with what.
        slices: of the candidate's test rows.
        basis: how the base is known.
        record: the base's numbers, where they are all there is.
        noise: of training.
    """
    measured = [noisy(one, noise) for one in _measured(settings, found, record)]
    allowed = {
        one.name: limits[0].drop
        for one in measured
        if one.base and (limits := margins(one.name, one.base.value, settings))
    }
    apart = measure_slices(found.pair, slices, list(allowed), noise) if basis == "paired" else Sliced([], [])
    seed = int(found.test_set.removeprefix("sha256:")[:16], 16)
    return Gate(
        comparisons(measured, settings, basis, share_of_metrics(settings, apart.measured)),
        judge_slices(apart, allowed, settings, found.pair, seed),
        apart.unpowered,
        allowed,
    )


def _measured(settings: EvaluateSection, found: Matched, record: Evaluation | None) -> list[Measured]:
    measured = measure(found.pair, settings)
    if found.apart:
        return beside_apart(measured, found.apart, settings.alpha)
    return beside_record(measured, record) if record else measured
