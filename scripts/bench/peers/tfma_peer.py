"""Peer: TFMA's metrics of candidate and base and their differences, in total and in every slice, without intervals."""

import sys
from pathlib import Path

import pandas as pd
import tensorflow_model_analysis as tfma
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2

METRICS = ["BinaryAccuracy", "Precision", "Recall", "AUC", "BinaryCrossentropy", "MeanSquaredError"]
CONFIG = f"""
model_specs {{ name: "candidate" prediction_key: "candidate" label_key: "label" }}
model_specs {{ name: "base" prediction_key: "base" label_key: "label" is_baseline: true }}
metrics_specs {{ {" ".join(f'metrics {{ class_name: "{name}" }}' for name in METRICS)} }}
slicing_specs {{}}
slicing_specs {{ feature_keys: ["part"] }}
"""


def main(folder: Path) -> None:
    """Compute everything, and show nothing."""
    rows = pd.read_parquet(folder / "labels.parquet").astype({"part": str})
    for name in ("base", "candidate"):
        rows = rows.merge(pd.read_parquet(folder / f"{name}.parquet").rename(columns={"score": name}), on="id")
    config = text_format.Parse(CONFIG, config_pb2.EvalConfig())
    tfma.analyze_raw_data(rows[["label", "base", "candidate", "part"]], config)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
