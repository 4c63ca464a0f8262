"""Put labels, candidate and base side by side by id; anything that does not fit is an error, never a smaller comparison."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
import polars as pl

from mlops_actions.errors import DataError
from mlops_actions.evaluate.rows import ClassRows, Codes, Floats, NumberRows, Rows, Task
from mlops_actions.evaluate.sources import SCORE, Source, Sources, shown
from mlops_actions.evaluate.text import as_text, in_order


@dataclass(frozen=True)
class Pair:
    """The same rows under two models, in the order of the labels.

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
        if isinstance(first, ClassRows) and isinstance(second, ClassRows):
            if first.scores is not None and second.scores is not None:
                differ = differ | (first.scores != second.scores).any(axis=1)
            elif first.scores is not second.scores:
                return len(first.labels)
        return int(differ.sum())


def pair(sources: Sources, named_task: Task | None) -> Pair:
    """Align everything with the labels and turn it into arrays.

    Args:
        sources: what was opened.
        named_task: what mlops.yaml says; else a bundle says it, else the values do.

    Raises:
        DataError: missing or extra ids, other labels in the base, missing or not finite values, columns lacking.
    """
    labels = _labels(sources)
    given = [sources.candidate, *([sources.base] if sources.base else [])]
    aligned = [_align(source, labels) for source in given]
    tasks = {str(source.config.task) for source in given if source.config}
    if len(tasks) > 1:
        raise DataError("Candidate and base are models of different tasks.", fix="compare models of one task.")
    task = tasks.pop() if tasks else named_task or _task(labels["label"], aligned)
    assert task in get_args(Task)
    rows: list[Rows]
    if task == "regression":
        rows = [_numbers(source, labels["label"]) for source in aligned]
    else:
        classes = _classes(labels["label"], aligned)
        rows = [_classified(source, labels["label"], classes) for source in aligned]
    return Pair(rows[0], rows[1] if sources.base else None, labels["id"], pl.DataFrame())


def _labels(sources: Sources) -> pl.DataFrame:
    source = sources.labels or sources.candidate
    labels = source.frame.select("id", "label")
    missing = as_text(labels["label"]).null_count()
    if missing:
        raise DataError(f"{missing} rows of {source.path} have no label.", fix="leave rows without a label out.")
    base = sources.base
    if base and "label" in base.frame.columns and set(base.frame["id"]) == set(labels["id"]):
        both = labels.join(base.frame.select("id", base_label="label"), on="id", maintain_order="left")
        differ = both.filter(as_text(both["label"]) != as_text(both["base_label"]))
        if differ.height:
            raise DataError(
                f"{differ.height} rows have another label in the base, such as id {shown(differ['id'])}.",
                why="the labels were corrected since the base was trained, so this is another test set.",
                fix="train the base again on the same data.",
            )
    return labels


def _align(source: Source, labels: pl.DataFrame) -> Source:
    """Return the source with its rows in the order of the labels."""
    ids = labels["id"]
    missing = ids.filter(~ids.is_in(source.frame["id"].implode()))
    extra = source.frame["id"].filter(~source.frame["id"].is_in(ids.implode()))
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
    frame = labels.select("id").join(source.frame, on="id", how="left", maintain_order="left")
    return Source(source.path, frame, source.config)


def _task(labels: pl.Series, sources: list[Source]) -> Task:
    """Read the task off plain files: numbers with a fraction are a regression, everything else is classes."""
    predictions = [source.frame["prediction"] for source in sources if "prediction" in source.frame.columns]
    return "regression" if any(_has_fraction(values) for values in [labels, *predictions]) else "classification"


def _has_fraction(values: pl.Series) -> bool:
    return values.dtype.is_float() and bool((values != values.round()).any())


def _classes(labels: pl.Series, sources: list[Source]) -> list[str]:
    """Return all classes: the candidate's own order, then what else the labels and the predictions hold."""
    known = next((list(source.config.classes) for source in sources if source.config), [])
    seen = set(as_text(labels))
    for source in sources:
        seen |= set(source.scored())
        if "prediction" in source.frame.columns:
            seen |= set(as_text(source.frame["prediction"]).drop_nulls())
    if len(seen | set(known)) < 2:
        raise DataError("All labels are of one class.", why="the test rows lost a class.", fix="check the split.")
    return known + in_order(seen - set(known)) if known else in_order(seen)


def _classified(source: Source, labels: pl.Series, classes: list[str]) -> ClassRows:
    scores = _scores(source, classes)
    return ClassRows(classes, _codes(as_text(labels), classes), _predicted(source, classes, scores), scores)


def _predicted(source: Source, classes: list[str], scores: Floats | None) -> Codes:
    if "prediction" in source.frame.columns:
        text = as_text(source.frame["prediction"])
        _refuse(text.is_null(), source, "prediction")
        return _codes(text, classes)
    if scores is None:
        raise DataError(
            f"{source.path} has neither prediction nor scores for the classes {', '.join(map(repr, classes))[:200]}.",
            fix="write a column prediction, score (probability of the larger of two classes), or score_<class> for each class.",
        )
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)


def _scores(source: Source, classes: list[str]) -> Floats | None:
    if "score" in source.frame.columns:
        return _binary_scores(source, classes)
    if not set(classes) <= set(source.scored()):
        return None
    return np.column_stack([_finite(source, SCORE + name) for name in classes])


def _binary_scores(source: Source, classes: list[str]) -> Floats:
    if len(classes) != 2:
        raise DataError(
            f"{source.path} has one column score, and there are {len(classes)} classes.",
            fix="write score_<class> for each class.",
        )
    larger = _finite(source, "score")
    if larger.min() < 0 or larger.max() > 1:
        raise DataError(
            f"score in {source.path} is no probability: it goes from {larger.min():.4g} to {larger.max():.4g}.",
            fix=f"write the probability of {classes[1]!r}, the larger class.",
        )
    # The larger class is the second in order, also where a bundle orders its classes otherwise.
    columns = [1 - larger, larger] if in_order(set(classes)) == classes else [larger, 1 - larger]
    return np.column_stack(columns)


def _numbers(source: Source, labels: pl.Series) -> NumberRows:
    if "prediction" not in source.frame.columns:
        raise DataError(f"{source.path} has no column prediction.", fix="write the predicted number of each row.")
    wanted = Source(source.path, source.frame.with_columns(label=labels), source.config)
    return NumberRows(_finite(wanted, "label"), _finite(wanted, "prediction"))


def _finite(source: Source, column: str) -> Floats:
    values = source.frame[column]
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise DataError(f"{column} in {source.path} is {values.dtype}, not a number.", fix="write it as numbers.")
    numbers = values.cast(pl.Float64)
    _refuse(numbers.is_finite().not_().fill_null(value=True), source, column)
    return numbers.to_numpy()


def _refuse(bad: pl.Series, source: Source, column: str) -> None:
    if bad.any():
        raise DataError(
            f"{bad.sum()} rows of {source.path} have no usable {column}: missing, NaN or infinite, such as id {shown(source.frame['id'].filter(bad))}.",
            why="the model failed on them; leaving them out would flatter it.",
            fix="find out why, and predict every row.",
        )


def _codes(text: pl.Series, classes: list[str]) -> Codes:
    codes = text.replace_strict(classes, range(len(classes)), return_dtype=pl.Int64)
    return codes.to_numpy()
