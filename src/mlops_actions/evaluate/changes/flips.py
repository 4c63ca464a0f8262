"""Which rows changed sides: equal accuracy with many flips is another model."""

import numpy as np

from mlops_actions.evaluate.changes.examples import examples
from mlops_actions.evaluate.changes.short import short
from mlops_actions.evaluate.pairing import Pair
from mlops_actions.evaluate.rows import ClassRows, Codes, Flags, LabelRows, NumberRows
from mlops_actions.evaluate.slices import NamedSlice
from mlops_actions.report.evaluation import FlipCount, Flips

MOST_COUNTS = 20
Classified = ClassRows | LabelRows


def flips(pair: Pair, slices: list[NamedSlice], *, show_rows: bool, features: list[str]) -> Flips | None:
    """Count the rows that went from wrong to right and back.

    Args:
        pair: both models on the same rows.
        slices: parts of the rows.
        show_rows: ids and values of rows may be shown.
        features: columns of `pair.columns` to show of an example, the most telling first.

    Returns:
        counts, or None where there is no base or no right and wrong (regression). A row with several labels is right when
        all of them are; its classes are counted label by label.
    """
    base, candidate = pair.base, pair.candidate
    if base is None or isinstance(base, NumberRows) or isinstance(candidate, NumberRows):
        return None
    won, lost = ~base.right & candidate.right, base.right & ~candidate.right
    return Flips(
        total=FlipCount(name="all rows", rows=len(won), newly_right=_count(won), newly_wrong=_count(lost)),
        wrong_otherwise=_wrong_otherwise(base, candidate),
        by_class=_most_changed(_by_class(base, candidate, won, lost)),
        by_slice=_most_changed(_by_slice(slices, won, lost)),
        examples=examples(pair, lost, show_rows=show_rows, features=features),
        masked=not show_rows,
    )


def _count(rows: Flags) -> int:
    return int(np.count_nonzero(rows))


def _wrong_otherwise(base: Classified, candidate: Classified) -> int:
    differ = base.predicted != candidate.predicted
    return _count(~base.right & ~candidate.right & (differ.any(axis=1) if differ.ndim == 2 else differ))


def _by_class(base: Classified, candidate: Classified, won: Flags, lost: Flags) -> list[FlipCount]:
    if isinstance(candidate, ClassRows):
        counts = [_classes(candidate, candidate.labels[rows]) for rows in (slice(None), won, lost)]
    else:
        before, after = base.predicted == base.labels, candidate.predicted == candidate.labels
        rows = np.full(len(candidate.classes), len(won), dtype=np.int64)
        counts = [rows, (~before & after).sum(axis=0), (before & ~after).sum(axis=0)]
    return [
        FlipCount(name=short(name), rows=rows, newly_right=right, newly_wrong=wrong)
        for name, rows, right, wrong in zip(candidate.classes, *(found.tolist() for found in counts), strict=True)
    ]


def _classes(rows: ClassRows, labels: Codes) -> Codes:
    return np.bincount(labels, minlength=len(rows.classes))


def _by_slice(slices: list[NamedSlice], won: Flags, lost: Flags) -> list[FlipCount]:
    # Few rows flip, so these are counted at their places; only the size of a slice needs all its rows.
    right, wrong = np.flatnonzero(won), np.flatnonzero(lost)
    return [
        FlipCount(
            name=short(one.name),
            rows=_count(one.rows),
            newly_right=_count(one.rows[right]),
            newly_wrong=_count(one.rows[wrong]),
        )
        for one in slices
    ]


def _most_changed(counts: list[FlipCount]) -> list[FlipCount]:
    changed = [count for count in counts if count.newly_right or count.newly_wrong]
    return sorted(changed, key=lambda count: (-count.newly_right - count.newly_wrong, count.name))[:MOST_COUNTS]
