"""The tables that everybody sees: metrics, slices."""

from mlops_actions.comment.blocks import Block, Bullets, Fold, Key, Line, Paragraph, Strong, Table
from mlops_actions.comment.numbers import UNKNOWN, count, decimals, number, plain, signed
from mlops_actions.comment.whiskers import Interval, intervals
from mlops_actions.comment.words import FAILED, OPEN, PASSED, WARNED, WORDS, digits_of, in_margins
from mlops_actions.report.evaluation import Comparison, Evaluation, Floor, Gain, Slice

UNPOWERED_NAMES = 12


def metrics(evaluation: Evaluation) -> tuple[Block, ...]:
    """Return the table of metrics, those with a limit first, and how to read it."""
    rows = sorted(evaluation.comparisons, key=lambda one: one.margin is None and not one.floors)
    drawn = intervals([(one.gain, one.margin) for one in rows])
    compared = any(one.gain for one in rows)
    level = _level(evaluation)
    columns = (
        ("metric", "verdict", "base", "candidate", "change", level)
        if compared
        else ("metric", "verdict", "value", level)
    )
    table = Table(
        columns=columns,
        rows=tuple(_metric(one, whisker, compared=compared) for one, whisker in zip(rows, drawn, strict=True)),
        right=frozenset({2, 3, 4}) if compared else frozenset({2}),
    )
    return (table, _key(evaluation, drawn)) if compared else (table,)


def _metric(one: Comparison, whisker: Interval | None, *, compared: bool) -> tuple[Line, ...]:
    digits = digits_of(one)
    value, verdict = number(one.candidate.value, digits), _verdict(one)
    if not compared:
        return (_name(one),), (verdict,), (value,), (_range_of(one, digits),)
    base = number(one.base.value, digits) if one.base else UNKNOWN
    change = signed(one.gain.value, digits) if one.gain else UNKNOWN
    return (_name(one),), (verdict,), (base,), (value,), (change,), _range(one.gain, whisker)


def _name(one: Comparison) -> str:
    return one.title if one.higher_is_better else f"{one.title} ↓"


def _range(gain: Gain | None, whisker: Interval | None) -> Line:
    if whisker is not None:
        return (whisker,)
    if gain is None:
        return (UNKNOWN,)
    digits = decimals(gain.low, gain.high)
    return (f"{signed(gain.low, digits)} to {signed(gain.high, digits)}",)


def _range_of(one: Comparison, digits: int) -> str:
    return f"{number(one.candidate.low, digits)} to {number(one.candidate.high, digits)}"


def _ends(low: float, high: float, digits: int) -> str:
    return f"{number(low, digits)} and {number(high, digits)}"


def _verdict(one: Comparison) -> str:
    if one.word != "no_limit":
        return " ".join(WORDS[one.word])
    if one.gain is None:
        return "no limit"
    direction = "better" if one.gain.low > 0 else "worse" if one.gain.high < 0 else "unclear"
    return f"{direction}, no limit"


def limits(evaluation: Evaluation) -> tuple[Block, ...]:
    """Return the absolute limits: what is compared is the end of the interval, and not the point."""
    lines = [_floor(one, floor) for one in evaluation.comparisons for floor in one.floors]
    return (Bullets(tuple(lines)),) if lines else ()


def _floor(one: Comparison, floor: Floor) -> Line:
    digits = decimals(one.candidate.low, one.candidate.high)
    bound = f"{'minimum' if floor.side == 'min' else 'maximum'} {plain(floor.bound)}"
    said = {
        "within_limit": f"{PASSED} {one.title} keeps its {bound}",
        "below_min": f"{FAILED} {one.title} is below its {bound}",
        "above_max": f"{FAILED} {one.title} is above its {bound}",
        "undecided": f"{OPEN} {one.title} cannot be told from its {bound}",
        "unpowered": f"{OPEN} {one.title} rests on too few rows to be held against its {bound}",
    }[floor.word]
    return (f"{said}: it lies between {_ends(one.candidate.low, one.candidate.high, digits)}",)


def _level(evaluation: Evaluation) -> str:
    return f"{100 * (1 - 2 * evaluation.alpha):.3g} % interval"


