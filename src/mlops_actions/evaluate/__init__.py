"""Stage 3: limits on the candidate's metrics, and a paired comparison with the base's on the same rows."""

from mlops_actions.evaluate.stage import run

__all__ = ["run"]
