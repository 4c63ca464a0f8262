"""The worst rows that the base had right and the candidate has wrong."""

import numpy as np
import polars as pl

from mlops_actions.evaluate.changes.scores import are_probabilities
from mlops_actions.evaluate.changes.short import MOST_VALUE, cell, short
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import ClassRows, Codes, Flags, Floats, LabelRows, NumberRows
from mlops_actions.report.evaluation import Cell, Example

MOST_EXAMPLES = 10
MOST_FEATURES = 6
MASK = "•••"
Classified = ClassRows | LabelRows


def examples(pair: Pair, lost: Flags, *, show_rows: bool, features: list[str]) -> list[Example]:
    """Return up to ten newly wrong rows, those first where the candidate is surest of its wrong answer, then by id.

    Args:
        pair: both models; of classification.
        lost: [N], the newly wrong rows.
        show_rows: false: ids are replaced by numbers and values by a mask; what the models answered is shown.
        features: columns to show.
    """
    base, candidate = pair.base, pair.candidate
    if base is None or isinstance(base, NumberRows) or isinstance(candidate, NumberRows):
        return []
    places = np.flatnonzero(lost)
    sure = _sureness(candidate, places)
    worst = _worst(pair.ids, places, sure)
    known = [name for name in features if name in pair.columns.columns][:MOST_FEATURES]
    told = candidate.scores is not None and are_probabilities(candidate.scores)
    values = pair.columns.select(known)[places[worst]].to_dicts() if known else [{} for _ in worst]
    return [
        Example(
            id=short(pair.ids[int(place)]) if show_rows else f"row {number}",
            label=_answer(candidate, candidate.labels, place),
            base=_answer(base, base.predicted, place),
            candidate=_answer(candidate, candidate.predicted, place),
            confidence=round(float(sure[chosen]), 6) if told else None,
            values=_values(row, show_rows=show_rows),
        )
        for number, (chosen, place, row) in enumerate(zip(worst, places[worst], values, strict=True), start=1)
    ]


def _sureness(rows: Classified, places: Codes) -> Floats:
    """Return how sure the model is of its answers, 0 without scores; of several labels, of the wrong one that it is surest of."""
    if rows.scores is None:
        return np.zeros(len(places))
    scores = rows.scores[places]
    if isinstance(rows, ClassRows):
        return np.asarray(scores[np.arange(len(places)), rows.predicted[places]], dtype=np.float64)
    predicted, labels = rows.predicted[places], rows.labels[places]
    of_answer = np.where(predicted, scores, 1 - scores)
    return np.asarray(np.where(predicted == labels, -np.inf, of_answer).max(axis=1), dtype=np.float64)


def _worst(ids: pl.Series, places: Codes, sure: Floats) -> Codes:
    """Return which of `places` to show, in order."""
    frame = pl.DataFrame({"sure": sure, "id": ids.gather(places)}).with_row_index("chosen")
    return (
        frame.lazy()
        .sort("sure", "id", descending=[True, False])
        .head(MOST_EXAMPLES)
        .collect()["chosen"]
        .cast(pl.Int64)
        .to_numpy()
    )


def _answer(rows: Classified, codes: Codes | Flags, place: int) -> str:
    if isinstance(rows, ClassRows):
        return short(rows.classes[int(codes[place])])
    named = [rows.classes[int(code)] for code in np.flatnonzero(codes[place])]
    return short(", ".join(named)) if named else "no label"


def _values(row: dict[str, object], *, show_rows: bool) -> dict[str, Cell]:
    return {short(name, MOST_VALUE): cell(value) if show_rows else MASK for name, value in row.items()}
