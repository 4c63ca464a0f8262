"""Test rows with the answers that the float model gave when it was trained: what every candidate has to reproduce."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from mlops_actions.bundle import Bundle, Feature, ModelConfig
from mlops_actions.errors import DataError

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
NO_CLASS = -1


@dataclass(frozen=True)
class Sample:
    """Rows and answers.

    Attributes:
        rows: [N] features in the model's order as they travel: Float32 with NaN, String with "" for what is missing.
        labels: [N] class codes, -1 for a class that training never saw; or values.
        predicted: [N] the same of the float model.
        scores: [N, K] its scores, [N, 1] its values for a regression, or None where it gave no scores.
        of_rows: how many test rows there are.
    """

    rows: pl.DataFrame
    labels: Codes | Floats
    predicted: Codes | Floats
    scores: Floats | None
    of_rows: int


def read_sample(bundle: Bundle, config: ModelConfig, most: int) -> Sample:
    """Read the test rows, or `most` of them drawn with the model's seed.

    Raises:
        DataError: files are missing, unreadable, of different length, or lack a feature.
    """
    frame, rows = _read(bundle, "predictions/test.parquet"), _read(bundle, "test_rows.parquet")
    if frame.height != rows.height or not frame.height:
        raise DataError(
            f"The bundle {bundle.path} has {frame.height} predictions for {rows.height} test rows.", fix="train again."
        )
    missing = [feature.name for feature in config.features if feature.name not in rows.columns]
    if missing:
        raise DataError(
            f"test_rows.parquet of {bundle.path} lacks {', '.join(map(repr, missing))[:300]}.", fix="train again."
        )
    order = np.random.default_rng(config.seed).permutation(frame.height)[:most]
    chosen = np.sort(order).tolist()
    labels, predicted, scores = _answers(frame[chosen], config)
    return Sample(as_travelling(rows[chosen], config.features), labels, predicted, scores, frame.height)


def _read(bundle: Bundle, name: str) -> pl.DataFrame:
    path = bundle.path / name
    try:
        return pl.read_parquet(path.read_bytes())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"{path} cannot be read: {(str(error) or type(error).__name__).splitlines()[0]}.",
            why="train was stopped, or the artifact is incomplete.",
            fix="train again.",
        ) from None


def _answers(frame: pl.DataFrame, config: ModelConfig) -> tuple[Codes | Floats, Codes | Floats, Floats | None]:
    if config.task == "regression":
        labels, predicted = (frame[name].cast(pl.Float64).to_numpy() for name in ("label", "prediction"))
        return labels, predicted, predicted[:, None]
    codes = {name: code for code, name in enumerate(config.classes)}
    labels, predicted = (
        frame[name].cast(pl.String).replace_strict(codes, default=NO_CLASS, return_dtype=pl.Int64).to_numpy()
        for name in ("label", "prediction")
    )
    columns = [f"score_{name}" for name in config.classes]
    scored = set(columns) <= set(frame.columns)
    return labels, predicted, np.column_stack([frame[name].to_numpy() for name in columns]) if scored else None


def as_travelling(rows: pl.DataFrame, features: list[Feature]) -> pl.DataFrame:
    """Return the features in order: numbers as Float32 (missing: NaN), everything else as text (missing: "")."""
    return rows.select(
        pl.col(feature.name).cast(pl.Float32).fill_null(float("nan"))
        if feature.dtype == "float"
        else pl.col(feature.name).cast(pl.String).fill_null("")
        for feature in features
    )


def matrix(rows: pl.DataFrame) -> npt.NDArray[np.float32]:
    """Return numeric features as one contiguous [N, F] array."""
    return np.ascontiguousarray(rows.to_numpy(), dtype=np.float32)


def columns(rows: pl.DataFrame) -> dict[str, npt.NDArray[np.generic]]:
    """Return each feature as an [N, 1] array under the names f0, f1, …: names of features may hold anything."""
    arrays = (
        series.to_numpy() if series.dtype.is_numeric() else np.array(series.to_list(), dtype=object) for series in rows
    )
    return {f"f{number}": array.reshape(-1, 1) for number, array in enumerate(arrays)}
