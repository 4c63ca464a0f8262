"""A difference of two models with all that can be asked of it: interval at any level, one-sided p-values, what each row adds."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtr, stdtrit

from mlops_actions.statistics.normal import Interval, z

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
SMALLEST = 1e-300
HALVINGS = 100
LEAST_SCALE = 0.5


@dataclass(frozen=True, kw_only=True)
class Change(ABC):
    """Candidate minus base on the same rows, in the metric's own unit and direction.

    Attributes:
        value: the difference seen.
        error: its standard error.
        method: the test, named in full.
        parts: [N], what each row adds: they sum to 0, and their squares to about `error` squared (of independent rows).
            Parts of two changes over the same rows may be correlated. None where there is nothing of the kind.
    """

    value: float
    error: float
    method: str
    parts: Floats | None = None

    @abstractmethod
    def interval(self, alpha: float) -> Interval:
        """Return the two-sided interval that leaves out `alpha` (0 to 0.5, however small) on each side."""

    @abstractmethod
    def p_above(self) -> float:
        """Return the one-sided p-value against "not above 0": at most alpha where `interval(alpha).low` is above 0.

        Both say the same of every alpha but the one where the interval ends at 0 exactly.
        """

    @abstractmethod
    def p_below(self) -> float:
        """Return the one-sided p-value against "not below 0", the mirror of `p_above`."""

    def widened(self, extra: float, freedom: float = math.inf) -> "Change":
        """Return the change with a second, independent source of error: the noise of training.

        Args:
            extra: its standard error, in the unit of the metric.
            freedom: degrees of freedom that `extra` was estimated with (k seeds: k - 1).
        """
        return Widened(
            value=self.value,
            error=math.hypot(self.error, extra),
            method=f"{self.method}, training noise added",
            parts=self.parts,
            inner=self,
            extra=extra,
            freedom=freedom,
        )


@dataclass(frozen=True, kw_only=True)
class Student(Change):
    """A change that is about a sum of terms: Student's t, corrected for the skewness of that sum.

    Of few rows that differ, most of which lose, the error is underestimated just when few of them are drawn: skewness.
    The interval is ABC, the analytic form of the BCa bootstrap (DiCiccio & Efron 1992, Biometrika 79:231), for a mean.
    Without skewness it is Student's t, and with infinitely many degrees of freedom normal.

    Attributes:
        freedom: degrees of freedom that the error is estimated with.
        skewness: a sixth of the skewness of the sum (BCa's acceleration), in size below 1/6.
    """

    freedom: float = math.inf
    skewness: float = 0.0

    def interval(self, alpha: float) -> Interval:
        """Return value plus and minus corrected quantiles of standard errors."""
        reach = quantile(alpha, self.freedom)
        return Interval(self.value + self._bent(-reach) * self.error, self.value + self._bent(reach) * self.error)

    def p_above(self) -> float:
        """Return the upper tail; without any error, 0, 1/2 or 1 by the sign of the value."""
        if self.error == 0:
            return (1 - float(np.sign(self.value))) / 2
        return tail(-self._unbent(-self.value / self.error), self.freedom)

    def p_below(self) -> float:
        """Return the lower tail, the mirror of `p_above`."""
        if self.error == 0:
            return (1 + float(np.sign(self.value))) / 2
        return tail(self._unbent(-self.value / self.error), self.freedom)

    def _bent(self, score: float) -> float:
        """Correct a quantile: w / (1 - a w)^2 with w = score + a, as far as that rises, and four times w at most."""
        shifted = score + self.skewness
        return shifted / min(max(1 - self.skewness * shifted, LEAST_SCALE), 2.0) ** 2

    def _unbent(self, score: float) -> float:
        """Undo `_bent`: a quadratic equation between the two limits of the scale."""
        turned = 4 * self.skewness * score
        scale = 2 / (1 + math.sqrt(1 + turned)) if turned > -1 else 2.0
        return score * min(max(scale, LEAST_SCALE), 2.0) ** 2 - self.skewness


@dataclass(frozen=True, kw_only=True)
class Widened(Change):
    """A change and independent noise around 0: the distances to the ends of both intervals add up as squares.

    MOVER, the method of variance estimates recovery (Zou & Donner 2008, Statistics in Medicine 27:1693): each part brings
    its own interval, skewed or with few degrees of freedom as it may be. For two normal parts it is the usual sum of variances.
    """

    inner: Change
    extra: float
    freedom: float

    def interval(self, alpha: float) -> Interval:
        """Return the combined interval."""
        inner, reach = self.inner.interval(alpha), quantile(alpha, self.freedom) * self.extra
        below, above = max(0.0, self.value - inner.low), max(0.0, inner.high - self.value)
        return Interval(self.value - math.hypot(below, reach), self.value + math.hypot(above, reach))

    def p_above(self) -> float:
        """Return the level at which the interval's lower end is 0, by halving."""
        if self.value <= 0:
            return 1 - self.p_below() if self.value < 0 else 0.5
        return _smallest_alpha(lambda alpha: self.interval(alpha).low > 0)

    def p_below(self) -> float:
        """Return the level at which the interval's upper end is 0, by halving."""
        if self.value >= 0:
            return 1 - self.p_above() if self.value > 0 else 0.5
        return _smallest_alpha(lambda alpha: self.interval(alpha).high < 0)


def quantile(alpha: float, freedom: float) -> float:
    """Return the value that Student's t exceeds with probability `alpha`; infinite degrees of freedom are normal."""
    return z(alpha) if math.isinf(freedom) else -float(stdtrit(freedom, alpha))


def tail(statistic: float, freedom: float) -> float:
    """Return the probability that Student's t exceeds `statistic`."""
    return float(ndtr(-statistic) if math.isinf(freedom) else stdtr(freedom, -statistic))


def linear(value: float, parts: Floats, method: str, groups: Codes | None = None, least: float = 0.0) -> Student:
    """Return the change of something that is about a sum of what rows add: a mean exactly, others by the delta method.

    The error is that of a sum of independent terms, a term being a row, or a group of rows with any dependence inside
    (cluster-robust: Liang & Zeger 1986, Biometrika 73:13), with n/(n-1) and Student's n-1 degrees of freedom for n terms.

    Args:
        value: the change.
        parts: [N], centred.
        method: for people.
        groups: [N] codes, or None.
        least: see `two_more`.
    """
    terms = summed(parts, groups)
    count = len(terms)
    square = count / (count - 1) * moment(terms, 2)
    error = math.sqrt(square + two_more(terms, least))
    return Student(
        value=value, error=error, method=method, parts=parts, freedom=count - 1, skewness=skewness(terms, error)
    )


def skewness(terms: Floats, error: float) -> float:
    """Return a sixth of the skewness of a sum of independent terms with that standard error; 0 without any error."""
    return moment(terms, 3) / (6 * error**3) if error else 0.0


def moment(terms: Floats, power: int) -> float:
    """Return the sum of a small power of N numbers.

    By einsum, since a power by `**` takes fifty times as long, and a product by `@` waits for its threads on a busy machine.
    """
    return float(np.einsum(",".join("i" * power), *[terms] * power))


def two_more(terms: Floats, least: float = 0.0) -> float:
    """Return the variance that two terms more would add, one up and one down, as large as the largest seen or `least`.

    Few rows that differ are a poor witness of how much rows can differ: four of them that agree by chance would claim a
    change 6 % of the time, and none at all would claim to be exactly equal. Bonett & Price 2012 (JEBS 37:479) add one row
    lost and one won to a difference of accuracies; this is the same for rows that weigh differently. It vanishes as 1/n.

    Args:
        terms: what rows or groups add.
        least: what one more is known to weigh where none like it is seen: the heaviest row there can be, or a usual loss.
    """
    return 2 * float(np.abs(terms).max(initial=least)) ** 2


def usual(terms: Floats) -> float:
    """Return the root of the mean square of what rows or groups add; 0 of none."""
    return math.sqrt(moment(terms, 2) / len(terms)) if len(terms) else 0.0


def summed(parts: Floats, groups: Codes | None) -> Floats:
    """Return the sum of each group that has rows, or the parts themselves."""
    if groups is None:
        return parts
    return np.asarray(np.bincount(groups, parts)[np.bincount(groups) > 0], dtype=np.float64)


def _smallest_alpha(holds: Callable[[float], bool]) -> float:
    """Return the smallest alpha up to a half for which something monotone holds, by halving its logarithm."""
    low, high = math.log(SMALLEST), math.log(0.5)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if holds(math.exp(middle)) else (middle, high)
    return math.exp(high)
