"""What tests ask of a report of evaluate."""

from mlops_actions.report import Report
from mlops_actions.report.evaluation import Comparison, Evaluation, Slice


def evaluation(report: Report) -> Evaluation:
    """Return the typed part."""
    assert report.evaluation is not None
    return report.evaluation


def comparison(report: Report, metric: str) -> Comparison:
    """Return one metric's comparison."""
    return next(one for one in evaluation(report).comparisons if one.metric == metric)


def slice_of(report: Report, name: str) -> Slice:
    """Return one slice, of the first metric that is judged on it."""
    return next(one for one in evaluation(report).slices if one.name == name)
