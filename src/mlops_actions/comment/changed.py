"""What changed beside the metrics: flips, confusion, scores, the two models, their inputs."""

from mlops_actions.comment.blocks import Block, Chart, Fold, Line, Matrices, Paragraph, Series, Strong, Table
from mlops_actions.comment.numbers import UNKNOWN, count, duration, number, percent, plain, size
from mlops_actions.report.evaluation import Calibration, Cell, Distribution, Evaluation, Example, FlipCount, Flips, Side


def flips(found: Flips) -> tuple[Block, ...]:
    """Return the counts in one line; equal accuracy with many flips is another model."""
    total = found.total
    churn = total.newly_right + total.newly_wrong
    otherwise = f"; {count(found.wrong_otherwise)} are wrong in another way" if found.wrong_otherwise else ""
    return (
        Paragraph(
            (
                Strong("Flips:"),
                f" {count(total.newly_right)} rows newly right, {count(total.newly_wrong)} newly wrong:",
                f" {percent(churn, total.rows)} of {count(total.rows)} changed sides{otherwise}.",
            )
        ),
    )


def flipped(found: Flips, most: int) -> tuple[Block, ...]:
    """Return which classes and slices the flips are in."""
    tables = [
        _counts(name, rows[:most]) for name, rows in (("class", found.by_class), ("slice", found.by_slice)) if rows
    ]
    return (Fold("Where rows changed sides", tuple(tables)),) if tables else ()


def _counts(name: str, rows: list[FlipCount]) -> Table:
    return Table(
        columns=(name, "rows", "newly right", "newly wrong", "changed"),
        rows=tuple(
            (
                (row.name,),
                (count(row.rows),),
                (count(row.newly_right),),
                (count(row.newly_wrong),),
                (percent(row.newly_right + row.newly_wrong, row.rows),),
            )
            for row in rows
        ),
        right=frozenset({1, 2, 3, 4}),
    )


def examples(found: Flips, most: int) -> tuple[Block, ...]:
    """Return rows that became wrong, the surest mistakes first."""
    shown = found.examples[:most]
    if not shown:
        return ()
    features = [] if found.masked else list(dict.fromkeys(name for one in shown for name in one.values))
    table = Table(
        columns=("row", "truth", "base said", "candidate says", "confidence", *features),
        rows=tuple(_example(one, features) for one in shown),
        right=frozenset({4}),
    )
    title = f"{len(shown)} rows that became wrong, the surest mistakes first"
    masked = "Ids and values are masked; evaluate.show_rows: true shows them, for data that anybody may read."
    return (Fold(title, (table, Paragraph((masked,))) if found.masked else (table,)),)


def _example(one: Example, features: list[str]) -> tuple[Line, ...]:
    confidence = number(one.confidence, 3)
    values = [(_value(one.values.get(name)),) for name in features]
    return (one.id,), (one.label,), (one.base,), (one.candidate,), (confidence,), *values


def _value(value: Cell) -> str:
    return UNKNOWN if value is None else plain(value) if isinstance(value, float) else str(value)


def confusion(evaluation: Evaluation) -> tuple[Block, ...]:
    """Return the confusion matrices."""
    if evaluation.confusion is None:
        return ()
    how = "Counts of test rows: a line for each true class, a column for each answer."
    return (Fold("Confusion matrices", (Paragraph((how,)), Matrices(evaluation.confusion))),)


def scores(evaluation: Evaluation) -> tuple[Block, ...]:
    """Return the charts of calibration and of the scores."""
    charts = [
        *(_calibration(evaluation.calibration) if evaluation.calibration else ()),
        *(_distribution(evaluation.distribution) if evaluation.distribution else ()),
    ]
    title = "Calibration and scores" if evaluation.calibration else "Distribution of the predictions"
    return (Fold(title, tuple(charts)),) if charts else ()


def _calibration(found: Calibration) -> tuple[Block, ...]:
    base = found.base or []
    error = f"{number(found.candidate_error, 4)}" + (
        f" (base {number(found.base_error, 4)})" if found.base_error is not None else ""
    )
    said = Paragraph((f"Calibration of {found.of}: expected calibration error {error}; 0 is perfect.",))
    pairs = list(zip(found.candidate, base, strict=True)) if base else [(one, None) for one in found.candidate]
    kept = [(one, two) for one, two in pairs if one.share is not None and (two is None or two.share is not None)]
    if len(kept) < 2:
        return (said,)
    middles = [(one.low + one.high) / 2 for one, _ in kept]
    before = [two.share for _, two in kept if two is not None and two.share is not None]
    series = [
        *([Series("base", tuple(before))] if before else []),
        Series("candidate", tuple(one.share for one, _ in kept if one.share is not None)),
        Series("perfect", tuple(middles)),
    ]
    return said, Chart("score", middles[0], middles[-1], "share that was right", 1.0, tuple(series))


def _distribution(found: Distribution) -> tuple[Block, ...]:
    if len(found.candidate) < 3 or len(found.edges) != len(found.candidate) + 1:
        return ()
    series = [("base", found.base)] if found.base else []
    shares = [
        Series(name, tuple(100 * one / max(sum(counts), 1) for one in counts))
        for name, counts in [*series, ("candidate", found.candidate)]
    ]
    highest = max(value for one in shares for value in one.values) or 1.0
    # The outermost bins may reach further out than the others are wide.
    width = found.edges[2] - found.edges[1]
    first, last = found.edges[1] - width / 2, found.edges[-2] + width / 2
    said = Paragraph((f"Distribution of {found.of}: share of the test rows in each of {len(found.candidate)} bins.",))
    return said, Chart("score or predicted value", first, last, "% of rows", highest, tuple(shares))


def models(evaluation: Evaluation) -> tuple[Block, ...]:
    """Return who the two models are, how large and how quick."""
    base, candidate = evaluation.base or Side(), evaluation.candidate
    rows = [
        ("version", base.version, candidate.version),
        ("commit", (base.commit or "")[:12], (candidate.commit or "")[:12]),
        ("architecture", base.architecture, candidate.architecture),
        ("training rows", count(base.train_rows), count(candidate.train_rows)),
        ("size", size(base.model_bytes), size(candidate.model_bytes)),
        ("latency, median", duration(base.p50_us), duration(candidate.p50_us)),
        ("latency, 99 of 100", duration(base.p99_us), duration(candidate.p99_us)),
    ]
    known = tuple(
        ((name,), (one or UNKNOWN,), (two or UNKNOWN,)) for name, one, two in rows if {one, two} - {None, "", UNKNOWN}
    )
    return (Fold("The two models", (Table(("", "base", "candidate"), known),)),) if known else ()


def differences(evaluation: Evaluation, most: int) -> tuple[Block, ...]:
    """Return what differs in the inputs of the two models."""
    if not evaluation.differences:
        return ()
    rows = tuple(
        ((one.kind,), (one.name,), (_value(one.base),), (_value(one.candidate),))
        for one in evaluation.differences[:most]
    )
    title = f"What differs: {count(len(evaluation.differences))} settings and inputs"
    return (Fold(title, (Table(("kind", "name", "base", "candidate"), rows),)),)
