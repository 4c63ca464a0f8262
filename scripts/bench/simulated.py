"""Pairs of models whose true difference is known: what the error rates of the gate are measured on."""

from dataclasses import dataclass, replace

import numpy as np

from mlops_actions.evaluate.metrics.confusion import Average
from mlops_actions.evaluate.rows import ClassRows, Codes, Confusion, Extent, Floats, NumberRows

ERROR = 0.15  # share of wrong answers of the base


@dataclass(frozen=True)
class Answers:
    """Two classifiers that were trained alike, of which the candidate then loses `worse` of its right answers.

    Attributes:
        rows: of the test set.
        classes: how many.
        rarest: share of the rarest class; the others share the rest.
        disagreement: share of rows that the two answer differently when nothing is lost.
        worse: share of the candidate's right answers that become wrong.
    """

    rows: int
    classes: int
    rarest: float
    disagreement: float
    worse: float = 0.0

    def draw(self, generator: np.random.Generator) -> tuple[ClassRows, ClassRows]:
        """Return base and candidate on fresh rows."""
        labels = generator.choice(self.classes, self.rows, p=self.shares())
        shared = self._answer(generator, labels)
        # Each keeps the shared answer or answers anew, so that they are exchangeable.
        anew = 1 - np.sqrt(1 - min(0.999, self.disagreement / self._apart()))
        first, second = (
            np.where(generator.random(self.rows) < anew, self._answer(generator, labels), shared) for _ in range(2)
        )
        lost = (second == labels) & (generator.random(self.rows) < self.worse)
        second = np.where(lost, self._other(generator, labels), second)
        names = [f"{code:03d}" for code in range(self.classes)]
        return ClassRows(names, labels, first, None), ClassRows(names, labels, second, None)

    def drop(self, average: Average) -> float:
        """Return by how much the candidate is truly worse."""
        wrong = ERROR + (1 - ERROR) * self.worse
        before, after = (float(average.of(self._table(error))) for error in (ERROR, wrong))
        return before - after

    def shares(self) -> Floats:
        """Return the share of each class."""
        return np.array([self.rarest, *[(1 - self.rarest) / (self.classes - 1)] * (self.classes - 1)])

    def _table(self, error: float) -> Confusion:
        shares = self.shares()
        wrong = error / (self.classes - 1)
        return Confusion(shares * (1 - error), shares * (1 - error) + (1 - shares) * wrong, shares)

    def _apart(self) -> float:
        """Return how often two independent answers to the same row differ."""
        return 1 - (1 - ERROR) ** 2 - ERROR**2 / (self.classes - 1)

    def _answer(self, generator: np.random.Generator, labels: Codes) -> Codes:
        return np.where(generator.random(self.rows) < ERROR, self._other(generator, labels), labels)

    def _other(self, generator: np.random.Generator, labels: Codes) -> Codes:
        return (labels + generator.integers(1, self.classes, self.rows)) % self.classes


@dataclass(frozen=True)
class Scores:
    """Two classifiers of two classes whose scores are normal around the label and share most of their noise.

    Attributes:
        rows: of the test set.
        rarest: share of the positive class.
        disagreement: share of rows that the two score differently; the others score exactly alike.
        worse: how much of the distance between the classes the candidate loses on the rows that it scores differently.
        distance: between the classes, in standard deviations: 1.5 is an area of 0.86, 2.33 of 0.95, 3.29 of 0.99, 4.37 of 0.999.
    """

    rows: int
    rarest: float
    disagreement: float = 1.0
    worse: float = 0.0
    distance: float = 1.5

    def larger(self, rows: int) -> "Scores":
        """Return the same models on more rows."""
        return replace(self, rows=rows)

    def draw(self, generator: np.random.Generator) -> tuple[ClassRows, ClassRows]:
        """Return base and candidate on fresh rows; both classes have two rows at least."""
        labels = (generator.random(self.rows) < self.rarest).astype(np.int64)
        labels[:2], labels[2:4] = 0, 1
        centre = self.distance * labels
        shared = generator.normal(size=self.rows) * np.sqrt(0.8)
        own = generator.normal(size=(2, self.rows)) * np.sqrt(0.2)
        differ = generator.random(self.rows) < self.disagreement
        first = centre + shared + own[0]
        second = np.where(differ, (1 - self.worse) * centre + shared + own[1], first)
        return self._model(labels, first), self._model(labels, second)

    def _model(self, labels: Codes, latent: Floats) -> ClassRows:
        odds = self.distance * latent - self.distance**2 / 2 + np.log(self.rarest / (1 - self.rarest))
        share = 1 / (1 + np.exp(-odds))
        return ClassRows(["0", "1"], labels, (share > 0.5).astype(np.int64), np.column_stack([1 - share, share]))


@dataclass(frozen=True)
class Numbers:
    """Two regressions that share most of their residuals.

    Attributes:
        rows: of the test set.
        heavy: residuals from Student's t with 5 degrees of freedom in place of the normal.
        disagreement: share of rows that the two predict differently.
        worse: by how much the candidate's own residuals are larger, as a share.
        groups: rows come in so many groups, which share half of their own residual's variance.
        unequal: standard deviation of the logarithm of a group's size; 0: equal groups.
    """

    rows: int
    heavy: bool = False
    disagreement: float = 1.0
    worse: float = 0.0
    groups: int = 0
    unequal: float = 0.0

    def larger(self, rows: int) -> "Numbers":
        """Return the same models on more rows, in as many more groups."""
        return replace(self, rows=rows, groups=self.groups * rows // self.rows)

    def draw(self, generator: np.random.Generator) -> tuple[NumberRows, NumberRows]:
        """Return base and candidate on fresh rows."""
        labels = 2 * generator.normal(size=self.rows)
        shared, *own = (self._noise(generator, self.rows) for _ in range(3))
        group = None
        if self.groups:
            sizes = np.exp(self.unequal * generator.normal(size=self.groups))
            group = np.searchsorted(np.cumsum(sizes / sizes.sum()), np.arange(self.rows) / self.rows, side="right")
            group = np.minimum(group, self.groups - 1)
            own = [(one + self._noise(generator, self.groups)[group]) / np.sqrt(2) for one in own]
        differ = generator.random(self.rows) < self.disagreement
        first = shared + 0.5 * own[0]
        second = np.where(differ, shared + 0.5 * (1 + self.worse) * own[1], first)
        extent = Extent(groups=group)
        return NumberRows(labels, labels + first, extent), NumberRows(labels, labels + second, extent)

    def _noise(self, generator: np.random.Generator, size: int) -> Floats:
        return generator.standard_t(5, size) * np.sqrt(0.6) if self.heavy else generator.normal(size=size)
