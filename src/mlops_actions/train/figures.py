"""Numbers of the contract, from the predictions: point values and histograms; intervals are evaluate's work."""

from typing import Any

import numpy as np
import polars as pl

from mlops_actions.bundle.contract import Contract, Histogram, Interval

BINS = 20
Array = np.ndarray[Any, Any]


def contract(predictions: pl.DataFrame, classes: list[str]) -> Contract:
    """Return what the release is expected to do.

    Args:
        predictions: label, prediction, and score_<class> for each class.
        classes: labels as text; empty for a regression.
    """
    metrics = _of_classes(predictions, classes) if classes else _of_values(predictions)
    scores = (
        predictions.select(f"score_{name}" for name in classes).to_numpy().max(axis=1)
        if classes
        else predictions["prediction"].to_numpy()
    )
    counts = dict(predictions.group_by("prediction").len().iter_rows()) if classes else {}
    return Contract(
        metrics={name: Interval(value=float(value)) for name, value in metrics.items()},
        scores=_histogram(scores, limits=(0.0, 1.0) if classes else None),
        class_counts={name: counts.get(name, 0) for name in classes},
    )


def _histogram(scores: Array, limits: tuple[float, float] | None) -> Histogram:
    counts, edges = np.histogram(np.clip(scores, *limits) if limits else scores, bins=BINS, range=limits)
    return Histogram(edges=edges.tolist(), counts=counts.tolist())


def _of_values(predictions: pl.DataFrame) -> dict[str, float]:
    error = predictions["prediction"].to_numpy() - predictions["label"].to_numpy()
    return {"mae": float(np.abs(error).mean()), "rmse": float(np.sqrt((error**2).mean()))}


def _of_classes(predictions: pl.DataFrame, classes: list[str]) -> dict[str, float]:
    label, prediction = predictions["label"].to_numpy(), predictions["prediction"].to_numpy()
    metrics = {"accuracy": float((label == prediction).mean()), "f1_weighted": _f1_weighted(label, prediction)}
    ranked = {name: auc for name in classes if (auc := _auc(label == name, predictions[f"score_{name}"])) is not None}
    if len(ranked) == len(classes):
        # Binary: the second class. More: one against the rest, each class counting the same (Fawcett 2006, section 8).
        metrics["roc_auc"] = ranked[classes[1]] if len(classes) == 2 else float(np.mean(list(ranked.values())))
    return metrics


def _f1_weighted(label: Array, prediction: Array) -> float:
    """Mean of the classes' F1, each weighted by its rows (van Rijsbergen 1979; `average="weighted"` of scikit-learn)."""
    total = 0.0
    for name, count in zip(*np.unique(label, return_counts=True), strict=True):
        right = ((label == name) & (prediction == name)).sum()
        total += count * 2 * right / (count + (prediction == name).sum())
    return float(total / len(label))


def _auc(positive: Array, scores: pl.Series) -> float | None:
    """Area under the ROC curve as the Mann-Whitney statistic with mid-ranks (Hanley & McNeil 1982); None for one class."""
    n, m = int(positive.sum()), int((~positive).sum())
    if n == 0 or m == 0:
        return None
    ranks = scores.rank("average").to_numpy()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * m))
