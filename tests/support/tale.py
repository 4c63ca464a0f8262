"""A small repository whose model trains in a second: flights are late when the wind is strong."""

from pathlib import Path

import numpy as np
import polars as pl

from support.builds import CACHE

CONFIG = """
model: tale
data: {path: rows.parquet, label: late, test: "day >= 20", exclude: [known_later, day]}
train: {estimator: sklearn.ensemble.HistGradientBoostingClassifier, parameters: {max_iter: 20}}
evaluate: {roc_auc: {min: 0.5, max_drop_abs: 0.02}}
"""


def write_rows(path: Path) -> None:
    generator = np.random.default_rng(7)
    wind, noise = generator.normal(size=(2, 6000))
    late = wind + noise > 0
    columns = {
        "day": np.arange(6000) % 30,
        "wind": wind,
        "carrier": generator.choice(["AA", "UA"], size=6000),
        "known_later": late * 10.0 + generator.normal(size=6000),
        "late": late,
    }
    pl.DataFrame(columns).write_parquet(path)


def write_repository(root: Path) -> None:
    """Write mlops.yaml and rows; the server's packages come from the tests' own cache."""
    (root / "mlops.yaml").write_text(CONFIG)
    write_rows(root / "rows.parquet")
    CACHE.mkdir(parents=True, exist_ok=True)
    (root / ".mlops").mkdir()
    (root / ".mlops" / ".cache").symlink_to(CACHE)
