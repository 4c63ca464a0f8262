"""All candidates side by side; no lone percentage."""

from mlops_actions.quantize.candidates import Candidate
from mlops_actions.report import Table

Cell = str | int | float | None


def candidates_table(candidates: list[Candidate], chosen: Candidate | None, quality: str) -> Table:
    """Put every candidate on a line.

    Args:
        candidates: the baseline first.
        chosen: the one that is served, if any.
        quality: name of the quality column.
    """
    baseline = candidates[0]
    return Table(
        title=f"Candidates: one row at a time, one thread; the baseline is {baseline.scheme} in {baseline.runtime or 'no runtime'}",
        columns=[
            "scheme",
            "runtime",
            "size, KB",
            "p50, µs",
            "p99, µs",
            "same answer",
            "largest difference",
            quality,
            "change",
            "90 % interval",
            "result",
        ],
        rows=[_line(one, chosen, one is baseline) for one in candidates],
    )


def _line(one: Candidate, chosen: Candidate | None, is_baseline: bool) -> list[Cell]:
    found, took = one.fidelity, one.speed
    interval = f"{found.low:+.4f} to {found.high:+.4f}" if found and found.low is not None else None
    return [
        one.scheme,
        one.runtime,
        f"{one.size / 1000:.1f}" if one.size else None,
        f"{took.p50_us:.1f}" if took else None,
        f"{took.p99_us:.1f}" if took else None,
        f"{100 * found.agreement:.2f} %" if found else None,
        f"{found.largest:.2g}" if found and found.largest is not None else None,
        f"{found.quality:.4f}" if found else None,
        f"{found.change:+.4f}" if found else None,
        interval,
        _result(one, chosen, is_baseline),
    ]


def _result(one: Candidate, chosen: Candidate | None, is_baseline: bool) -> str:
    if one is chosen:
        return "chosen"
    if one.rejected:
        return f"rejected: {one.rejected}"
    if one.form is None:
        return "baseline; it is not served"
    return "baseline; slower or larger" if is_baseline else "slower or larger"
