"""Bootstrap replicates as a change: intervals by their quantiles, corrected for bias and skewness where asked (BCa).

Efron & Tibshirani 1993, chapters 13 and 14. **Small alphas.** Fifty hypotheses under Holm ask for an alpha of 0.0005, which
thousands of replicates do not resolve. Quantiles are read off while at least TAIL replicates lie beyond them; further
out the last one read off is carried on by the normal tail, in bootstrap standard errors.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from mlops_actions.statistics.change import Change, Student, moment, two_more
from mlops_actions.statistics.normal import Interval

Floats = npt.NDArray[np.float64]
FEWEST = 2_000
MOST = 10_000
TAIL = 20
BUDGET = 10_000_000  # replicates times rows, a tenth of a second
BLOCKS = 5_000


@dataclass(frozen=True, kw_only=True)
class Resampled(Change):
    """A change known by its replicates.

    Attributes:
        replicates: [R] in rising order.
        bias: BCa's z0: 0 where the value is the median of the replicates.
        skewness: BCa's acceleration; with both 0 the interval is that of the plain percentiles.
    """

    replicates: Floats
    bias: float = 0.0
    skewness: float = 0.0

    def interval(self, alpha: float) -> Interval:
        """Return the quantiles of the replicates at the two corrected levels."""
        return Interval(self._quantile(self._level(ndtri(alpha))), self._quantile(self._level(-ndtri(alpha))))

    def p_above(self) -> float:
        """Return the alpha whose lower end is 0."""
        return float(ndtr(self._nominal(self._score(0.0, "right"))))

    def p_below(self) -> float:
        """Return the alpha whose upper end is 0."""
        return float(ndtr(-self._nominal(self._score(0.0, "left"))))

    def _level(self, nominal: float) -> float:
        """Turn a nominal normal score into the score of the replicates' quantile (Efron & Tibshirani 1993, equation 14.10)."""
        shifted = self.bias + nominal
        scale = 1 - self.skewness * shifted
        # Past a scale of 0 the correction has no meaning: everything is on one side.
        return self.bias + shifted / scale if scale > 0 else np.copysign(np.inf, shifted)

    def _nominal(self, score: float) -> float:
        """Undo `_level`."""
        shifted = score - self.bias
        scale = 1 + self.skewness * shifted
        return shifted / scale - self.bias if scale > 0 else np.copysign(np.inf, shifted)

    def _quantile(self, score: float) -> float:
        """Return the quantile at a normal score, carried on beyond the ends that replicates resolve."""
        end = self._end()
        inside = float(np.clip(score, -end, end))
        position = float(ndtr(inside)) * (len(self.replicates) - 1)
        below = int(position)
        pair = self.replicates[below : below + 2]
        read = float(pair[0] + (position - below) * (pair[-1] - pair[0]))
        return read + (score - inside) * self.error if score != inside else read

    def _score(self, value: float, side: str) -> float:
        """Undo `_quantile`: the normal score of the quantile that is `value`; of several, the last (right) or the first."""
        end = self._end()
        for bound, beyond in ((-end, np.less), (end, np.greater)):
            edge = self._quantile(bound)
            if beyond(value, edge):
                return bound + (value - edge) / self.error
        return float(np.clip(ndtri(self._position(value, side) / (len(self.replicates) - 1)), -end, end))

    def _position(self, value: float, side: str) -> float:
        """Return where in the rising replicates a value lies, from 0 to R - 1."""
        # mypy: numpy's own stub wants a literal.
        after = int(np.searchsorted(self.replicates, value, side="right" if side == "right" else "left"))
        if after in (0, len(self.replicates)):
            return float(min(after, len(self.replicates) - 1))
        low, high = self.replicates[after - 1], self.replicates[after]
        return float(after - 1 + (value - low) / (high - low))

    def _end(self) -> float:
        return float(-ndtri(TAIL / len(self.replicates)))


def spread(value: float, replicates: Floats, parts: Floats, method: str, least: float = 0.0) -> Student:
    """Return the change with standard error and skewness of its replicates.

    Quantiles of replicates are no good where few rows differ: what no row shows, no replicate shows. Of 100 rows, 1 won
    and none lost, 95 % of replicates say that nothing is lost.

    Args:
        value: the change seen.
        replicates: [R], in any order.
        parts: [N] what each row adds.
        method: for people.
        least: see `two_more`.
    """
    away = replicates - replicates.mean()
    error = float(np.sqrt(moment(away, 2) / (len(away) - 1) + two_more(parts, least)))
    skewness = moment(away, 3) / len(away) / (6 * error**3) if error else 0.0
    return Student(value=value, error=error, method=method, parts=parts, skewness=skewness)


def bca(
    value: float, replicates: Floats, jackknife: Floats, parts: Floats, *, method: str, least: float = 0.0
) -> Resampled:
    """Return the change with the bias-corrected and accelerated interval (Efron 1987, JASA 82:171).

    The replicates are drawn apart around the value by what two rows more would add.

    Args:
        value: the change seen.
        replicates: [R], not all equal, in any order.
        jackknife: [J] the statistic with each row, or block of rows, left out.
        parts: [N] what each row adds.
        method: for people.
        least: see `two_more`.
    """
    share = float(np.mean(replicates < value) + np.mean(replicates <= value)) / 2
    bound = 1 / len(replicates)
    error = float(replicates.std(ddof=1))
    wider = float(np.sqrt(error**2 + two_more(parts, least)))
    away = jackknife.mean() - jackknife
    return Resampled(
        value=value,
        error=wider,
        method=method,
        parts=parts,
        replicates=value + (np.sort(replicates) - value) * (wider / error),
        bias=float(ndtri(min(max(share, bound), 1 - bound))),
        skewness=moment(away, 3) / (6 * moment(away, 2) ** 1.5),
    )


def resampled_sums(columns: Floats, seed: int) -> Floats:
    """Return bootstrap replicates of the sums of columns: [N, M] to [R, M].

    The same seed and N draw the same rows, so the replicates of two models are paired. More than 5,000 rows are put into 5,000 random
    blocks, and blocks are resampled: independent rows in random blocks are independent blocks (random groups: Wolter
    2007, Introduction to Variance Estimation, chapter 2), at a cost that does not grow with the rows.
    """
    generator = np.random.default_rng(seed)
    sums = blocks(columns, generator)
    size = len(sums)
    replicates = int(np.clip(BUDGET // size, FEWEST, MOST))
    step = max(1, BUDGET // (10 * size))
    pieces = [_counts(generator, size, min(step, replicates - start)) @ sums for start in range(0, replicates, step)]
    return np.concatenate(pieces)


def blocks(columns: Floats, generator: np.random.Generator) -> Floats:
    """Return the sums of at most 5,000 random blocks of rows, of equal size up to one row."""
    rows = len(columns)
    if rows <= BLOCKS:
        return columns
    block = generator.permutation(rows) % BLOCKS
    return np.column_stack([np.bincount(block, column) for column in columns.T])


def _counts(generator: np.random.Generator, size: int, replicates: int) -> Floats:
    """Return how often each of `size` things is drawn in each replicate: [R, size]."""
    drawn = generator.integers(0, size, (replicates, size))
    drawn += np.arange(replicates)[:, None] * size
    return np.bincount(drawn.ravel(), minlength=replicates * size).reshape(replicates, size).astype(np.float64)


def seed_of(*contents: npt.NDArray[np.generic]) -> int:
    """Return a seed that is the sha256 of arrays: the same content gives the same interval on any day."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(np.ascontiguousarray(content).data)
    return int.from_bytes(digest.digest()[:8], "big")
