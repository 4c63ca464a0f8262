"""Pictures in rows, short: the metrics side by side, the slices worst first, and which rows changed."""

from mlops_actions.evaluate.sentences import confidence
from mlops_actions.evaluate.text import decimals
from mlops_actions.evaluate.verdicts import WORDS
from mlops_actions.report import Finding, Table
from mlops_actions.report.evaluation import Comparison, Evaluation, Flips, Slice
from mlops_actions.verdict import Decision

Cell = str | int | float | None
MOST_SLICES = 20


def tables(evaluation: Evaluation, findings: list[Finding]) -> list[Table]:
    """Return what the job summary shows."""
    found = [_metrics(evaluation, findings)]
    if evaluation.slices:
        found.append(_slices(evaluation))
    if evaluation.flips:
        found.append(_flips(evaluation.flips))
    return found


def _metrics(evaluation: Evaluation, findings: list[Finding]) -> Table:
    return Table(
        title="Metrics (change: + is better)",
        columns=["metric", "base", "candidate", "change", f"{confidence(evaluation.alpha)} interval", "verdict"],
        rows=[_metric(one, findings) for one in evaluation.comparisons],
    )


def _metric(one: Comparison, findings: list[Finding]) -> list[Cell]:
    shown = one.gain or one.candidate
    digits, sign = decimals(shown.low, shown.high), "+" if one.gain else ""
    return [
        one.title,
        f"{one.base.value:z.{digits}f}" if one.base else "-",
        f"{one.candidate.value:z.{digits}f}",
        f"{one.gain.value:+z.{digits}f}" if one.gain else "-",
        f"{shown.low:{sign}z.{digits}f} to {shown.high:{sign}z.{digits}f}",
        _verdict(one, [finding for finding in findings if finding.name.startswith(f"{one.metric}.")]),
    ]


def _verdict(one: Comparison, findings: list[Finding]) -> str:
    if findings:
        reasons = dict.fromkeys(finding.verdict.reason for finding in findings)
        words = dict[str, str]((str(word), said) for word, said in WORDS.items())
        return ", ".join(words.get(reason, reason.replace("_", " ")) for reason in reasons)
    return WORDS[one.word]


def _slices(evaluation: Evaluation) -> Table:
    hidden = len(evaluation.slices) - MOST_SLICES
    return Table(
        title="Slices, worst first" + (f" ({hidden} more in the report file)" if hidden > 0 else ""),
        columns=["slice", "metric", "rows", "base", "candidate", "change", "verdict"],
        rows=[_slice(one) for one in evaluation.slices[:MOST_SLICES]],
    )


def _slice(one: Slice) -> list[Cell]:
    digits = decimals(one.gain.low, one.gain.high) if one.gain else 4
    change = f"{one.gain.value:+z.{digits}f}" if one.gain else "-"
    word = WORDS[one.word] + (", watch" if one.warned else "")
    return [one.name, one.title, one.rows, f"{one.base:z.{digits}f}", f"{one.candidate:z.{digits}f}", change, word]


def _flips(flips: Flips) -> Table:
    """Count the rows that went from wrong to right and back; equal accuracy with many flips is another model."""
    rows = flips.total.rows
    counts = {
        "newly right": flips.total.newly_right,
        "newly wrong": flips.total.newly_wrong,
        "wrong in another way": flips.wrong_otherwise,
    }
    counts["unchanged"] = rows - sum(counts.values())
    lines: list[list[Cell]] = [[name, count, f"{100 * count / rows:.2f} %"] for name, count in counts.items()]
    return Table(title="Flips", columns=["rows", "count", "share"], rows=lines)


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Sort findings: failures, then undecided, then passed, each in order of mlops.yaml."""
    order = [Decision.FAIL, Decision.UNDECIDED, Decision.PASS]
    return sorted(findings, key=lambda finding: order.index(finding.verdict.decision))
