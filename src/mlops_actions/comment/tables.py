"""The tables that everybody sees: metrics, slices."""

from mlops_actions.comment.blocks import Block, Fold, Line, Paragraph, Strong, Table
from mlops_actions.comment.numbers import UNKNOWN, count, decimals, number, plain, signed
from mlops_actions.comment.whiskers import Interval, intervals
from mlops_actions.comment.words import FAILED, OPEN, PASSED, WARNED, WORDS, digits_of
from mlops_actions.report.evaluation import Comparison, Evaluation, Floor, Gain, Slice

ORDER = [FAILED, OPEN, WARNED]
UNPOWERED_NAMES = 12


def metrics(evaluation: Evaluation) -> tuple[Block, ...]:
    """Return the table of metrics, those with a limit first, and how to read it."""
    rows = sorted(evaluation.comparisons, key=lambda one: one.margin is None and not one.floors)
    drawn = intervals([(one.gain, one.margin) for one in rows])
    compared = any(one.gain for one in rows)
    level = f"{100 * (1 - 2 * evaluation.alpha):.3g} % interval"
    columns = (
        ("metric", "base", "candidate", "change", level, "verdict")
        if compared
        else ("metric", "value", level, "verdict")
    )
    table = Table(
        columns=columns,
        rows=tuple(_metric(one, whisker, compared=compared) for one, whisker in zip(rows, drawn, strict=True)),
        right=frozenset({1, 2, 3}) if compared else frozenset({1}),
    )
    return (table, _legend(evaluation, drawn)) if compared else (table,)


def _metric(one: Comparison, whisker: Interval | None, *, compared: bool) -> tuple[Line, ...]:
    digits = digits_of(one)
    value, verdict = number(one.candidate.value, digits), _verdict(one)
    if not compared:
        return (one.title,), (value,), (_ends(one.candidate.low, one.candidate.high, digits),), (verdict,)
    base = number(one.base.value, digits) if one.base else UNKNOWN
    change = signed(one.gain.value, digits) if one.gain else UNKNOWN
    return (_name(one),), (base,), (value,), (change,), _range(one.gain, whisker, digits), (verdict,)


def _name(one: Comparison) -> str:
    return one.title if one.higher_is_better else f"{one.title} (less is better)"


def _range(gain: Gain | None, whisker: Interval | None, digits: int) -> Line:
    if gain is None:
        return (UNKNOWN,)
    ends = f"{signed(gain.low, digits)} to {signed(gain.high, digits)}"
    return (whisker, f" {ends}") if whisker else (ends,)


def _ends(low: float, high: float, digits: int) -> str:
    return f"{number(low, digits)} to {number(high, digits)}"


def _verdict(one: Comparison) -> str:
    marked = [WORDS[one.word], *(WORDS[floor.word] for floor in one.floors)]
    drop = [] if one.word == "no_limit" and one.floors else [WORDS[one.word][1]]
    words = "; ".join([*drop, *(_floor(floor) for floor in one.floors)])
    marks = [mark for mark, _ in marked]
    return f"{next((mark for mark in ORDER if mark in marks), PASSED if PASSED in marks else marks[0])} {words}"


def _floor(floor: Floor) -> str:
    name = f"{'minimum' if floor.side == 'min' else 'maximum'} {plain(floor.bound)}"
    return {
        "within_limit": f"{name} kept",
        "below_min": f"below {name}",
        "above_max": f"above {name}",
        "undecided": f"cannot tell from {name}",
        "unpowered": f"too few rows for {name}",
    }[floor.word]


def _legend(evaluation: Evaluation, drawn: list[Interval | None]) -> Paragraph:
    limited = any(one and one.limited for one in drawn)
    widened = any(one and (one.decides_low < one.low or one.decides_high > one.high) for one in drawn)
    said = [
        f"Change: + is better. {count(evaluation.rows)} test rows. │ no change,",
        " ┆ the drop that is allowed," if limited else "",
        f" ├●┤ where the true change is, {100 * (1 - 2 * evaluation.alpha):.3g} % sure",
        "; ╌ decides, as it allows for several questions asked at once" if widened else "",
        ". Metrics without a limit have a scale of their own."
        if limited and any(one and not one.limited for one in drawn)
        else ".",
    ]
    return Paragraph(("".join(said),))


