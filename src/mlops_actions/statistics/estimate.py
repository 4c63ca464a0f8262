"""A value of one model with an interval at any level."""

import math
from dataclasses import dataclass
from typing import Protocol

from mlops_actions.statistics.change import quantile
from mlops_actions.statistics.normal import Interval
from mlops_actions.statistics.proportion import wilson


class Estimate(Protocol):
    """A value and its two-sided interval; every `Change` is one too."""

    @property
    def value(self) -> float:
        """The value seen."""
        ...

    def interval(self, alpha: float) -> Interval:
        """Return the interval that leaves out `alpha` on each side."""
        ...


@dataclass(frozen=True)
class Share:
    """A share of rows, with Wilson's interval.

    Attributes:
        value: 0 to 1.
        rows: how many rows, or as many independent equal ones as they are worth.
    """

    value: float
    rows: float

    def interval(self, alpha: float) -> Interval:
        """Return Wilson's score interval."""
        return wilson(self.value, self.rows, alpha)


@dataclass(frozen=True)
class Bounded:
    """A value between 0 and 1 with a standard error above 0: its interval, made on the logit scale, stays between them."""

    value: float
    error: float
    freedom: float = math.inf

    def interval(self, alpha: float) -> Interval:
        """Return the interval of the logit, turned back (the delta method)."""
        logit, reach = (
            math.log(self.value / (1 - self.value)),
            quantile(alpha, self.freedom) * self.error / (self.value * (1 - self.value)),
        )
        return Interval(_share(logit - reach), _share(logit + reach))


def _share(logit: float) -> float:
    """Return 1 / (1 + exp(-logit)) without overflow."""
    return (1 + math.tanh(logit / 2)) / 2
