"""Verdicts in words: the mark, the phrase, and the one sentence that a product manager understands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mlops_actions.comment.numbers import count, decimals, number, plain
from mlops_actions.report.evaluation import Absolute, Comparison, Evaluation, Floor, Gain, Slice, Word
from mlops_actions.report.gate import Conclusion, GateRecord

MOST_ARTIFACTS = 3  # named
FEWEST_ROWS = 30  # below that evaluate calls a metric unpowered
PASSED, FAILED, OPEN, WARNED, STOPPED = "✅", "❌", "🟡", "⚠️", "⛔"
NOTHING = "\N{HEAVY MINUS SIGN}"
MARKS = (PASSED, FAILED, OPEN, WARNED, STOPPED, NOTHING)
WORDS: dict[Word | Absolute, tuple[str, str]] = {
    "regressed": (FAILED, "worse"),
    "below_min": (FAILED, "below its minimum"),
    "above_max": (FAILED, "above its maximum"),
    "different_test_set": (OPEN, "cannot tell (the test rows differ)"),
    "undecided": (OPEN, "cannot tell"),
    "unpowered": (OPEN, "cannot tell (too few rows)"),
    "small_drop": (WARNED, "slightly worse"),
    "no_base": (NOTHING, "nothing to compare with"),
    "no_limit": (NOTHING, "no limit is set"),
    "non_inferior": (PASSED, "no worse"),
    "within_limit": (PASSED, "within its limit"),
    "improved": (PASSED, "better"),
    "identical": (PASSED, "identical by construction"),
}
RECORDED = "by the base's recorded numbers"
SEVERITY: tuple[Conclusion, ...] = ("failure", "neutral", "success")


@dataclass(frozen=True)
class Lead:
    """What decided: the word, and the metric, floor or slice that it is about."""

    word: Word | Absolute
    comparison: Comparison | None = None
    floor: Floor | None = None
    part: Slice | None = None


def lead(evaluation: Evaluation) -> Lead:
    """Return what decided: a drop, then a broken limit, then what is open, then a limit that is open."""
    found = _compared(evaluation)
    if found.word == "regressed":
        return found
    broken = _floor(evaluation, {"below_min", "above_max"})
    if broken or found.word in {"different_test_set", "undecided", "unpowered", "small_drop"}:
        return broken or found
    return _floor(evaluation, {"undecided", "unpowered"}) or found


def _compared(evaluation: Evaluation) -> Lead:
    same = [one for one in evaluation.comparisons if one.word == evaluation.word]
    if same and evaluation.word in {"regressed", "small_drop", "undecided"}:
        return Lead(evaluation.word, comparison=min(same, key=_in_margins))
    if same:
        return Lead(
            evaluation.word, comparison=max(same, key=_in_margins) if evaluation.word == "improved" else same[0]
        )
    parts = [part for part in evaluation.slices if part.word == evaluation.word]
    if not parts:
        return Lead(evaluation.word, comparison=next(iter(evaluation.comparisons), None))
    metrics = {one.metric: one for one in evaluation.comparisons}
    margins = {metric: one.margin for metric, one in metrics.items()}
    worst = min(parts, key=lambda part: in_margins(part.gain, margins.get(part.metric)))
    whole = metrics.get(worst.metric)
    return Lead(evaluation.word, comparison=whole, part=worst)


def _floor(evaluation: Evaluation, words: set[str]) -> Lead | None:
    found = [(one, floor) for one in evaluation.comparisons for floor in one.floors if floor.word in words]
    return Lead(found[0][1].word, comparison=found[0][0], floor=found[0][1]) if found else None


def in_margins(gain: Gain | None, margin: float | None) -> float:
    """Return a change in units of the drop that is allowed, so that metrics can be put in order."""
    if gain is None:
        return 0.0
    return gain.value / margin if margin else gain.value


def _in_margins(comparison: Comparison) -> float:
    return in_margins(comparison.gain, comparison.margin)


def phrase(record: GateRecord) -> tuple[str, str]:
    """Return the mark and the words of a record's verdict."""
    if record.outcome == "stopped":
        return (STOPPED, "could not be judged") if record.unenforced == "failure" else (NOTHING, "nothing was judged")
    if record.outcome == "skipped":
        return NOTHING, "not touched by this change"
    if record.outcome == "identical" or record.evaluation is None:
        return WORDS["identical"]
    found = lead(record.evaluation)
    mark, words = WORDS[found.word]
    if found.part:
        words = f"{words} where {found.part.name}"
    return (FAILED if record.unenforced == "failure" else mark), words


