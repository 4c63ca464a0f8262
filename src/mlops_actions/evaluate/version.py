"""Version of what computes the numbers; it stands with the record's type, where `plan` reads it without this stage's libraries."""

from mlops_actions.report.evaluation import EVALUATOR

__all__ = ["EVALUATOR"]
