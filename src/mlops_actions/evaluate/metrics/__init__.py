"""The metrics. A new one is a line in one of these modules' METRICS, its key in `EvaluateSection` (config/evaluate_section.py)."""

from mlops_actions.evaluate.metrics import accuracy, areas, confusion, losses, regression
from mlops_actions.evaluate.metrics.metric import Metric, task_of

METRICS: dict[str, Metric] = {
    **accuracy.METRICS,
    **confusion.METRICS,
    **areas.METRICS,
    **losses.METRICS,
    **regression.METRICS,
}
__all__ = ["METRICS", "Metric", "task_of"]
