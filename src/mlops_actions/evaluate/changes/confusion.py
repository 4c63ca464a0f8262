"""What is taken for what: confusion matrices side by side."""

import numpy as np

from mlops_actions.evaluate.changes.short import short
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import ClassRows, Codes
from mlops_actions.report.evaluation import Confusion

MOST_CLASSES = 12
REST = "…"


def confusion(pair: Pair) -> Confusion | None:
    """Count label by prediction for both models; None where rows do not have one class each.

    More than 12 classes: the 11 that either model confuses most with others stay, in their order, and all others are one.
    """
    base, candidate = pair.base, pair.candidate
    if not isinstance(candidate, ClassRows) or not isinstance(base, ClassRows | None):
        return None
    names, places = _kept([rows for rows in (candidate, base) if rows is not None])
    return Confusion(
        classes=names,
        base=None if base is None else _table(base, places, len(names)),
        candidate=_table(candidate, places, len(names)),
    )


def _kept(models: list[ClassRows]) -> tuple[list[str], Codes]:
    """Return the names to show, and the place of each class among them: [K]."""
    classes = models[0].classes
    if len(classes) <= MOST_CLASSES:
        return [short(name) for name in classes], np.arange(len(classes))
    confused = np.sum([_confused(rows) for rows in models], axis=0)
    kept = np.sort(np.argsort(-confused, kind="stable")[: MOST_CLASSES - 1])
    places = np.full(len(classes), len(kept))
    places[kept] = np.arange(len(kept))
    return [*(short(classes[code]) for code in kept), REST], places


def _confused(rows: ClassRows) -> Codes:
    """Count the mistakes that a class has a part in, as label or as prediction: [K], without a table of K by K."""
    wrong, count = ~rows.right, len(rows.classes)
    return np.bincount(rows.labels[wrong], minlength=count) + np.bincount(rows.predicted[wrong], minlength=count)


def _table(rows: ClassRows, places: Codes, count: int) -> list[list[int]]:
    cells = places[rows.labels] * count + places[rows.predicted]
    table: list[list[int]] = np.bincount(cells, minlength=count * count).reshape(count, count).tolist()
    return table
