"""The rows as the model sees them: numbers as float32, text as text; and the label, as classes or as a value."""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from mlops_actions.bundle import Feature
from mlops_actions.data.names import shown
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.train.answers import label_text

MOST_CLASSES = 1000
MOST_INTEGER_CLASSES = (
    50  # a whole number with more different values is taken for a quantity, unless train.task says otherwise
)
EXACT_IN_FLOAT32 = 2**24


def features(train: pl.DataFrame, names: list[str], *, dates: bool) -> list[Feature]:
    """Return the features with the type they travel in.

    Args:
        train: rows of training; whether a feature may be missing is read off them.
        names: columns the model sees, in order.
        dates: whether dates may travel, as text in ISO 8601.

    Raises:
        ConfigError: no column is left, or one is of a kind that no model takes.
    """
    if not names:
        raise ConfigError("No column is left for the model to see.", fix="change data.features or data.exclude.")
    return [Feature(name=name, dtype=_kind(train[name], dates=dates), nullable=_missing(train[name])) for name in names]


def _kind(column: pl.Series, *, dates: bool) -> Literal["float", "string"]:
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        return "float"
    if column.dtype in (pl.String, pl.Categorical, pl.Enum) or (dates and column.dtype.is_temporal()):
        return "string"
    kinds = {True: "a date or time, which no model takes as it is"}
    why = kinds.get(column.dtype.is_temporal(), f"of type {column.dtype}")
    raise ConfigError(
        f"The column {shown(column.name)} cannot be a feature: it is {why}.",
        fix="name it in data.exclude, or derive numbers from it (month, weekday, age in days).",
    )


def _missing(column: pl.Series) -> bool:
    return column.null_count() > 0 or (column.dtype.is_float() and bool(column.is_nan().any()))


def canonical(rows: pl.DataFrame, chosen: list[Feature], *, fill: bool) -> pl.DataFrame:
    """Return the features as they travel: Float32 and String.

    Args:
        rows: rows with at least these columns.
        chosen: the features, in order.
        fill: a missing text becomes "" and a missing number NaN, as models take them; otherwise both become null.
    """
    # Columns are taken as they are named: in an expression, polars reads a name such as ^a.*$ as a pattern.
    return pl.DataFrame([_travelling(rows.get_column(feature.name), feature, fill=fill) for feature in chosen])


def _travelling(column: pl.Series, feature: Feature, *, fill: bool) -> pl.Series:
    if feature.dtype == "float":
        number = column.cast(pl.Float32)
        return number.fill_null(float("nan")) if fill else number.fill_nan(None)
    text = column.cast(pl.String)
    return text.fill_null("") if fill else text


def rounded(train: pl.DataFrame, chosen: list[Feature]) -> list[str]:
    """Return the integer features whose values float32 cannot hold exactly, such as account numbers."""
    integers = [feature.name for feature in chosen if train[feature.name].dtype.is_integer()]
    return [name for name in integers if (train[name].cast(pl.Float64).abs().max() or 0) > EXACT_IN_FLOAT32]  # type: ignore[operator]


def plain(column: pl.Series) -> pl.Series:
    """Return categories as the text they stand for, so that they sort and compare as such."""
    return column.cast(pl.String) if column.dtype in (pl.Categorical, pl.Enum) else column


@dataclass(frozen=True)
class Target:
    """The label.

    Attributes:
        name: its column.
        task: classification or regression; None where the estimator decides.
        classes: labels of training as text, in the order of their values; None where there are too many to be classes.
        numeric: whether it can be a value.
    """

    name: str
    task: Literal["classification", "regression"] | None
    classes: list[str] | None
    numeric: bool

    def indices(self, rows: pl.DataFrame) -> pl.Series:
        """Return the place of each row's label in `classes`, Int64."""
        places = {name: place for place, name in enumerate(self.classes or [])}
        return self.text(rows).replace_strict(places, return_dtype=pl.Int64)

    def text(self, rows: pl.DataFrame) -> pl.Series:
        """Return the labels as text (`answers.label_text`)."""
        column = plain(rows[self.name])
        values = column.unique(maintain_order=True)
        return column.replace_strict(values, [label_text(value) for value in values], return_dtype=pl.String)

    def values(self, rows: pl.DataFrame) -> pl.Series:
        """Return the labels as numbers, Float64."""
        return rows[self.name].cast(pl.Float64)


def target(
    train: pl.DataFrame, name: str, task: Literal["classification", "regression"] | None, *, estimator_decides: bool
) -> Target:
    """Read off the label what kind of answer is asked for.

    Args:
        train: rows of training.
        name: the label's column.
        task: train.task.
        estimator_decides: a scikit-learn estimator knows its task itself.

    Raises:
        ConfigError: the label cannot be what train.task says.
        DataError: the label is of a kind that is no answer.
    """
    column = plain(train[name])
    if column.dtype.is_nested() or column.dtype == pl.Binary:
        raise DataError(
            f"The label {shown(name)} is of type {column.dtype}.", fix="name a column of numbers, text or booleans."
        )
    numeric = column.dtype.is_numeric() or column.dtype == pl.Boolean
    distinct = column.n_unique()
    classes = [label_text(value) for value in column.unique().sort()] if distinct <= MOST_CLASSES else None
    if task is None and not estimator_decides:
        task = "regression" if _is_quantity(column, distinct) else "classification"
    if task == "classification" and classes is None:
        raise ConfigError(
            f"The label {shown(name)} has {distinct} different values, too many to be classes.",
            fix="set train.task: regression, or name another label.",
        )
    if task == "regression" and not numeric:
        raise ConfigError(
            f"The label {shown(name)} is of type {column.dtype}, and train.task is regression.",
            fix="name a label that is a number.",
        )
    return Target(name, task, classes, numeric)


def _is_quantity(column: pl.Series, distinct: int) -> bool:
    if column.dtype.is_float():
        return distinct > MOST_INTEGER_CLASSES or bool((column != column.round()).any())
    return column.dtype.is_numeric() and distinct > MOST_INTEGER_CLASSES
