"""One finding for each limit of mlops.yaml, and one for each slice that is worse or to be watched."""

from typing import Any

from mlops_actions.config.models import EvaluateSection, Limits
from mlops_actions.evaluate.comparing import DROPS, Basis, Margin, margins, word_of
from mlops_actions.evaluate.sentences import of_drop, of_floor, of_slice
from mlops_actions.report import Finding
from mlops_actions.report.evaluation import Absolute, Comparison, Floor, Slice, Word
from mlops_actions.verdict import Decision, Verdict

DECISIONS: dict[Word | Absolute, Decision] = {
    "regressed": Decision.FAIL,
    "improved": Decision.PASS,
    "non_inferior": Decision.PASS,
    "identical": Decision.PASS,
    "small_drop": Decision.UNDECIDED,
    "undecided": Decision.UNDECIDED,
    "unpowered": Decision.UNDECIDED,
    "different_test_set": Decision.UNDECIDED,
    "within_limit": Decision.PASS,
    "below_min": Decision.FAIL,
    "above_max": Decision.FAIL,
}
# What `allow: [undecided]` lets pass: whatever could not be told.
CANNOT_TELL = {"undecided", "unpowered", "different_test_set"}


def judge(comparison: Comparison, settings: EvaluateSection, basis: Basis) -> list[Finding]:
    """Judge one metric by its limits, in the order min, max, max_drop_abs, max_drop_rel."""
    absolute = [_absolute(comparison, floor, settings) for floor in comparison.floors]
    if comparison.base is None:
        limits = settings.limits().get(comparison.metric, Limits())
        named = [drop for drop in DROPS if getattr(limits, drop) is not None]
        found = [Margin(0, f"evaluate.{comparison.metric}.{drop}") for drop in named]
    else:
        found = margins(comparison.metric, comparison.base.value, settings)
    return [*absolute, *(_drop(comparison, one, settings, basis) for one in sorted(found, key=lambda one: one.key))]


def _absolute(comparison: Comparison, floor: Floor, settings: EvaluateSection) -> Finding:
    decision, allowed = _allow(floor.word, settings)
    span = comparison.candidate
    evidence = {**span.model_dump(), "limit": floor.bound, "rows": comparison.rows}
    sentence = of_floor(comparison, floor, settings) + allowed + "."
    verdict = Verdict(decision=decision, reason=floor.word, sentence=sentence, evidence=evidence)
    return Finding(name=floor.key.removeprefix("evaluate."), verdict=verdict, key=floor.key)


def _drop(comparison: Comparison, margin: Margin, settings: EvaluateSection, basis: Basis) -> Finding:
    word = word_of(comparison.gain, margin.drop, comparison.support, basis)
    decision, allowed = _allow(word, settings)
    sentence = of_drop(comparison, margin.drop, word, basis, settings) + allowed + "."
    evidence = _evidence(comparison, margin) if comparison.gain else {}
    verdict = Verdict(decision=decision, reason=word, sentence=sentence, evidence=evidence)
    return Finding(name=margin.key.removeprefix("evaluate."), verdict=verdict, key=margin.key)


def _allow(word: Word | Absolute, settings: EvaluateSection) -> tuple[Decision, str]:
    if word == "no_base":
        return Decision(settings.without_base), ""
    if ("undecided" if word in CANNOT_TELL else word) in settings.allow:
        return Decision.PASS, "; evaluate.allow lets it pass"
    return DECISIONS[word], ""


def _evidence(comparison: Comparison, margin: Margin) -> dict[str, Any]:
    assert comparison.base is not None
    assert comparison.gain is not None
    return {
        "candidate": comparison.candidate.value,
        "base": comparison.base.value,
        **comparison.gain.model_dump(),
        "margin": margin.drop,
        "method": comparison.method,
        "rows": comparison.rows,
        "minimum_detectable_effect": comparison.detectable,
        "rows_needed": comparison.rows_needed,
    }


def of_slices(slices: list[Slice], margins_of: dict[str, float], settings: EvaluateSection) -> list[Finding]:
    """Return a finding for each slice that is worse (it fails), and for each that Benjamini-Hochberg warns of (it passes)."""
    return [
        Finding(
            name=f"{one.metric} where {one.name}",
            verdict=Verdict(
                decision=Decision.FAIL if one.word == "regressed" else Decision.PASS,
                reason="regressed" if one.word == "regressed" else "slice_warned",
                sentence=of_slice(one, margins_of[one.metric], settings) + ".",
                evidence=one.model_dump(exclude={"name", "title"}),
            ),
            key="evaluate.slices",
        )
        for one in slices
        if one.word == "regressed" or one.warned
    ]
