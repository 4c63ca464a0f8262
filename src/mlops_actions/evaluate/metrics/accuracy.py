"""The share of rows that are right; of several labels, of rows whose labels are all right."""

from mlops_actions.evaluate.metrics.metric import CLASSES, Metric, all_rows, difference, mean
from mlops_actions.evaluate.rows import ClassRows, LabelRows
from mlops_actions.statistics import mcnemar
from mlops_actions.statistics.change import Change, linear
from mlops_actions.statistics.estimate import Estimate, Share

Answers = ClassRows | LabelRows


def estimate(rows: Answers) -> Estimate:
    """Return the share with Wilson's interval; with weights or groups, of as many rows as they are worth.

    The worth is the number of equal, independent rows with the same variance (Korn & Graubard 1998, Survey Methodology
    24:193); where none or all are right it is Kish's, or the number of groups.
    """
    extent = rows.extent
    value, parts = mean(rows.right.astype(float), extent)
    if extent.weights is None and extent.groups is None:
        return Share(value, len(rows.labels))
    if 0 < value < 1:
        return Share(value, value * (1 - value) / linear(value, parts, "", extent.groups).error ** 2)
    if extent.groups is not None or extent.weights is None:
        return Share(value, all_rows(rows))
    return Share(value, float(extent.weights.sum() ** 2 / (extent.weights @ extent.weights)))


def compare(base: Answers, candidate: Answers) -> Change:
    """Return the change: by mid-p McNemar, with weights or groups by the paired t of right and wrong."""
    extent = base.extent
    if extent.weights is None and extent.groups is None:
        return mcnemar.changed(base.right, candidate.right)
    first, second = (mean(rows.right.astype(float), extent) for rows in (base, candidate))
    return difference(first, second, "paired t", extent)


METRICS = {
    "accuracy": Metric(
        "Accuracy",
        CLASSES,
        estimate,
        compare,
        # Every row counts alike here, whatever its class.
        all_rows,
        detail=lambda rows: "all labels right" if isinstance(rows, LabelRows) else "",
    )
}
