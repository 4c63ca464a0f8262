"""Judge a release on trial by its live metrics; act on nothing."""

from mlops_actions.check_metrics.stage import run, run_replay

__all__ = ["run", "run_replay"]
