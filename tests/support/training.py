"""Small repositories to train in, and one call that trains."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from mlops_actions import train
from mlops_actions.bundle import Bundle
from mlops_actions.config import load
from mlops_actions.environments import Environments
from mlops_actions.report import Report

FUNCTION = """
class Model:
    classes_ = [False, True]
    def predict_proba(self, rows):
        return [[0.25, 0.75] for _ in range(len(rows))]

def fit(train, parameters, output):
    return Model()
"""


def rows(count: int = 300, seed: int = 0) -> pl.DataFrame:
    """Return rows with a number, a number with gaps, a text with gaps, and what depends on them."""
    random = np.random.default_rng(seed)
    x, gaps = random.normal(size=count), random.normal(size=count)
    town = random.choice(["Bonn", "Köln", "Ulm"], size=count)
    late = x + gaps + (town == "Ulm") + random.normal(scale=0.3, size=count) > 0.3
    frame = pl.DataFrame({"x": x, "gaps": gaps, "town": town, "late": late, "number": np.arange(count)})
    holes = pl.col("number") % 11 == 0
    return frame.with_columns(
        gaps=pl.when(holes).then(None).otherwise("gaps"), town=pl.when(holes).then(None).otherwise("town")
    )


def repository(folder: Path, frame: pl.DataFrame, *, train: dict[str, Any], **data: Any) -> Path:
    """Write a repository with data.parquet and mlops.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(folder / "data.parquet")
    usual = {"path": "data.parquet", "label": "late", "id": "number"}
    (folder / "mlops.yaml").write_text(
        yaml.safe_dump({"model": "toy", "data": {**usual, **data}, "train": train}, allow_unicode=True)
    )
    return folder


def plain_python(folder: Path) -> str:
    """Make a Python with the standard library and nothing else, and return its path: it starts in no time."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return str(folder / "bin" / "python")


def run(
    folder: Path, variables: dict[str, str] | None = None, lines: list[str] | None = None
) -> tuple[Report, Bundle, list[str]]:
    """Train, and return the report, the bundle and the lines of progress (appended to `lines` where given)."""
    config, lines = load(folder), [] if lines is None else lines
    environments = Environments.of_caller({**os.environ, **(variables or {})})
    report = train.run(config, cache=config.work / "cache", environments=environments, progress=lines.append)
    return report, Bundle(config.work / "bundle"), lines
