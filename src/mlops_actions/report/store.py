"""Reports on disk: `.mlops/<model>/reports/<stage>.json`, written aside and renamed, so no half report exists."""

from pathlib import Path

from pydantic import ValidationError

from mlops_actions.errors import DataError
from mlops_actions.files import write_text
from mlops_actions.report.model import Report


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
    try:
        return Report.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"There is no report at {path}.",
            why="the stage before this one has not run here.",
            fix="run it first, or download its artifact.",
        ) from None
    except (ValidationError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not a report of this version: {str(error).splitlines()[0]}.", fix="run the stage again."
        ) from None
