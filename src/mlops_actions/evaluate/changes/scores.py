"""The one score of a row that people look at, and what it claims."""

from typing import NamedTuple

import numpy as np

from mlops_actions.evaluate.changes.short import short
from mlops_actions.evaluate.rows import ClassRows, Codes, Flags, Floats, LabelRows, Rows
from mlops_actions.evaluate.text import in_order


class Claims(NamedTuple):
    """Scores, and whether what they claim is so: both [M]; M is N, or N times L where rows have several labels."""

    of: str
    scores: Floats
    right: Flags


def claims(rows: Rows) -> Claims | None:
    """Return the score of the larger of two classes, the winning score of more, or all scores of several labels."""
    if not isinstance(rows, ClassRows | LabelRows) or rows.scores is None:
        return None
    if isinstance(rows, LabelRows):
        return Claims("scores of all labels", rows.scores.ravel(), rows.labels.ravel())
    if len(rows.classes) == 2:
        larger = rows.classes.index(in_order(set(rows.classes))[-1])
        return Claims(f"score of {short(rows.classes[larger])}", rows.scores[:, larger], rows.labels == larger)
    winner = rows.scores.argmax(axis=1)
    return Claims("winning score", rows.scores[np.arange(len(winner)), winner], winner == rows.labels)


def are_probabilities(scores: Floats) -> bool:
    """Whether all scores lie between 0 and 1."""
    return bool(scores.min() >= 0 and scores.max() <= 1)


def equal_bins(scores: Floats, bins: int) -> Codes:
    """Return the bin of each score among `bins` equal ones from 0 to 1; the last holds 1 too."""
    return np.minimum((scores * bins).astype(np.int64), bins - 1)