def title(record: GateRecord) -> str:
    """Return the headline: model, verdict, and what became of it."""
    _, words = phrase(record)
    return f"{record.model}: {words}{fate(record)}"


def mark(record: GateRecord) -> str:
    """Return the one mark of a record: that of its verdict, unless a person or a fork has the last word."""
    if record.accepted:
        return PASSED
    found = phrase(record)[0]
    unproven = not record.verified and record.outcome not in {"stopped", "skipped"} and found in {PASSED, NOTHING}
    return OPEN if unproven else found


def fate(record: GateRecord) -> str:
    """Return what became of a verdict, to be put behind its words; "" where it simply counts."""
    if record.accepted:
        return ", accepted"
    if not record.verified:
        return ", unverified"
    return ", observed only" if observed(record) else ""


def observed(record: GateRecord) -> bool:
    """Return whether only `enforce: false` kept this record from stopping the pull request."""
    return not record.enforce and record.unenforced == "failure" and record.conclusion != "failure"


def artifacts(records: Sequence[GateRecord]) -> str:
    """Return the names of the artifacts that hold the page: of the model's run, or of the one that computed it again."""
    names = [f"{record.model}-{'gate' if record.verified else 'verified'}" for record in records[:MOST_ARTIFACTS]]
    more = ", …" if len(records) > MOST_ARTIFACTS else ""
    return f"the artifact{'s' if len(records) > 1 else ''} {', '.join(names)}{more}"


def worst_first(records: list[GateRecord]) -> list[GateRecord]:
    """Sort records: failures, then neutral, then successes; each by name."""
    return sorted(records, key=lambda record: (SEVERITY.index(record.conclusion), record.model))


def sentence(evaluation: Evaluation) -> str:
    """Return what was found, in one sentence with its numbers."""
    text = _sentence(evaluation)
    return text[:1].upper() + text[1:]


def _sentence(evaluation: Evaluation) -> str:
    found = lead(evaluation)
    if found.comparison is None:
        return f"Nothing could be measured on {count(evaluation.rows)} test rows."
    if found.floor:
        return _about_floor(found.comparison, found.floor)
    if found.part:
        return _about_slice(found.comparison, found.part)
    rows = f"on the same {count(found.comparison.rows)} test rows"
    return _SENTENCES[found.word](found.comparison, RECORDED if evaluation.base_from == "record" else rows)


def _about_floor(comparison: Comparison, floor: Floor) -> str:
    value, low, high = comparison.candidate.value, comparison.candidate.low, comparison.candidate.high
    digits = decimals(low, high)
    limit = f"the {'minimum' if floor.side == 'min' else 'maximum'} of {plain(floor.bound)} that you set"
    where = {"below_min": "below", "above_max": "above"}.get(floor.word)
    if where:
        return f"{comparison.title} is {number(value, digits)}, {where} {limit}."
    return (
        f"{comparison.title} is {number(value, digits)}, somewhere between {number(low, digits)} and {number(high, digits)}:"
        f" {count(comparison.rows)} test rows cannot tell it from {limit}."
    )


