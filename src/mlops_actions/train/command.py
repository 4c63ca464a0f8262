"""What a user's command wrote: predictions by id, and perhaps a model of a kind that we know."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from mlops_actions.errors import UserCodeError
from mlops_actions.train.answers import label_text

Matrix = np.ndarray[Any, np.dtype[np.float64]]


def predictions(output: Path, ids: pl.Series, classes: list[str]) -> Matrix:
    """Read `predictions.parquet` or `predictions.csv`.

    Args:
        output: folder that the command wrote to.
        ids: ids of the test rows, in order.
        classes: labels as text; empty for a regression.

    Returns:
        scores [rows, classes] (one-hot where there are only labels), or values [rows, 1]; in the order of `ids`.

    Raises:
        UserCodeError: missing, unreadable, of other rows, or without the columns that are needed.
    """
    table = _by_id(_table(output), ids)
    return _scores(table, classes) if classes else _values(table)


def framework(model: Path) -> Literal["sklearn", "keras", "opaque"]:
    """Return what a command's model folder holds, by the names that our own trainers use."""
    if (model / "model.skops").exists():
        return "sklearn"
    return "keras" if (model / "model.keras").exists() and (model / "float32.tflite").exists() else "opaque"


def _table(output: Path) -> pl.DataFrame:
    for name in ("predictions.parquet", "predictions.csv"):
        path = output / name
        if path.exists():
            try:
                return pl.read_parquet(path) if path.suffix == ".parquet" else _csv(path)
            except (pl.exceptions.PolarsError, OSError) as error:
                raise UserCodeError(f"{name} of train.command cannot be read: {str(error).splitlines()[0]}.") from None
    raise UserCodeError(
        "train.command wrote no predictions.",
        why="it wrote them elsewhere.",
        fix="write $MLOPS_OUTPUT/predictions.parquet (or .csv) with id and prediction, or score_<class> for each class.",
    )


def _csv(path: Path) -> pl.DataFrame:
    # Ids and labels are text even where they look like numbers.
    return pl.read_csv(path, schema_overrides={"id": pl.String}, infer_schema_length=None)


def _by_id(table: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Return the predictions in the order of the test rows."""
    if "id" not in table.columns:
        raise UserCodeError("The predictions of train.command have no column id.", fix="take it from $MLOPS_TEST_DATA.")
    keyed = table.with_columns(pl.col("id").cast(pl.String))
    wanted = ids.to_frame("id")
    missing, strange = wanted.join(keyed, on="id", how="anti").height, keyed.join(wanted, on="id", how="anti").height
    repeated = keyed.height - keyed["id"].n_unique()
    if missing or strange or repeated:
        raise UserCodeError(
            f"The predictions of train.command do not fit the {wanted.height} test rows: {missing} are missing, {strange} are of other rows, {repeated} are repeated.",
            fix="write one row for each id in $MLOPS_TEST_DATA.",
        )
    return wanted.join(keyed, on="id", how="left", maintain_order="left")


def _values(table: pl.DataFrame) -> Matrix:
    if "prediction" not in table.columns or not table["prediction"].dtype.is_numeric():
        raise UserCodeError(
            "The predictions of train.command have no numeric column prediction.", fix="write id and prediction."
        )
    return table["prediction"].cast(pl.Float64).to_numpy().reshape(-1, 1)


def _scores(table: pl.DataFrame, classes: list[str]) -> Matrix:
    names = [f"score_{name}" for name in classes]
    if all(name in table.columns for name in names):
        return table.select(pl.col(names).cast(pl.Float64, strict=False).fill_null(float("nan"))).to_numpy()
    if "score" in table.columns and len(classes) == 2:
        second = table["score"].cast(pl.Float64, strict=False).fill_null(float("nan")).to_numpy()
        return np.column_stack([1 - second, second])
    if "prediction" not in table.columns:
        raise UserCodeError(
            f"The predictions of train.command have neither {', '.join(names)[:300]}, nor prediction.",
            fix="write one of these; scores are probabilities.",
        )
    return _one_hot(table["prediction"], classes)


def _one_hot(labels: pl.Series, classes: list[str]) -> Matrix:
    places = {name: place for place, name in enumerate(classes)}
    texts = [_label(value, places) for value in labels]
    unknown = sorted(set(texts) - set(classes))
    if unknown:
        shown = ", ".join(classes)[:200]
        raise UserCodeError(f"train.command predicts {unknown[0][:100]!r}, which is no label of the data ({shown}).")
    return np.eye(len(classes))[[places[text] for text in texts]]


def _label(value: Any, places: dict[str, int]) -> str:
    """Read a label; CSV writers say True and 1.0 for what is true and 1 here."""
    text = label_text(value)
    if text in places:
        return text
    if text in {"True", "False"}:
        return text.lower()
    try:
        return label_text(float(text))
    except (ValueError, OverflowError):
        return text
