"""The area under the ROC curve."""

from mlops_actions.evaluate.metrics.metric import CLASSES, Metric, between_0_and_1, rarest
from mlops_actions.evaluate.rows import ClassRows, LabelRows
from mlops_actions.statistics import delong
from mlops_actions.statistics.change import Change
from mlops_actions.statistics.estimate import Estimate

Answers = ClassRows | LabelRows


def estimate(rows: Answers) -> Estimate:
    """Return the area with DeLong's interval on the logit scale."""
    return between_0_and_1(rows.area.value, rows.area.parts, rows.extent, rarest(rows))


def compare(base: Answers, candidate: Answers) -> Change:
    """Return the change of the area (paired DeLong)."""
    labels = base.labels if isinstance(base, ClassRows) else None
    return delong.changed(base.area, candidate.area, labels, base.extent.groups, base.extent.said())


def _obstacle(rows: Answers) -> str:
    return "a class has fewer than two test rows" if rows.fewest < 2 else ""


def _detail(rows: Answers) -> str:
    if isinstance(rows, LabelRows):
        return "mean over labels"
    return "one-vs-rest, macro" if len(rows.classes) > 2 else ""


METRICS = {
    "roc_auc": Metric(
        "ROC AUC", CLASSES, estimate, compare, rarest, needs_scores=True, obstacle=_obstacle, detail=_detail
    )
}
