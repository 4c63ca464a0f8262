"""Everything about one comparison, in the type that the comment, the check and later runs read."""

from dataclasses import dataclass
from typing import Literal

from mlops_actions.config import Config
from mlops_actions.evaluate import changes
from mlops_actions.evaluate.comparing import Basis
from mlops_actions.evaluate.gate import Gate
from mlops_actions.evaluate.pairing import Matched
from mlops_actions.evaluate.rows import NumberRows
from mlops_actions.evaluate.slices import NamedSlice
from mlops_actions.evaluate.sources import Source, Sources
from mlops_actions.evaluate.version import EVALUATOR
from mlops_actions.report.evaluation import Difference, Evaluation

BaseFrom = Literal["bundle", "cache", "trained"]


@dataclass(frozen=True)
class Known:
    """What the numbers do not tell.

    Attributes:
        basis: how the base is known.
        base_from: where its predictions were had from.
        uses: how often the test set has decided, this time included.
        notices: sentences.
    """

    basis: Basis
    base_from: BaseFrom
    uses: int | None
    notices: list[str]


def evaluation_of(
    config: Config, sources: Sources, found: Matched, judged: Gate, known: Known, *, slices: list[NamedSlice]
) -> Evaluation:
    """Put it together: what was judged, and what changed, for people."""
    pair, settings = found.pair, config.evaluate
    candidate, base = sources.candidate, sources.base
    features = [feature.name for feature in candidate.config.features] if candidate.config else pair.columns.columns
    return Evaluation(
        evaluator=EVALUATOR,
        task=found.task,
        rows=len(pair.ids),
        classes=[] if isinstance(pair.candidate, NumberRows) else pair.candidate.classes,
        test_set=found.test_set,
        alpha=settings.alpha,
        power=settings.power,
        word=judged.word,
        base_from=_base_from(known, given=base is not None),
        comparisons=judged.comparisons,
        slices=judged.slices,
        slices_unpowered=judged.unpowered,
        flips=changes.flips(pair, slices, show_rows=settings.show_rows, features=features),
        confusion=changes.confusion(pair),
        calibration=changes.calibration(pair),
        distribution=changes.distribution(pair),
        candidate=changes.side(candidate),
        base=changes.side(base) if base else None,
        differences=_differences(candidate, base),
        uses=known.uses,
        notices=known.notices,
    )


def _differences(candidate: Source, base: Source | None) -> list[Difference]:
    if candidate.config is None or base is None or base.config is None:
        return []
    return changes.differences(candidate.config, base.config)


def _base_from(known: Known, *, given: bool) -> Literal["bundle", "cache", "trained", "record", "identical", "none"]:
    if known.basis in {"identical", "none"}:
        return known.basis
    return known.base_from if given else "record"
