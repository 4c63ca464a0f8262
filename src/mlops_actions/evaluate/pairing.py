"""Put labels, candidate and base side by side by id; anything that does not fit is an error, never a smaller comparison.

Everything is put in order of id first, so that no number depends on the order of the files.
"""

import hashlib
from dataclasses import dataclass, replace

import polars as pl

from mlops_actions.errors import DataError
from mlops_actions.evaluate.answers import rows_of, task_of
from mlops_actions.evaluate.rows import ClassRows, LabelRows, Rows, Task
from mlops_actions.evaluate.sources import LABEL, Source, Sources
from mlops_actions.evaluate.text import as_text, shown

HASHED_AT_ONCE = 100_000  # rows


@dataclass(frozen=True)
class Pair:
    """The same rows under two models, in order of id.

    Attributes:
        candidate: answers and predictions.
        base: the same of the base; None where there is none.
        ids: [N] text.
        columns: what else is known of the rows, N rows in the same order: features and columns of slices; maybe none.
    """

    candidate: Rows
    base: Rows | None
    ids: pl.Series
    columns: pl.DataFrame

    def differing(self) -> int:
        """Count the rows on which candidate and base do not answer exactly alike, scores included."""
        first, second = self.candidate, self.base
        if second is None:
            return 0
        differ = first.predicted != second.predicted
        if differ.ndim > 1:
            differ = differ.any(axis=1)
        if isinstance(first, ClassRows | LabelRows) and isinstance(second, ClassRows | LabelRows):
            if first.scores is not None and second.scores is not None:
                differ = differ | (first.scores != second.scores).any(axis=1)
            elif first.scores is not second.scores:
                return len(first.labels)
        return int(differ.sum())


@dataclass(frozen=True)
class Matched:
    """What can be compared with what.

    Attributes:
        pair: the candidate, and the base where it was tested on the same rows.
        apart: the base on its own test rows, where they are other ones: never paired.
        task: which kind of model.
        test_set: sha256 over ids and labels of the candidate's test rows, in order of id.
    """

    pair: Pair
    apart: Pair | None
    task: Task
    test_set: str


def match(sources: Sources, named_task: Task | None) -> Matched:
    """Align everything with the labels and turn it into arrays.

    A base that brings another test set is kept apart: it is measured, and never paired.

    Args:
        sources: what was opened.
        named_task: what mlops.yaml says; else a bundle says it, else the values do.

    Raises:
        DataError: missing or extra ids, other labels in a plain base, missing or not finite values, columns lacking.
    """
    answers = _sorted(_labels(sources.answers))
    given = [sources.candidate, *([sources.base] if sources.base else [])]
    task = task_of(answers, given, named_task)
    candidate, base = aligned(sources.candidate, answers.frame["id"]), sources.base
    test_set = digest(answers)
    other = base if base and _has_other_rows(base, answers, test_set) else None
    beside = [aligned(base, answers.frame["id"])] if base and not other else []
    rows = rows_of(answers, [candidate, *beside], task)
    ids = answers.frame["id"]
    pair = Pair(rows[0], rows[1] if beside else None, ids, pl.DataFrame())
    return Matched(pair, _alone(other, task) if other else None, task, test_set)


def _alone(source: Source, task: Task) -> Pair:
    answers = _sorted(_labels(source))
    rows = rows_of(answers, [aligned(source, answers.frame["id"])], task)
    return Pair(rows[0], None, answers.frame["id"], pl.DataFrame())


def _labels(source: Source) -> Source:
    """Return the source, once every row has its label.

    Raises:
        DataError: labels are missing.
    """
    if "label" in source.frame.columns:
        missing = as_text(source.frame["label"]).null_count()
        if missing:
            raise DataError(f"{missing} rows of {source.path} have no label.", fix="leave rows without a label out.")
    return source


def _sorted(source: Source) -> Source:
    ids = source.frame["id"]
    return source if ids.is_sorted() else replace(source, frame=source.frame.sort("id"))


def _has_other_rows(base: Source, answers: Source, test_set: str) -> bool:
    """Say whether a bundle was tested on other rows or labels.

    Raises:
        DataError: a plain file has other labels.
    """
    if not base.labelled or base.path == answers.path:
        return False
    if base.config:
        return digest(_sorted(_labels(base))) != test_set
    both = answers.frame.select("id", "label").join(base.frame.select("id", base_label="label"), on="id")
    differ = both.filter(as_text(both["label"]) != as_text(both["base_label"]))
    if differ.height:
        raise DataError(
            f"{differ.height} rows have another label in the base, such as id {shown(differ['id'])}.",
            why="the labels were corrected since the base was made, so this is another test set.",
            fix="predict with the base again on the same data.",
        )
    return False


def aligned(source: Source, ids: pl.Series) -> Source:
    """Return the source with its rows in the order of `ids`.

    Raises:
        DataError: it lacks some of them, or has others.
    """
    own = source.frame["id"]
    if own.equals(ids):
        return source
    missing = ids.filter(~ids.is_in(own.implode()))
    extra = own.filter(~own.is_in(ids.implode()))
    complaint = ""
    if len(missing):
        complaint = f"lacks {len(missing)} of the {len(ids)} labelled ids: {shown(missing)}"
    elif len(extra):
        complaint = f"has {len(extra)} ids that are not labelled: {shown(extra)}"
    if complaint:
        raise DataError(
            f"{source.path} {complaint}.",
            why="it was made on another test set.",
            fix="predict the same rows with both models.",
        )
    # Equal sets of unique ids, and `ids` are in order: sorting is aligning.
    return replace(source, frame=source.frame.sort("id"))


def digest(answers: Source) -> str:
    """Return the sha256 over ids and labels of a source that is in order of id: which test set this is.

    Each value is written as its length, a colon, itself and a comma (a netstring), so no two test sets read alike.
    """
    labels = ["label"] if "label" in answers.frame.columns else [LABEL + name for name in sorted(answers.named(LABEL))]
    texts = [answers.frame["id"], *(_written(answers.frame[name]) for name in labels)]
    found = hashlib.sha256(",".join(labels).encode())
    for start in range(0, answers.frame.height, HASHED_AT_ONCE):
        part = pl.DataFrame([text.slice(start, HASHED_AT_ONCE).alias(str(place)) for place, text in enumerate(texts)])
        netstrings = pl.concat_str([pl.format("{}:{},", pl.col(name).str.len_bytes(), name) for name in part.columns])
        found.update(part.select(netstrings.str.join("")).item().encode())
    return "sha256:" + found.hexdigest()


def _written(labels: pl.Series) -> pl.Series:
    # A fraction has one text whether it travelled as float32 or float64.
    return as_text(labels.cast(pl.Float64) if labels.dtype.is_float() else labels)
