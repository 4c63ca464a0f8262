"""Peer: scikit-learn's metrics of both models, in total and in every slice; with replicates also scipy's paired bootstrap of each change."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import bootstrap
from sklearn import metrics

Array = np.ndarray[Any, Any]
METRICS: dict[str, Callable[[Array, Array], float]] = {
    "accuracy": lambda labels, scores: metrics.accuracy_score(labels, scores > 0.5),
    "precision": lambda labels, scores: metrics.precision_score(labels, scores > 0.5),
    "recall": lambda labels, scores: metrics.recall_score(labels, scores > 0.5),
    "f1_weighted": lambda labels, scores: metrics.f1_score(labels, scores > 0.5, average="weighted"),
    "f1_macro": lambda labels, scores: metrics.f1_score(labels, scores > 0.5, average="macro"),
    "roc_auc": metrics.roc_auc_score,
    "log_loss": metrics.log_loss,
    "brier": metrics.brier_score_loss,
}


def main(folder: Path, replicates: int) -> None:
    """Compute everything, and show nothing."""
    frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in ("labels", "base", "candidate")}
    rows = frames["labels"]
    for name in ("base", "candidate"):
        rows = rows.join(frames[name].rename({"score": name}), on="id")
    for part in [rows, *rows.partition_by("part")]:
        arrays = tuple(part[name].to_numpy() for name in ("label", "base", "candidate"))
        for metric in METRICS.values():
            changed(metric, *arrays)
            if replicates:
                interval(metric, arrays, replicates)


def changed(metric: Callable[[Array, Array], float], labels: Array, base: Array, candidate: Array) -> float:
    """Return candidate minus base."""
    return metric(labels, candidate) - metric(labels, base)


def interval(metric: Callable[[Array, Array], float], arrays: tuple[Array, ...], replicates: int) -> None:
    """Bootstrap the rows, both models on the same ones; percentiles, since BCa's jackknife takes N times as long again."""
    bootstrap(
        arrays,
        lambda *drawn: changed(metric, *drawn),
        paired=True,
        vectorized=False,
        n_resamples=replicates,
        confidence_level=0.9,
        method="percentile",
        rng=np.random.default_rng(0),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
