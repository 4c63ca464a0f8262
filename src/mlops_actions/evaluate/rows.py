"""The rows as arrays: what every metric gets."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class ClassRows:
    """Answers and predictions of one classifier.

    Attributes:
        classes: names, K of them, in order of the codes.
        labels: [N] codes.
        predicted: [N] codes.
        scores: [N, K] finite, or None where the model gives no scores.
    """

    classes: list[str]
    labels: Codes
    predicted: Codes
    scores: Floats | None

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """[N], whether the prediction is the label."""
        return np.equal(self.labels, self.predicted)

    @cached_property
    def fewest(self) -> int:
        """Rows of the rarest class; 0 when a class has none."""
        return int(np.bincount(self.labels, minlength=len(self.classes)).min())


@dataclass(frozen=True)
class NumberRows:
    """Answers and predictions of one regression model: both [N], finite."""

    labels: Floats
    predicted: Floats


Rows = ClassRows | NumberRows
