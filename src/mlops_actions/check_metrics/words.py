"""What the judge says to people: counts, evidence so far of what is needed, one sentence."""

from typing import Any

from mlops_actions.verdict import Decision

LEADS = {
    "harm": "Harm: ",
    "above_negligible": "More than negligible: ",
    "no_harm": "No harm: ",
    "negligible": "Negligible: ",
    "watching": "",
    "not_enough_evidence": "Not enough evidence: ",
    "limit_unread": "A limit could not be read: ",
    "no_traffic": "No request reached the canary: ",
}


def sentence(decision: Decision, reason: str, evidence: dict[str, Any]) -> str:
    """Return one sentence for a decision, its reason and the evidence of `Judge.verdict`."""
    if reason == "no_data":
        return f"No look could be judged ({_kinds(evidence)}); the newest trouble: {evidence['trouble'] or 'none'}."
    if reason == "limit":
        return f"A limit was passed: {_limits(evidence, evidence['violated'])}."
    parts = [_counts(evidence), _progress(decision, evidence)]
    if reason == "limit_unread":
        parts.append(_limits(evidence, evidence["unread"]))
    unusable = {kind: count for kind, count in evidence["looks"].items() if kind != "OK"}
    if unusable:
        parts.append("not judged: " + _kinds({"looks": unusable}))
    return LEADS[reason] + "; ".join(parts) + "."


def _counts(evidence: dict[str, Any]) -> str:
    canary, stable = evidence["canary"], evidence["stable"]
    if stable is None:
        return f"the release failed {_share(canary)} requests, up to {percent(evidence['negligible'])} is negligible"
    return f"the canary failed {_share(canary)} requests, stable {_share(stable)}"


def _share(arm: dict[str, int]) -> str:
    rate = percent(arm["errors"] / arm["requests"]) if arm["requests"] else "none"
    return f"{rate} of {arm['requests']:,}"


def _progress(decision: Decision, evidence: dict[str, Any]) -> str:
    harm, safety = evidence["harm"], evidence["safety"]
    if decision is Decision.FAIL:
        return f"evidence of harm {_size(harm)} ({harm['needed']:,.0f} needed)"
    if decision is Decision.PASS:
        return f"evidence of safety {_size(safety)} ({safety['needed']:,.0f} needed)"
    return (
        f"evidence of harm {_size(harm)} of {harm['needed']:,.0f}, of safety {_size(safety)} of {safety['needed']:,.0f}"
    )


def _size(part: dict[str, float]) -> str:
    value = part["value"]
    if value >= 1e6:
        return "over 1,000,000"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


def _limits(evidence: dict[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} ({_reading(evidence['limits'].get(name))})" for name in names)


def _reading(reading: dict[str, Any] | None) -> str:
    if reading is None:
        return "never read"
    return f"{reading['value']:.6g}" if reading["value"] is not None else f"{reading['kind']}: {reading['detail']}"


def _kinds(evidence: dict[str, Any]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in evidence["looks"].items()) or "no look at all"


def percent(rate: float) -> str:
    """Return a rate as percent with two digits that matter."""
    value = 100 * rate
    return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %" if value >= 1 else f"{value:.2g} %"
