"""Pictures in rows: the metrics side by side, and which rows changed."""

import numpy as np

from mlops_actions.evaluate.measure import Measured
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import ClassRows
from mlops_actions.evaluate.text import decimals
from mlops_actions.evaluate.verdicts import WORDS, compared, oriented
from mlops_actions.report import Finding, Table
from mlops_actions.verdict import Decision

Cell = str | int | float | None


def metrics_table(measured: list[Measured], findings: list[Finding], alpha: float) -> Table:
    """Put every metric on a line; the change is turned so that + is better."""
    return Table(
        title="Metrics (change: + is better)",
        columns=["metric", "base", "candidate", "change", f"{100 * (1 - 2 * alpha):.3g} % interval", "verdict"],
        rows=[_line(one, findings) for one in measured],
    )


def _line(measured: Measured, findings: list[Finding]) -> list[Cell]:
    gain = oriented(measured.change, measured.metric) if measured.change else None
    low, high = (gain.low, gain.high) if gain else measured.candidate[1:]
    digits = decimals(low, high)
    return [
        measured.title,
        f"{measured.base.value:.{digits}f}" if measured.base else "-",
        f"{measured.candidate.value:.{digits}f}",
        f"{gain.value:+.{digits}f}" if gain else "-",
        f"{low:+.{digits}f} to {high:+.{digits}f}" if gain else f"{low:.{digits}f} to {high:.{digits}f}",
        _verdict(measured, [finding for finding in findings if finding.name.startswith(f"{measured.name}.")]),
    ]


def _verdict(measured: Measured, findings: list[Finding]) -> str:
    if findings:
        reasons = dict.fromkeys(finding.verdict.reason for finding in findings)
        return ", ".join(WORDS.get(reason, reason.replace("_", " ")) for reason in reasons)
    if not measured.change:
        return "no limit"
    return WORDS[compared(oriented(measured.change, measured.metric), 0.0, measured.support)] + " (no limit)"


def flips_table(pair: Pair) -> Table | None:
    """Count the rows that went from wrong to right and back; equal accuracy with many flips is another model."""
    if not isinstance(pair.candidate, ClassRows) or not isinstance(pair.base, ClassRows):
        return None
    before, after = pair.base.right, pair.candidate.right
    both_wrong = ~before & ~after
    counts = {
        "newly right": ~before & after,
        "newly wrong": before & ~after,
        "wrong in another way": both_wrong & (pair.base.predicted != pair.candidate.predicted),
        "unchanged": pair.base.predicted == pair.candidate.predicted,
    }
    rows: list[list[Cell]] = [
        [name, int(which.sum()), f"{100 * np.mean(which):.2f} %"] for name, which in counts.items()
    ]
    return Table(title="Flips", columns=["rows", "count", "share"], rows=rows)


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Sort findings: failures, then undecided, then passed, each in order of mlops.yaml."""
    order = [Decision.FAIL, Decision.UNDECIDED, Decision.PASS]
    return sorted(findings, key=lambda finding: order.index(finding.verdict.decision))