def _key(evaluation: Evaluation, drawn: list[Interval | None]) -> Key:
    there = [one for one in drawn if one]
    return Key(
        level=_level(evaluation).removesuffix(" interval"),
        limited=any(one.limited for one in there),
        lower=not all(one.higher_is_better for one in evaluation.comparisons),
        widened=any(one.decides_low < one.low or one.decides_high > one.high for one in there),
    )


def slices(evaluation: Evaluation, most: int) -> tuple[Block, ...]:
    """Return the slices, worst first: those that are worse or flagged at once, the others folded; at most so many."""
    margins = {one.metric: one.margin for one in evaluation.comparisons}
    ordered = sorted(evaluation.slices, key=lambda part: _severity(part, margins.get(part.metric)))
    bad = [part for part in ordered if part.word == "regressed" or part.warned]
    rest = ordered[len(bad) :]
    blocks: list[Block] = (
        [Paragraph((Strong("Slices:"), f" {_counts(evaluation)}"))] if ordered or evaluation.slices_unpowered else []
    )
    if bad:
        blocks.append(_slices_table(bad[:most], margins, _level(evaluation)))
    if left := rest[: max(most - len(bad), 0)]:
        title = (
            f"{count(len(rest))} slices that are neither worse nor flagged" if bad else f"All {count(len(rest))} slices"
        )
        blocks.append(Fold(title, (_slices_table(left, margins, _level(evaluation)),)))
    if (shown := min(len(bad), most) + len(left)) < len(ordered):
        blocks.append(Paragraph((f"{count(len(ordered) - shown)} more slices are in the full report.",)))
    return (*blocks, *_unpowered(evaluation.slices_unpowered))


def _severity(part: Slice, margin: float | None) -> tuple[bool, bool, float]:
    return part.word != "regressed", not part.warned, in_margins(part.gain, margin)


def _counts(evaluation: Evaluation) -> str:
    if not evaluation.slices:
        return "none has rows enough to be judged."
    words = [part.word for part in evaluation.slices]
    counts = {WORDS[word][1]: words.count(word) for word in WORDS if word in words}
    said = ", ".join(f"{count(number)} {word}" for word, number in counts.items())
    flagged = sum(part.warned and part.word != "regressed" for part in evaluation.slices)
    note = f" {count(flagged)} flagged: a warning and no failure." if flagged else ""
    return f"{said}.{note}"


def _slices_table(parts: list[Slice], margins: dict[str, float | None], level: str) -> Table:
    several = len({part.metric for part in parts}) > 1
    drawn = intervals([(part.gain, margins.get(part.metric)) for part in parts])
    return Table(
        columns=(
            "slice",
            *(["metric"] if several else []),
            "verdict",
            "rows",
            "base",
            "candidate",
            "change",
            level,
        ),
        rows=tuple(_slice(part, whisker, several=several) for part, whisker in zip(parts, drawn, strict=True)),
        right=frozenset({3, 4, 5, 6} if several else {2, 3, 4, 5}),
    )


def _slice(part: Slice, whisker: Interval | None, *, several: bool) -> tuple[Line, ...]:
    digits = decimals(part.gain.low, part.gain.high) if part.gain else 4
    mark, words = WORDS[part.word]
    verdict = f"{WARNED} flagged" if part.warned and part.word != "regressed" else f"{mark} {words}"
    metric: tuple[Line, ...] = ((part.title,),) if several else ()
    return (
        (part.name,),
        *metric,
        (verdict,),
        (count(part.rows),),
        (number(part.base, digits),),
        (number(part.candidate, digits),),
        (signed(part.gain.value, digits) if part.gain else UNKNOWN,),
        _range(part.gain, whisker),
    )


def _unpowered(names: list[str]) -> tuple[Block, ...]:
    if not names:
        return ()
    more = f" and {count(len(names) - UNPOWERED_NAMES)} more" if len(names) > UNPOWERED_NAMES else ""
    listed = ", ".join(name[:80] for name in names[:UNPOWERED_NAMES])
    return (Paragraph((f"Too few rows to judge, which is not the same as fine: {listed}{more}.",)),)
