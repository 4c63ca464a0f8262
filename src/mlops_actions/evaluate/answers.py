"""Turn a table of labels and a table of predictions, row by row the same, into arrays; no value is guessed or left out."""

import math

import numpy as np
import polars as pl

from mlops_actions.errors import DataError
from mlops_actions.evaluate.classes import classes_of, respelled
from mlops_actions.evaluate.rows import ClassRows, Codes, Extent, Flags, Floats, LabelRows, NumberRows, Rows, Task
from mlops_actions.evaluate.sources import LABEL, PREDICTION, SCORE, Source
from mlops_actions.evaluate.text import as_text, coded, in_order, listed, shown

SMALLEST_SHARE = 1e-12  # of the largest weight: a row that weighs less is lost in the rounding of the others


def task_of(answers: Source, sources: list[Source], named: Task | None) -> Task:
    """Return what kind of model this is: what a bundle says, else mlops.yaml (its task, or metrics that it names), else the values.

    Raises:
        DataError: candidate and base are of different kinds.
    """
    tasks: set[Task] = {source.config.task for source in sources if source.config}
    if len(tasks) > 1:
        raise DataError("Candidate and base are models of different tasks.", fix="compare models of one task.")
    if "label" not in answers.frame.columns:
        return "multilabel"
    return tasks.pop() if tasks else named or _task(answers.frame["label"], sources)


def _task(labels: pl.Series, sources: list[Source]) -> Task:
    """Read the task off plain files: numbers with a fraction are a regression, everything else is classes."""
    predictions = [source.frame["prediction"] for source in sources if "prediction" in source.frame.columns]
    return "regression" if any(_has_fraction(values) for values in [labels, *predictions]) else "classification"


def _has_fraction(values: pl.Series) -> bool:
    if not (values.dtype.is_float() or values.dtype.is_decimal()):
        return False
    numbers = values.cast(pl.Float64)
    return bool((numbers != numbers.round()).any())


def rows_of(answers: Source, sources: list[Source], task: Task) -> list[Rows]:
    """Return the rows of each source.

    Args:
        answers: labels, weights and groups, N rows.
        sources: predictions, N rows each, in the same order.
        task: which kind of rows.

    Raises:
        DataError: a column lacks, a value is missing or cannot be used, or all labels are of one class.
    """
    extent = _extent(answers)
    if task == "regression":
        labels = finite(answers, "label")
        return [NumberRows(labels, _numbers(source), extent) for source in sources]
    if task == "multilabel":
        names = answers.named(LABEL)
        flags = np.column_stack([_flags(answers, LABEL + name) for name in names])
        return [_several(source, names, flags, extent) for source in sources]
    return _classified(answers, sources, extent)


def _classified(answers: Source, sources: list[Source], extent: Extent) -> list[Rows]:
    text = as_text(answers.frame["label"], answers.path)
    labels = set(text.unique())
    told = [respelled(source, labels) for source in sources]
    classes = classes_of(text, told)
    codes, found = _codes(text, classes), list[Rows]()
    for source in told:
        # A model scores the classes that it knows; others have no probability.
        scores = _scores(source, classes, set(source.config.classes) if source.config else labels)
        found.append(ClassRows(classes, codes, _predicted(source, classes, scores), scores, extent))
    return found


def _extent(answers: Source) -> Extent:
    weights, groups = None, None
    if "weight" in answers.frame.columns:
        weights = _weights(answers)
    if "group" in answers.frame.columns:
        text = as_text(answers.frame["group"], answers.path)
        _refuse(text.is_null(), answers, "group", "missing")
        groups = coded(text)[1]
    return Extent(weights, groups)


def _weights(answers: Source) -> Floats:
    """Return the weights, the largest of them 1, so that no sum of them overflows."""
    weights = finite(answers, "weight")
    _refuse(pl.Series(weights <= 0), answers, "weight", "zero or less")
    shares = weights / weights.max()
    _refuse(pl.Series(shares < SMALLEST_SHARE), answers, "weight", "less than a trillionth of the largest")
    return np.asarray(shares, dtype=np.float64)


def _predicted(source: Source, classes: list[str], scores: Floats | None) -> Codes:
    if "prediction" in source.frame.columns:
        text = as_text(source.frame["prediction"], source.path)
        _refuse(text.is_null(), source, "prediction")
        return _codes(text, classes)
    if scores is None:
        raise DataError(
            f"{source.path} has neither prediction nor scores for the classes {', '.join(map(repr, classes))[:200]}.",
            fix="write a column prediction, score (probability of the larger of two numbers, or of true), or score_<class> for each class.",
        )
    return np.asarray(scores.argmax(axis=1), dtype=np.int64)


