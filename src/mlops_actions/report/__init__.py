"""What a stage found, as JSON (for machines and later stages) and Markdown (for people)."""

from mlops_actions.report.evaluation import Evaluation
from mlops_actions.report.gate import GateRecord
from mlops_actions.report.model import Finding, Report, Table
from mlops_actions.report.plan import Plan
from mlops_actions.report.store import plan_path, read_plan, read_report, write_plan, write_report

__all__ = [
    "Evaluation",
    "Finding",
    "GateRecord",
    "Plan",
    "Report",
    "Table",
    "plan_path",
    "read_plan",
    "read_report",
    "write_plan",
    "write_report",
]
