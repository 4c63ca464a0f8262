"""Small bundles as train writes them, for tests of the stages after it."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.bundle.contract import Contract, Histogram
from mlops_actions.bundle.identity import Dataset, Environment, Feature


def model_config(**changes: Any) -> ModelConfig:
    """Return an identity of a two-class scikit-learn model, with changes."""
    usual: dict[str, Any] = {
        "id": "toy",
        "version": "v1",
        "framework": "sklearn",
        "task": "classification",
        "base_architecture": "sklearn.linear_model.LogisticRegression",
        "classes": ["no", "yes"],
        "features": [Feature(name="x", dtype="float", nullable=False)],
        "label": "label",
        "dataset": Dataset(path="data.parquet", sha256="sha256:0", version="1", train_rows=10, test_rows=10),
        "hyperparameters": {},
        "environment": Environment(python="3.11", packages={}),
        "git_commit": "0" * 40,
        "seed": 0,
        "input_digest": "sha256:1",
    }
    return ModelConfig(**{**usual, **changes})


def predictions(
    ids: list[str], labels: list[Any], classes: list[str], scores: npt.NDArray[np.float64], **columns: Any
) -> pl.DataFrame:
    """Return per-row predictions of a classifier: scores [N, K] in order of `classes`."""
    predicted = [classes[code] for code in scores.argmax(axis=1)]
    named = {f"score_{name}": scores[:, code] for code, name in enumerate(classes)}
    return pl.DataFrame({"id": ids, "label": labels, "prediction": predicted, **named, **columns})


def write_bundle(path: Path, config: ModelConfig, frame: pl.DataFrame, test_rows: pl.DataFrame | None = None) -> Bundle:
    """Write a bundle as train does; files of `model/` that are there already stay."""
    (path / "predictions").mkdir(parents=True, exist_ok=True)
    bundle = Bundle(path)
    frame.write_parquet(bundle.predictions)
    if test_rows is not None:
        test_rows.write_parquet(path / "test_rows.parquet")
    bundle.write_contract(
        Contract(metrics={}, scores=Histogram(edges=[0.0, 1.0], counts=[frame.height]), class_counts={})
    )
    bundle.write_config(config, seal=False)
    return bundle