def _scores(source: Source, classes: list[str], needed: set[str]) -> Floats | None:
    if "score" in source.frame.columns:
        return _binary_scores(source, classes)
    scored = set(source.scored())
    if not scored or not needed <= scored:
        return None
    rows = source.frame.height
    return np.column_stack([finite(source, SCORE + name) if name in scored else np.zeros(rows) for name in classes])


def _binary_scores(source: Source, classes: list[str]) -> Floats:
    if len(classes) != 2:
        raise DataError(
            f"{source.path} has one column score, and there are {len(classes)} classes.",
            fix="write score_<class> for each class.",
        )
    if not _larger_is_plain(classes):
        raise DataError(
            f"score in {source.path} does not say which class it is of; the classes are {listed(in_order(set(classes)))}.",
            why="of numbers, and of false and true, it is the larger; of names, either may be meant, and the wrong one turns worse into better.",
            fix=f"write two columns instead, the probability of each class: {' and '.join(SCORE + name[:60] for name in classes)}.",
        )
    larger = _probabilities(source, "score", f"{in_order(set(classes))[1]!r}, the larger class")
    # The larger class is the second in order, also where a bundle orders its classes otherwise.
    columns = [1 - larger, larger] if in_order(set(classes)) == classes else [larger, 1 - larger]
    return np.column_stack(columns)


def _larger_is_plain(classes: list[str]) -> bool:
    """Return whether anybody would name the same of two classes the larger: of two numbers, or of false and true."""
    if [name.lower() for name in in_order(set(classes))] == ["false", "true"]:
        return True
    try:
        return all(math.isfinite(float(name)) for name in classes)
    except ValueError:
        return False


def _probabilities(source: Source, column: str, of: str) -> Floats:
    scores = finite(source, column)
    if scores.min() < 0 or scores.max() > 1:
        raise DataError(
            f"{column} in {source.path} is no probability: it goes from {scores.min():.4g} to {scores.max():.4g}.",
            fix=f"write the probability of {of}.",
        )
    return scores


def _several(source: Source, names: list[str], labels: Flags, extent: Extent) -> LabelRows:
    """Read prediction_<name> and score_<name>; without predictions a score of a half or more is a yes."""
    missing = [name for name in names if SCORE + name not in source.frame.columns]
    scores = None if missing else np.column_stack([_probabilities(source, SCORE + name, repr(name)) for name in names])
    if all(PREDICTION + name in source.frame.columns for name in names):
        predicted = np.column_stack([_flags(source, PREDICTION + name) for name in names])
    elif scores is not None:
        predicted = scores >= 0.5
    else:
        raise DataError(
            f"{source.path} has neither prediction_{missing[0]} nor score_{missing[0]}.",
            why=f"the labels have a column {LABEL}{missing[0]}.",
            fix="write prediction_<name> (0 or 1) or score_<name> (probability) for each label.",
        )
    return LabelRows(names, labels, predicted, scores, extent)


def _flags(source: Source, column: str) -> Flags:
    values = finite(source, column)
    flags = np.asarray(values == 1, dtype=np.bool_)
    _refuse(pl.Series(~flags & (values != 0)), source, column, "neither 0 nor 1")
    return flags


def _numbers(source: Source) -> Floats:
    if "prediction" not in source.frame.columns:
        raise DataError(f"{source.path} has no column prediction.", fix="write the predicted number of each row.")
    return finite(source, "prediction")


def finite(source: Source, column: str) -> Floats:
    """Return a column as float64.

    Raises:
        DataError: it holds no numbers, or a missing, NaN or infinite one.
    """
    values = source.frame[column]
    if not (values.dtype.is_numeric() or values.dtype == pl.Boolean):
        raise DataError(f"{column} in {source.path} is {values.dtype}, not a number.", fix="write it as numbers.")
    numbers = values.cast(pl.Float64)
    _refuse(numbers.is_finite().not_().fill_null(value=True), source, column)
    return numbers.to_numpy()


def _refuse(bad: pl.Series, source: Source, column: str, what: str = "missing, NaN or infinite") -> None:
    if bad.any():
        raise DataError(
            f"{bad.sum()} rows of {source.path} have no usable {column}: {what}, such as id {shown(source.frame['id'].filter(bad))}.",
            why="leaving such rows out would flatter the model.",
            fix="find out why, and write a usable value for every row.",
        )


def _codes(text: pl.Series, classes: list[str]) -> Codes:
    codes = text.replace_strict(classes, range(len(classes)), return_dtype=pl.Int64)
    return codes.to_numpy()
