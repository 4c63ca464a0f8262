"""A base whose rows are not at hand, or are other ones: two values apart, and the interval of their difference."""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from mlops_actions.errors import DataError
from mlops_actions.evaluate.measure import Measured, measure_one, obstacle
from mlops_actions.evaluate.metrics import METRICS
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.report.evaluation import Evaluation, Span
from mlops_actions.report.gate import GateRecord
from mlops_actions.report.part import first_problem
from mlops_actions.statistics.change import Student
from mlops_actions.statistics.estimate import Estimate
from mlops_actions.statistics.normal import Interval, z

METHOD = "difference of two separate estimates"


@dataclass(frozen=True)
class Recorded:
    """An estimate of which one interval is known; other levels follow from its width, as if it were normal.

    Attributes:
        span: value and interval.
        alpha: error on each side of it.
    """

    span: Span
    alpha: float

    @property
    def value(self) -> float:
        """The value seen."""
        return self.span.value

    def interval(self, alpha: float) -> Interval:
        """Return both sides of the interval, stretched to another level."""
        factor = z(alpha) / z(self.alpha)
        return Interval(
            self.value - factor * (self.value - self.span.low), self.value + factor * (self.span.high - self.value)
        )


def read_record(path: Path) -> Evaluation | None:
    """Read what was found of the base when it was judged: a gate record, or an evaluation alone.

    Returns:
        the evaluation; None where the record holds none, as of a commit that changed nothing.

    Raises:
        DataError: missing, or not of this version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "outcome" in content:
            return GateRecord.model_validate(content).evaluation
        return Evaluation.model_validate(content)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", fix="check --record.") from None
    except ValueError as error:  # JSON, UTF-8 and pydantic say so alike
        what = first_problem(error) if isinstance(error, ValidationError) else "it is no JSON"
        raise DataError(
            f"{path} is no record of a gate of this version: {what}.",
            why="it was written by another version of mlops-actions, or is another file.",
            fix="train the base, or leave --record out.",
        ) from None


def beside_record(measured: list[Measured], record: Evaluation) -> list[Measured]:
    """Put the recorded values of the base beside the candidate's."""
    bases = {one.metric: Recorded(one.candidate, record.alpha) for one in record.comparisons}
    return [_beside(one, bases[one.name], record.alpha) if one.name in bases else one for one in measured]


def beside_apart(measured: list[Measured], base: Pair, alpha: float) -> list[Measured]:
    """Put the base's values on its own test rows beside the candidate's."""
    known = [name for name in METRICS if not obstacle(name, base.candidate, None)]
    bases = {name: measure_one(name, base.candidate, None).candidate for name in known}
    return [_beside(one, bases[one.name], alpha) if one.name in bases else one for one in measured]


def _beside(measured: Measured, base: Estimate, alpha: float) -> Measured:
    """Take both estimates as independent: on the same rows they rise and fall together, and the interval is too wide then."""
    error = math.hypot(*(_error(estimate, alpha) for estimate in (measured.candidate, base)))
    change = Student(value=measured.candidate.value - base.value, error=error, method=METHOD)
    return replace(measured, base=base, change=change)


def _error(estimate: Estimate, alpha: float) -> float:
    low, high = estimate.interval(alpha)
    return (high - low) / (2 * z(alpha))