def _about_slice(comparison: Comparison, part: Slice) -> str:
    digits = decimals(part.gain.low, part.gain.high) if part.gain else 4
    moved = _moved(part.candidate - part.base)
    allowed = f", {exceeds(comparison.margin)}" if part.word == "regressed" else ""
    return (
        f"Where {part.name}, {part.title} {moved} from {number(part.base, digits)} to {number(part.candidate, digits)}"
        f" on the same {count(part.rows)} test rows{allowed}; over all rows the model is {WORDS[comparison.word][1]}."
    )


def _moved(change: float) -> str:
    return "rose" if change > 0 else "fell" if change < 0 else "went"


def digits_of(comparison: Comparison) -> int:
    """Return the decimals that the interval of the change supports, or of the value where there is no change."""
    span = comparison.gain or comparison.candidate
    return decimals(span.low, span.high)


def _change(one: Comparison, where: str) -> str:
    digits = digits_of(one)
    if one.base is None:
        return f"{one.title} is {number(one.candidate.value, digits)} on {count(one.rows)} test rows"
    before, after = number(one.base.value, digits), number(one.candidate.value, digits)
    if before == after:
        return f"{one.title} stayed at {after} {where}"
    return f"{one.title} {_moved(one.candidate.value - one.base.value)} from {before} to {after} {where}"


def _drop(one: Comparison) -> str:
    return "drop" if one.higher_is_better else "rise"


def exceeds(margin: float | None) -> str:
    """Return how a loss stands to the drop that is allowed."""
    return f"more than the {plain(margin)} you allow" if margin else "and no loss at all is allowed"


def _regressed(one: Comparison, where: str) -> str:
    return f"{_change(one, where)}, {exceeds(one.margin)}."


def _improved(one: Comparison, where: str) -> str:
    return f"{_change(one, where)}."


def _non_inferior(one: Comparison, where: str) -> str:
    return f"{_change(one, where)}: a {_drop(one)} of {plain(one.margin)} or more is ruled out."


def _small_drop(one: Comparison, where: str) -> str:
    return f"{_change(one, where)}: the {_drop(one)} is real, and whether it is {exceeds(one.margin)} cannot be told."


def _undecided(one: Comparison, where: str) -> str:
    if where == RECORDED:
        return f"{_change(one, where)}: numbers that are not paired row by row cannot show that nothing was lost."
    asked = f"by {exceeds(one.margin)}" if one.margin else "at all"
    enough = one.rows_needed and one.rows_needed > one.rows
    more = f"; about {count(one.rows_needed)} would settle it" if enough else ""
    fell = "fell" if one.higher_is_better else "rose"
    return f"{count(one.rows)} test rows cannot tell whether {one.title} {fell} {asked}{more}."


def _unpowered(one: Comparison, _: str) -> str:
    return f"{one.title} rests on {count(one.support)} rows or groups of rows, counted where they are fewest; fewer than {FEWEST_ROWS} can say nothing."


def _identical(one: Comparison, where: str) -> str:
    return f"{_change(one, where)}: both models come from the same inputs and answer alike on every row."


def _no_base(one: Comparison, where: str) -> str:
    return f"{_change(one, where)}; there is no earlier model to compare with."


def _no_limit(one: Comparison, where: str) -> str:
    return f"{_change(one, where)}; no limit is set under evaluate, so nothing could fail."


def _different_test_set(one: Comparison, _: str) -> str:
    digits = digits_of(one)
    before = number(one.base.value, digits) if one.base else "unknown"
    return (
        f"{one.title} is {number(one.candidate.value, digits)} on {count(one.rows)} test rows, and was {before} on the base's"
        " test rows; the rows differ, so the two cannot be paired."
    )


_SENTENCES: dict[Word | Absolute, Callable[[Comparison, str], str]] = {
    "regressed": _regressed,
    "improved": _improved,
    "non_inferior": _non_inferior,
    "small_drop": _small_drop,
    "undecided": _undecided,
    "unpowered": _unpowered,
    "identical": _identical,
    "no_base": _no_base,
    "no_limit": _no_limit,
    "different_test_set": _different_test_set,
}
