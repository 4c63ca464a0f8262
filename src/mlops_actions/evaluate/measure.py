"""Which metrics can be had from these rows, and their values."""

from dataclasses import dataclass

import numpy as np

from mlops_actions.config.models import EvaluateSection
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.metrics import METRICS, Metric, task_of
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import NumberRows, Rows, Task
from mlops_actions.statistics.change import Change
from mlops_actions.statistics.estimate import Estimate


@dataclass(frozen=True)
class Measured:
    """One metric of the candidate, and of the base where there is one.

    Attributes:
        name: key under `evaluate` in mlops.yaml.
        title: name for people.
        change: candidate minus base, in the metric's own unit and direction.
        support: rows that a claim rests on (of both models, the fewer).
    """

    name: str
    title: str
    metric: Metric
    candidate: Estimate
    base: Estimate | None
    change: Change | None
    support: int
    rows: int


def task_of_limits(settings: EvaluateSection) -> Task | None:
    """Return the kind of model that the named metrics are of; None where none is named, or some are of either kind."""
    numbers = {"regression" in METRICS[name].tasks for name in settings.limits()}
    if len(numbers) != 1:
        return None
    return "regression" if numbers.pop() else "classification"


def measure(pair: Pair, settings: EvaluateSection) -> list[Measured]:
    """Measure what mlops.yaml names first, then what else these rows allow.

    Raises:
        ConfigError: a named metric does not apply to this kind of model.
        DataError: a named metric needs scores, probabilities or rows that are not there.
    """
    named = settings.limits()
    for name in named:
        require(name, pair.candidate, pair.base)
    others = [name for name in METRICS if name not in named and not obstacle(name, pair.candidate, pair.base)]
    return [measure_one(name, pair.candidate, pair.base) for name in [*named, *others]]


def measure_one(name: str, candidate: Rows, base: Rows | None) -> Measured:
    """Measure one metric, which these rows allow (`obstacle` says so)."""
    metric = METRICS[name]
    return Measured(
        name,
        metric.heading(candidate),
        metric,
        metric.estimate(candidate),
        metric.estimate(base) if base else None,
        metric.compare(base, candidate) if base else None,
        min(metric.support(rows) for rows in (candidate, base) if rows),
        len(candidate.labels),
    )


def obstacle(name: str, candidate: Rows, base: Rows | None) -> str:
    """Return why a metric cannot be had from these rows, or nothing."""
    metric = METRICS[name]
    if task_of(candidate) not in metric.tasks:
        return f"it is a metric of {_listed(metric)}"
    groups = candidate.extent.groups
    if len(candidate.labels) < 2 or (groups is not None and np.ptp(groups) == 0):
        return "there is one row only, or one group of rows"
    for who, rows in (("candidate", candidate), ("base", base)):
        if rows is None:
            continue
        if metric.needs_scores and not isinstance(rows, NumberRows) and rows.scores is None:
            return f"the {who} has no scores for each of the classes {', '.join(map(repr, rows.classes))[:200]}"
        found = metric.obstacle(rows)
        if found:
            return f"{found} (of the {who})"
    return ""


def require(name: str, candidate: Rows, base: Rows | None) -> None:
    """Refuse a metric that cannot be had from these rows; errors are those of `measure`."""
    metric, task = METRICS[name], task_of(candidate)
    if task not in metric.tasks:
        fitting = [other for other, one in METRICS.items() if task in one.tasks]
        raise ConfigError(
            f"evaluate.{name} is a metric of {_listed(metric)}, and this is a {task} model.",
            fix=f"use {', '.join(fitting)}.",
        )
    found = obstacle(name, candidate, base)
    if found:
        raise DataError(f"evaluate.{name} cannot be computed: {found}.", fix=f"provide it, or remove {name}.")


def _listed(metric: Metric) -> str:
    return " and ".join(sorted(metric.tasks))
