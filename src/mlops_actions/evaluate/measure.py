"""Which metrics can be had from these rows, and their values."""

from dataclasses import dataclass

from mlops_actions.config.models import EvaluateSection
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.metrics import METRICS, Change, Estimate, Metric, title
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import ClassRows, Rows


@dataclass(frozen=True)
class Measured:
    """One metric of the candidate, and of the base where there is one.

    Attributes:
        name: key under `evaluate` in mlops.yaml.
        title: name for people.
        change: candidate minus base, in the metric's own unit and direction.
        support: rows that a claim rests on.
    """

    name: str
    title: str
    metric: Metric
    candidate: Estimate
    base: Estimate | None
    change: Change | None
    support: int
    rows: int


def measure(pair: Pair, settings: EvaluateSection) -> list[Measured]:
    """Measure what mlops.yaml names first, then what else these rows allow.

    Raises:
        ConfigError: a named metric does not apply to this kind of model.
        DataError: a named metric needs scores or rows that are not there.
    """
    named = settings.limits()
    for name in named:
        _require(name, pair)
    others = [name for name in METRICS if name not in named and not _obstacle(name, pair)]
    return [_measure(name, pair, settings.alpha) for name in [*named, *others]]


def _require(name: str, pair: Pair) -> None:
    metric = METRICS[name]
    if metric.task != _task(pair.candidate):
        fitting = [other for other, candidate in METRICS.items() if candidate.task == _task(pair.candidate)]
        raise ConfigError(
            f"evaluate.{name} is a metric of {metric.task}, and this is a {_task(pair.candidate)} model.",
            fix=f"use {', '.join(fitting)}.",
        )
    obstacle = _obstacle(name, pair)
    if obstacle:
        raise DataError(f"evaluate.{name} cannot be computed: {obstacle}.", fix=f"provide it, or remove {name}.")


def _obstacle(name: str, pair: Pair) -> str:
    """Return why a metric cannot be had from these rows, or nothing."""
    metric = METRICS[name]
    if metric.task != _task(pair.candidate):
        return f"it is a metric of {metric.task}"
    for who, rows in (("candidate", pair.candidate), ("base", pair.base)):
        if metric.needs_scores and isinstance(rows, ClassRows) and rows.scores is None:
            return f"the {who} has no scores for each of the classes {', '.join(map(repr, rows.classes))[:200]}"
        if metric.needs_scores and isinstance(rows, ClassRows) and rows.fewest < 2:
            return "a class has fewer than two test rows"
    return "there is one row only" if len(pair.candidate.labels) < 2 else ""


def _task(rows: Rows) -> str:
    return "classification" if isinstance(rows, ClassRows) else "regression"


def _measure(name: str, pair: Pair, alpha: float) -> Measured:
    metric = METRICS[name]
    return Measured(
        name,
        title(name, pair.candidate),
        metric,
        metric.estimate(pair.candidate, alpha),
        metric.estimate(pair.base, alpha) if pair.base else None,
        metric.compare(pair.base, pair.candidate, alpha) if pair.base else None,
        metric.support(pair.candidate),
        len(pair.candidate.labels),
    )
