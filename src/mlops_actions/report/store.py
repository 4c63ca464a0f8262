"""Reports and plans on disk: `.mlops/<model>/reports/<stage>.json` and `.mlops/<model>/plan.json`, written aside and renamed, so no half one exists."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from mlops_actions.errors import DataError
from mlops_actions.files import write_text
from mlops_actions.report.model import Report
from mlops_actions.report.part import Part
from mlops_actions.report.plan import Plan

Read = TypeVar("Read", bound=Part)


def report_path(work: Path, stage: str) -> Path:
    """Return where a stage's report lives."""
    return work / "reports" / f"{stage}.json"


def write_report(work: Path, report: Report) -> Path:
    """Write a report and return its path."""
    path = report_path(work, report.stage)
    write_text(path, report.model_dump_json(indent=2) + "\n")
    return path


def read_report(path: Path) -> Report:
    """Read a report.

    Raises:
        DataError: missing, or not a report of this version.
    """
    return _read(path, Report, "report", "the stage before this one")


def plan_path(work: Path) -> Path:
    """Return where a model's plan lives."""
    return work / "plan.json"


def write_plan(work: Path, plan: Plan) -> Path:
    """Write a plan and return its path."""
    path = plan_path(work)
    write_text(path, plan.model_dump_json(indent=2) + "\n")
    return path


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        DataError: missing, or not a plan of this version.
    """
    return _read(path, Plan, "plan", "plan")


def _read(path: Path, kind: type[Read], name: str, writer: str) -> Read:
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"There is no {name} at {path}.",
            why=f"{writer} has not run here.",
            fix="run it first, or download its artifact.",
        ) from None
    except (ValidationError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not a {name} of this version: {str(error).splitlines()[0]}.", fix=f"run {writer} again."
        ) from None