def slices(evaluation: Evaluation, most: int) -> tuple[Block, ...]:
    """Return the slices, worst first: those that are worse or flagged at once, the others folded; at most so many."""
    ordered = sorted(evaluation.slices, key=_severity)
    bad = [part for part in ordered if part.word == "regressed" or part.warned]
    rest = ordered[len(bad) :]
    margins = {one.metric: one.margin for one in evaluation.comparisons}
    blocks: list[Block] = (
        [Paragraph((Strong("Slices:"), f" {_counts(evaluation)}"))] if ordered or evaluation.slices_unpowered else []
    )
    if bad:
        blocks.append(_slices_table(bad[:most], margins))
    if left := rest[: max(most - len(bad), 0)]:
        title = (
            f"{count(len(rest))} slices that are neither worse nor flagged" if bad else f"All {count(len(rest))} slices"
        )
        blocks.append(Fold(title, (_slices_table(left, margins),)))
    if (shown := min(len(bad), most) + len(left)) < len(ordered):
        blocks.append(Paragraph((f"{count(len(ordered) - shown)} more slices are in the full report.",)))
    return (*blocks, *_unpowered(evaluation.slices_unpowered))


def _severity(part: Slice) -> tuple[bool, bool, float]:
    return part.word != "regressed", not part.warned, part.gain.value if part.gain else 0.0


def _counts(evaluation: Evaluation) -> str:
    if not evaluation.slices:
        return "none has rows enough to be judged."
    words = [part.word for part in evaluation.slices]
    counts = {WORDS[word][1]: words.count(word) for word in WORDS if word in words}
    said = ", ".join(f"{count(number)} {word}" for word, number in counts.items())
    flagged = sum(part.warned and part.word != "regressed" for part in evaluation.slices)
    note = f" {WARNED} {count(flagged)} flagged: a warning and no failure." if flagged else ""
    return f"{said}.{note}"


def _slices_table(parts: list[Slice], margins: dict[str, float | None]) -> Table:
    several = len({part.metric for part in parts}) > 1
    drawn = intervals([(part.gain, margins.get(part.metric)) for part in parts])
    return Table(
        columns=(
            "slice",
            *(["metric"] if several else []),
            "rows",
            "base",
            "candidate",
            "change",
            "interval",
            "verdict",
        ),
        rows=tuple(_slice(part, whisker, several=several) for part, whisker in zip(parts, drawn, strict=True)),
        right=frozenset({2, 3, 4, 5} if several else {1, 2, 3, 4}),
    )


def _slice(part: Slice, whisker: Interval | None, *, several: bool) -> tuple[Line, ...]:
    digits = decimals(part.gain.low, part.gain.high) if part.gain else 4
    mark, words = WORDS[part.word]
    verdict = f"{WARNED} flagged, {words}" if part.warned and part.word != "regressed" else f"{mark} {words}"
    metric: tuple[Line, ...] = ((part.title,),) if several else ()
    return (
        (part.name,),
        *metric,
        (count(part.rows),),
        (number(part.base, digits),),
        (number(part.candidate, digits),),
        (signed(part.gain.value, digits) if part.gain else UNKNOWN,),
        _range(part.gain, whisker, digits),
        (verdict,),
    )


def _unpowered(names: list[str]) -> tuple[Block, ...]:
    if not names:
        return ()
    more = f" and {count(len(names) - UNPOWERED_NAMES)} more" if len(names) > UNPOWERED_NAMES else ""
    listed = ", ".join(name[:80] for name in names[:UNPOWERED_NAMES])
    return (Paragraph((f"Too few rows to judge, which is not the same as fine: {listed}{more}.",)),)
