"""Stage 4: a measured search for the fastest serving form that keeps the model's quality."""

from mlops_actions.quantize.stage import run

__all__ = ["run"]
