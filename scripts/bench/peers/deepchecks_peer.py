"""Peer: Deepchecks' SingleDatasetPerformance of both models, in total and in every slice; it has no intervals."""

import sys
import warnings
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")

import numpy as np  # noqa: E402 (deepchecks warns while it is imported)
import pandas as pd  # noqa: E402
from deepchecks.tabular import Dataset  # noqa: E402
from deepchecks.tabular.checks import SingleDatasetPerformance  # noqa: E402

SCORERS = [
    "accuracy",
    "precision",
    "recall",
    "f1_weighted",
    "f1_macro",
    "roc_auc",
    "neg_log_loss",
    "neg_brier_score",
]


def main(folder: Path) -> None:
    """Compute everything, and show nothing."""
    rows = pd.read_parquet(folder / "labels.parquet")
    for name in ("base", "candidate"):
        rows = rows.merge(pd.read_parquet(folder / f"{name}.parquet").rename(columns={"score": name}), on="id")
    for part in [rows, *(part for _, part in rows.groupby("part"))]:
        for name in ("base", "candidate"):
            performance(part, part[name].to_numpy())


def performance(part: Any, scores: Any) -> None:
    """Run the check on all rows of a part."""
    data = Dataset(part[["label", "part"]], label="label", cat_features=["part"])
    check = SingleDatasetPerformance(scorers=SCORERS, n_samples=None)
    check.run(
        data,
        y_pred=(scores > 0.5).astype(int),
        y_proba=np.column_stack([1 - scores, scores]),
        model_classes=[0, 1],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
