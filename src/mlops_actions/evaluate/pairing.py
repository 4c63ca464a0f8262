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
class Order:
    """The test rows in order of id.

    Attributes:
        given: [N] ids as the labels have them.
        ids: [N] the same, in order.
        places: [N] where each of `ids` is in `given`.
    """

    given: pl.Series
    ids: pl.Series
    places: pl.Series

    @staticmethod
    def by(ids: pl.Series) -> "Order":
        """Put ids in order."""
        places = ids.arg_sort()
        return Order(ids, ids.gather(places), places)

    def of(self, source: Source) -> Source | None:
        """Return the source with its rows in this order; None where it has other ids."""
        # Files of one split have one order. Where they have not, joining text takes less than half of the time that sorting it takes.
        if source.frame["id"].equals(self.given):
            return self._gathered(source, self.places)
        if source.frame.height != len(self.ids):
            return None
        own = pl.DataFrame({"id": source.frame["id"]}).with_row_index("place")
        places = self.ids.to_frame("id").join(own, on="id", how="left", maintain_order="left", validate="1:1")["place"]
        return None if places.null_count() else self._gathered(source, places)

    def _gathered(self, source: Source, places: pl.Series) -> Source:
        return replace(source, frame=source.frame.with_columns(self.ids.alias("id"), pl.exclude("id").gather(places)))

    def aligned(self, source: Source) -> Source:
        """Return the source with its rows in this order.

        Raises:
            DataError: it lacks some of the ids, or has others.
        """
        found = self.of(source)
        if found:
            return found
        own = source.frame["id"]
        missing = self.ids.filter(~self.ids.is_in(own.implode()))
        extra = own.filter(~own.is_in(self.ids.implode()))
        complaint = (
            f"lacks {len(missing)} of the {len(self.ids)} labelled ids: {shown(missing)}"
            if len(missing)
            else f"has {len(extra)} ids that are not labelled: {shown(extra)}"
        )
        raise DataError(
            f"{source.path} {complaint}.",
            why="it was made on another test set.",
            fix="predict the same rows with both models.",
        )


@dataclass(frozen=True)
class Matched:
    """What can be compared with what.

    Attributes:
        pair: the candidate, and the base where it was tested on the same rows.
        apart: the base on its own test rows, where they are other ones: never paired.
        task: which kind of model.
        test_set: sha256 over ids and labels of the candidate's test rows, in order of id.
        order: of the candidate's test rows.
    """

    pair: Pair
    apart: Pair | None
    task: Task
    test_set: str
    order: Order


def match(sources: Sources, named_task: Task | None) -> Matched:
    """Align everything with the labels and turn it into arrays.

    A base that brings another test set is kept apart: it is measured, and never paired.

    Args:
        sources: what was opened.
        named_task: what mlops.yaml says; else a bundle says it, else the values do.

    Raises:
        DataError: missing or extra ids, other labels in a plain base, missing or not finite values, columns lacking.
    """
    order = Order.by(_labelled(sources.answers).frame["id"])
    answers = order.aligned(sources.answers)
    candidate = order.aligned(sources.candidate) if sources.labels else answers
    base = _same_rows(sources.base, answers, order) if sources.base else None
    task = task_of(answers, [source for source in (sources.candidate, sources.base) if source], named_task)
    rows = rows_of(answers, [candidate, *([base] if base else [])], task)
    pair = Pair(rows[0], rows[1] if base else None, order.ids, pl.DataFrame())
    apart = _alone(sources.base, task) if sources.base and not base else None
    return Matched(pair, apart, task, digest(answers), order)


def _alone(source: Source, task: Task) -> Pair:
    order = Order.by(_labelled(source).frame["id"])
    own = order.aligned(source)
    return Pair(rows_of(own, [own], task)[0], None, order.ids, pl.DataFrame())


def _labelled(source: Source) -> Source:
    """Return the source, once every row has its label.

    Raises:
        DataError: labels are missing.
    """
    if "label" in source.frame.columns:
        missing = as_text(source.frame["label"]).null_count()
        if missing:
            raise DataError(f"{missing} rows of {source.path} have no label.", fix="leave rows without a label out.")
    return source


def _same_rows(base: Source, answers: Source, order: Order) -> Source | None:
    """Return the base in order; None where it is a bundle that was tested on other rows or labels.

    Raises:
        DataError: a plain file has other ids or labels.
    """
    if base.config is None:
        found = order.aligned(base)
        differ = _differing_labels(found, answers)
        if len(differ):
            raise DataError(
                f"{len(differ)} rows have another label in the base, such as id {shown(differ)}.",
                why="the labels were corrected since the base was made, so this is another test set.",
                fix="predict with the base again on the same data.",
            )
        return found
    in_order = order.of(_labelled(base))
    return in_order if in_order and not len(_differing_labels(in_order, answers)) else None


def _differing_labels(base: Source, answers: Source) -> pl.Series:
    """Return the ids whose label is another one in the base, which may have none."""
    names = [name for name in label_columns(answers) if name in base.frame.columns]
    differ = [_written(base.frame[name]).ne_missing(_written(answers.frame[name])) for name in names]
    ids = base.frame["id"]
    return ids.filter(pl.DataFrame(differ).select(pl.any_horizontal(pl.all())).to_series()) if differ else ids.clear()


def label_columns(answers: Source) -> list[str]:
    """Return the columns of the answers: label, or those of several labels by name."""
    return ["label"] if "label" in answers.frame.columns else [LABEL + name for name in sorted(answers.named(LABEL))]


def digest(answers: Source) -> str:
    """Return the sha256 over ids and labels of a source that is in order of id: which test set this is.

    Each value is written as its length, a colon, itself and a comma (a netstring), so no two test sets read alike.
    """
    labels = label_columns(answers)
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
