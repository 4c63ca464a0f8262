"""What a comparison says to people: the verdict first, in words of every day, numbers after it."""

from mlops_actions.config.models import EvaluateSection
from mlops_actions.evaluate.comparing import Basis, limited
from mlops_actions.evaluate.text import decimals
from mlops_actions.evaluate.verdicts import FEWEST_ROWS
from mlops_actions.report.evaluation import Comparison, Floor, Gain, Slice, Word


def of_drop(comparison: Comparison, margin: float, word: Word, basis: Basis, settings: EvaluateSection) -> str:
    """Return the sentence of a limit on a drop, without its full stop.

    Args:
        comparison: values of both models, and their change where there is one.
        margin: the drop that this limit allows.
        word: what it came to.
        basis: how the base is known.
        settings: the section of mlops.yaml.
    """
    gain, base, title = comparison.gain, comparison.base, comparison.title
    if word == "identical":
        return f"Identical by construction: same data, code, parameters, lock and seed, so {title} stays as it was"
    if base is None or gain is None:
        return _without_base(title, basis)
    digits = decimals(gain.low, gain.high)
    values = _moved(comparison.candidate.value, base.value, digits)
    where = {"paired": f"on the same {comparison.rows:,} rows", "record": "by the base's recorded numbers"}
    numbers = f"({_interval(gain, settings.alpha)})"
    if word == "unpowered":
        few = f"it rests on {comparison.support} rows or groups of rows, counted where they are fewest, and {FEWEST_ROWS} are needed"
        return f"Too few rows to tell: {title} {values}; {few}"
    if word == "different_test_set":
        return f"Cannot tell: {title} {values}, but the base was tested on other rows, which may be all of the difference {numbers}"
    said = f"{title} {values} {where[basis]}"
    if word == "undecided" and basis == "paired" and gain.high < 0:
        return f"Cannot tell: {said}; seen alone it would be a drop, but among {_family(settings)} it may be chance {numbers}"
    return f"{_claim(said, margin, word, basis)} {numbers}{_outlook(comparison, margin, word)}"


def _family(settings: EvaluateSection) -> str:
    count = len(limited(settings))
    metrics = f"{count} metrics" if count > 1 else "this metric"
    return (
        f"{metrics} and its slices"
        if settings.slices and count == 1
        else metrics + (" and their slices" if settings.slices else "")
    )


def _without_base(title: str, basis: Basis) -> str:
    if basis == "none":
        return f"Nothing to compare with: there is no base, so a drop of {title} cannot be judged"
    whose = "the base, tested on other rows," if basis == "apart" else "the record of the base"
    return f"Cannot tell: {whose} has no value of {title}, so a drop of it cannot be judged"


def _claim(said: str, margin: float, word: Word, basis: Basis) -> str:
    allowed = f"the {margin:.3g} you allow" if margin else "no drop at all is allowed"
    if word == "regressed":
        return f"Worse: {said}; " + (f"more than {allowed}" if margin else allowed)
    if word == "improved":
        return f"Better: {said}"
    if word == "non_inferior":
        return f"No worse: {said}; a drop of more than {allowed} is ruled out"
    if word == "small_drop":
        return f"Slightly worse: {said}; the drop is real, and whether it is more than {allowed} cannot be told"
    because = "numbers that are not paired row by row never show that nothing was lost"
    if basis == "record":
        return f"Cannot tell: {said}; {because}"
    return f"Cannot tell: {said}; these rows show neither a drop nor that it is less than {allowed}"


def _outlook(comparison: Comparison, margin: float, word: Word) -> str:
    """Say what these rows could have shown, and what it would take."""
    if word != "undecided" or comparison.detectable is None:
        return ""
    needed = comparison.rows_needed if margin == comparison.margin else None
    more = f", about {needed:,} rows would settle it" if needed and needed > comparison.rows else ""
    return f"; these rows can show a drop of {comparison.detectable:.2g}{more}"


def of_slice(found: Slice, margin: float, settings: EvaluateSection) -> str:
    """Return the sentence of a slice that is worse, or that is warned of, without its full stop."""
    assert found.gain is not None
    values = _moved(found.candidate, found.base, decimals(found.gain.low, found.gain.high))
    said = f"{found.title} {values} on the same {found.rows:,} rows"
    numbers = f"({_interval(found.gain, settings.alpha)})"
    if found.word == "regressed":
        return f"Worse where {found.name}: {said}; more than the {margin:.3g} you allow {numbers}"
    return f"Watch {found.name}: {said}; perhaps more than the {margin:.3g} you allow, and among so many slices that may be chance {numbers}"


def of_floor(comparison: Comparison, floor: Floor, settings: EvaluateSection) -> str:
    """Return the sentence of a minimum or maximum, without its full stop."""
    value, low, high = comparison.candidate.value, comparison.candidate.low, comparison.candidate.high
    digits = decimals(low, high)
    words = {
        "within_limit": "is within",
        "below_min": "is below",
        "above_max": "is above",
        "undecided": "cannot be told from",
        "unpowered": f"rests on {comparison.support} rows or groups of rows, counted where they are fewest, too few to compare with",
    }[floor.word]
    side = "minimum" if floor.side == "min" else "maximum"
    sure = f"{confidence(settings.alpha)} sure between {low:z.{digits}f} and {high:z.{digits}f}"
    return f"{comparison.title} {value:z.{digits}f} {words} the {side} of {floor.bound:g} ({sure}, {comparison.rows:,} rows)"


def confidence(alpha: float) -> str:
    """Return the confidence of a two-sided interval that leaves out alpha on each side."""
    return f"{100 * (1 - 2 * alpha):.3g} %"


def _moved(candidate: float, base: float, digits: int) -> str:
    before, after = f"{base:z.{digits}f}", f"{candidate:z.{digits}f}"
    if before == after:
        return f"stayed at {after}"
    return f"{'rose' if candidate > base else 'fell'} from {before} to {after}"


def _interval(gain: Gain, alpha: float) -> str:
    digits = decimals(gain.low, gain.high)
    ends = f"between {gain.low:+z.{digits}f} and {gain.high:+z.{digits}f}"
    return f"change {gain.value:+z.{digits}f}, {confidence(alpha)} sure {ends}"
