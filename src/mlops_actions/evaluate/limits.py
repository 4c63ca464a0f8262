"""One finding for each limit of mlops.yaml: floors and ceilings by the value's interval, drops by the paired comparison."""

from typing import Any

from mlops_actions.config.models import EvaluateSection, Limits
from mlops_actions.evaluate.measure import Measured
from mlops_actions.evaluate.metrics import detectable
from mlops_actions.evaluate.text import decimals
from mlops_actions.evaluate.verdicts import FEWEST_ROWS, WORDS, Gain, compared, oriented, rows_needed
from mlops_actions.report import Finding
from mlops_actions.verdict import Decision, Verdict

DECISIONS = {
    "regressed": Decision.FAIL,
    "improved": Decision.PASS,
    "non_inferior": Decision.PASS,
    "small_drop": Decision.UNDECIDED,
    "undecided": Decision.UNDECIDED,
    "unpowered": Decision.UNDECIDED,
}


def judge(measured: Measured, settings: EvaluateSection, *, identical: bool) -> list[Finding]:
    """Judge one metric by its limits.

    Args:
        measured: values and change.
        settings: the section of mlops.yaml.
        identical: candidate and base come from the same inputs and answer alike on every row.
    """
    limits: Limits = settings.limits().get(measured.name, Limits())
    findings = [
        _absolute(measured, side, bound, settings)
        for side, bound in (("min", limits.min), ("max", limits.max))
        if bound is not None
    ]
    for name, drop in (("max_drop_abs", limits.max_drop_abs), ("max_drop_rel", limits.max_drop_rel)):
        if drop is not None:
            findings.append(_drop(measured, name, drop, settings, identical=identical))
    return findings


def _finding(measured: Measured, limit: str, verdict: Verdict) -> Finding:
    name = f"{measured.name}.{limit}"
    return Finding(name=name, verdict=verdict, key=f"evaluate.{name}")


def _absolute(measured: Measured, side: str, bound: float, settings: EvaluateSection) -> Finding:
    """Judge a floor or ceiling: met when the whole interval is inside, broken when it is all outside."""
    value, low, high = measured.candidate
    inside, outside = (low >= bound, high < bound) if side == "min" else (high <= bound, low > bound)
    if measured.support < FEWEST_ROWS:
        reason, decision = "unpowered", Decision.UNDECIDED
    elif inside:
        reason, decision = "within_limit", Decision.PASS
    elif outside:
        reason, decision = ("below_min" if side == "min" else "above_max"), Decision.FAIL
    else:
        reason, decision = "undecided", Decision.UNDECIDED
    decision, allowed = _allow(reason, decision, settings)
    words = {
        "within_limit": "is within",
        "below_min": "is below",
        "above_max": "is above",
        "undecided": "cannot be told from",
        "unpowered": f"rests on {measured.support} rows of the rarest kind, too few to compare with",
    }[reason]
    digits = decimals(low, high)
    sentence = (
        f"{measured.title} {value:.{digits}f} {words} the {'minimum' if side == 'min' else 'maximum'} of {bound:g}"
        f" ({_confidence(settings)} sure between {low:.{digits}f} and {high:.{digits}f}, {measured.rows:,} rows){allowed}."
    )
    evidence = {"value": value, "low": low, "high": high, "limit": bound, "rows": measured.rows}
    return _finding(measured, side, Verdict(decision=decision, reason=reason, sentence=sentence, evidence=evidence))


def _drop(measured: Measured, limit: str, drop: float, settings: EvaluateSection, *, identical: bool) -> Finding:
    if identical:
        sentence = f"{measured.title}: candidate and base are identical by construction (same data, code, parameters, lock and seed)."
        return _finding(measured, limit, Verdict(decision=Decision.PASS, reason="identical", sentence=sentence))
    if measured.change is None or measured.base is None:
        sentence = f"{measured.title}: there is no base to compare with, so a drop cannot be judged."
        return _finding(measured, limit, Verdict(decision=Decision.PASS, reason="no_base", sentence=sentence))
    margin = drop if limit == "max_drop_abs" else drop * abs(measured.base.value)
    gain = oriented(measured.change, measured.metric)
    reason = compared(gain, margin, measured.support)
    decision, allowed = _allow(reason, DECISIONS[reason], settings)
    sentence = _sentence(measured, gain, margin, reason, settings) + allowed
    evidence = _evidence(measured, gain, margin, settings)
    return _finding(
        measured, limit, Verdict(decision=decision, reason=reason, sentence=sentence + ".", evidence=evidence)
    )


def _allow(reason: str, decision: Decision, settings: EvaluateSection) -> tuple[Decision, str]:
    word = "undecided" if reason == "unpowered" else reason
    if word in settings.allow:
        return Decision.PASS, "; evaluate.allow lets it pass"
    return decision, ""


def _sentence(measured: Measured, gain: Gain, margin: float, reason: str, settings: EvaluateSection) -> str:
    assert measured.base is not None
    digits = decimals(gain.low, gain.high)
    values = f"{measured.candidate.value:.{digits}f} against {measured.base.value:.{digits}f}"
    interval = f"{_confidence(settings)} sure between {gain.low:+.{digits}f} and {gain.high:+.{digits}f}"
    numbers = (
        f"{measured.title}: {WORDS[reason]}, {values} on the same {measured.rows:,} rows (change {gain.value:+.{digits}f}, {interval}; "
        f"a drop of {margin:.2g} is allowed)"
    )
    if reason == "unpowered":
        return f"{numbers}; it rests on {measured.support} rows of the rarest kind, {FEWEST_ROWS} are needed"
    if reason == "undecided":
        needed = rows_needed(gain, margin, measured.rows, settings.alpha)
        smallest = detectable(gain.error, settings.alpha)
        more = f", about {needed:,} rows would settle it" if needed and needed > measured.rows else ""
        return f"{numbers}; these rows can show a drop of {smallest:.2g}{more}"
    return numbers


def _confidence(settings: EvaluateSection) -> str:
    return f"{100 * (1 - 2 * settings.alpha):.3g} %"


def _evidence(measured: Measured, gain: Gain, margin: float, settings: EvaluateSection) -> dict[str, Any]:
    assert measured.base is not None
    return {
        "candidate": measured.candidate.value,
        "base": measured.base.value,
        **gain._asdict(),
        "margin": margin,
        "alpha": settings.alpha,
        "method": measured.metric.method,
        "rows": measured.rows,
        "minimum_detectable_effect": detectable(gain.error, settings.alpha),
        "rows_needed": rows_needed(gain, margin, measured.rows, settings.alpha),
    }
