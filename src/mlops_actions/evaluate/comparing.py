"""The comparisons of the report: each metric with its margin, its interval at the level left to it, and its word."""

from typing import Literal, NamedTuple

from mlops_actions.config.models import EvaluateSection, Limits
from mlops_actions.evaluate.families import metric_levels
from mlops_actions.evaluate.measure import Measured
from mlops_actions.evaluate.verdicts import FEWEST_ROWS, Levels, compared, gain_of, rows_needed
from mlops_actions.report.evaluation import Absolute, Comparison, Floor, Gain, Span, Word
from mlops_actions.statistics.change import Change, Widened
from mlops_actions.statistics.estimate import Estimate
from mlops_actions.statistics.power import detectable

# How the base is known: row by row; row by row with the same answers from the same inputs; on other rows; by its numbers alone.
Basis = Literal["paired", "identical", "apart", "record", "none"]
DROPS = ("max_drop_abs", "max_drop_rel")


class Margin(NamedTuple):
    """A drop that is allowed, in the metric's own unit, and the key of mlops.yaml that says so."""

    drop: float
    key: str


def margins(name: str, base: float, settings: EvaluateSection) -> list[Margin]:
    """Return the limits on a drop of one metric, the tightest first."""
    limits: Limits = settings.limits().get(name, Limits())
    drops = [(limit, getattr(limits, limit)) for limit in DROPS]
    found = [
        Margin(drop if limit == "max_drop_abs" else drop * abs(base), f"evaluate.{name}.{limit}")
        for limit, drop in drops
        if drop is not None
    ]
    return sorted(found)


def comparisons(measured: list[Measured], settings: EvaluateSection, basis: Basis, alpha: float) -> list[Comparison]:
    """Return the comparison of each metric.

    Args:
        measured: noise of training is in their changes.
        settings: the section of mlops.yaml.
        basis: how the base is known.
        alpha: what metrics may err together, on each side.
    """
    tested = [one for one in measured if _is_tested(one, settings, basis)]
    levels = dict(zip([one.name for one in tested], metric_levels(tested, alpha), strict=True))
    plain = Levels(settings.alpha, settings.alpha)
    return [_comparison(one, settings, basis, levels.get(one.name, plain)) for one in measured]


def limited(settings: EvaluateSection) -> list[str]:
    """Return the metrics whose drop is limited."""
    return [
        name for name, limits in settings.limits().items() if any(getattr(limits, drop) is not None for drop in DROPS)
    ]


def _is_tested(measured: Measured, settings: EvaluateSection, basis: Basis) -> bool:
    known = measured.name in limited(settings)
    return known and measured.change is not None and measured.support >= FEWEST_ROWS and basis in {"paired", "record"}


def _comparison(measured: Measured, settings: EvaluateSection, basis: Basis, levels: Levels) -> Comparison:
    base, change = measured.base, measured.change if basis != "identical" else None
    found = margins(measured.name, base.value, settings) if base else []
    gain = (
        gain_of(change, settings.alpha, levels, higher_is_better=measured.metric.higher_is_better) if change else None
    )
    tightest = found[0] if found else None
    word = (
        word_of(gain, tightest.drop if tightest else None, measured.support, basis)
        if base
        else unseen(basis, is_limited=measured.name in limited(settings))
    )
    return Comparison(
        metric=measured.name,
        title=measured.title,
        method=change.method if change else "",
        higher_is_better=measured.metric.higher_is_better,
        rows=measured.rows,
        support=measured.support,
        candidate=span(measured.candidate, settings.alpha),
        base=span(base, settings.alpha) if base else None,
        gain=gain,
        margin=tightest.drop if tightest else None,
        key=tightest.key if tightest else None,
        word=word,
        floors=floors(measured, settings),
        detectable=detectable(change.error, levels.worse, settings.power) if change else None,
        rows_needed=_rows_needed(change, tightest.drop, measured.rows, settings) if change and tightest else None,
        noise=change.extra / 2**0.5 if isinstance(change, Widened) else None,
    )


def _rows_needed(change: Change, margin: float, rows: int, settings: EvaluateSection) -> int | None:
    error, noise = (change.inner.error, change.extra) if isinstance(change, Widened) else (change.error, 0.0)
    return rows_needed(error, noise, margin, rows, alpha=settings.alpha, power=settings.power)


def word_of(gain: Gain | None, margin: float | None, support: int, basis: Basis) -> Word:
    """Return what a comparison means; a base known by its numbers alone can show a loss, and never that there is none."""
    if gain is None:
        return "identical" if basis == "identical" else unseen(basis, is_limited=margin is not None)
    if margin is None:
        return "no_limit"
    if basis == "apart":
        return "different_test_set"
    word = compared(gain, margin, support)
    return word if basis == "paired" or word in {"regressed", "unpowered"} else "undecided"


def unseen(basis: Basis, *, is_limited: bool) -> Word:
    """Return what a metric means that the base has no value of: where there is a base, a limit on a drop cannot pass."""
    if basis == "none":
        return "no_base"
    if not is_limited:
        return "no_limit"
    return "different_test_set" if basis == "apart" else "undecided"


def span(estimate: Estimate, alpha: float) -> Span:
    """Return a value with its interval."""
    low, high = estimate.interval(alpha)
    return Span(value=estimate.value, low=low, high=high)


def floors(measured: Measured, settings: EvaluateSection) -> list[Floor]:
    """Judge `min` and `max` by the one-sided bounds at alpha: kept when the worse one keeps it, broken when the better one breaks it."""
    limits = settings.limits().get(measured.name, Limits())
    value = span(measured.candidate, settings.alpha)
    found = []
    if limits.min is not None:
        word = _absolute(measured.support, value.low >= limits.min, value.high < limits.min, "below_min")
        found.append(Floor(key=f"evaluate.{measured.name}.min", side="min", bound=limits.min, word=word))
    if limits.max is not None:
        word = _absolute(measured.support, value.high <= limits.max, value.low > limits.max, "above_max")
        found.append(Floor(key=f"evaluate.{measured.name}.max", side="max", bound=limits.max, word=word))
    return found


def _absolute(support: int, kept: bool, broken: bool, break_word: Absolute) -> Absolute:
    if support < FEWEST_ROWS:
        return "unpowered"
    if kept:
        return "within_limit"
    return break_word if broken else "undecided"
