"""Train: rows in, bundle out. The training itself runs in a process of its own (`worker.py`)."""

from mlops_actions.train.stage import run

__all__ = ["run"]
