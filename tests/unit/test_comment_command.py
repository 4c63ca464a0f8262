"""`mlops report`: what evaluate left, as files and on the terminal."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mlops_actions.cli.main import mlops
from mlops_actions.report import Finding, Plan, Report, write_plan, write_report
from mlops_actions.verdict import Decision, Verdict
from support import records


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "mlops.yaml").write_text("model: flights\nevaluate: {roc_auc: {max_drop_abs: 0.005}}\n")
    return tmp_path


def report(*arguments: str) -> Result:
    return CliRunner().invoke(mlops, ["report", *arguments])


def evaluated(folder: Path, decision: Decision = Decision.FAIL, **more: Any) -> None:
    verdict = Verdict(decision=decision, reason="regressed", sentence="Worse.")
    finding = Finding(name="roc_auc.max_drop_abs", verdict=verdict, key="evaluate.roc_auc.max_drop_abs")
    given: dict[str, Any] = {"model": "flights", "evaluation": records.worse().evaluation}
    write_report(
        folder / ".mlops" / "flights",
        Report(stage="evaluate", verdict=verdict, findings=[finding], **{**given, **more}),
    )


def test_it_writes_a_page_and_markdown_and_says_the_verdict(folder: Path) -> None:
    evaluated(folder)
    done = report()
    assert done.exit_code == 0, done.output
    assert done.output.startswith("❌ flights: worse\n\nROC AUC fell from 0.6843 to 0.6672")
    reports = folder / ".mlops" / "flights" / "reports"
    assert "Written: .mlops/flights/reports/report.html, .mlops/flights/reports/report.md" in done.output
    assert (reports / "report.html").read_text().startswith("<!doctype html>")
    assert "### ❌ flights: worse" in (reports / "report.md").read_text()
    assert report().exit_code == 0, "its own files are no reports of stages"


def test_files_where_they_are_wanted(folder: Path) -> None:
    evaluated(folder)
    done = report("--html", "out/a.html", "--markdown", "out/b.md")
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a.html", "b.md"]
    assert not (folder / ".mlops" / "flights" / "reports" / "report.html").exists()


def test_without_an_evaluation_it_says_what_to_run(folder: Path) -> None:
    done = report()
    assert done.exit_code == 2
    assert "run `mlops evaluate` first" in done.output


def test_comment_outside_of_a_workflow_says_how_to_see_it_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_EVENT_NAME", raising=False)
    evaluated(folder)
    done = CliRunner().invoke(mlops, ["comment"])
    assert done.exit_code == 2
    assert "to see it here: mlops report" in done.output


def test_a_damaged_report_is_said(folder: Path) -> None:
    evaluated(folder)
    (folder / ".mlops" / "flights" / "reports" / "evaluate.json").write_text('{"stage"')
    done = report()
    assert done.exit_code == 2
    assert "evaluate.json" in done.output


def test_reports_of_another_model_are_refused(folder: Path) -> None:
    evaluated(folder, model="other")
    done = report()
    assert done.exit_code == 2
    assert "about other" in done.output


def test_a_plan_of_something_else_does_not_count(folder: Path) -> None:
    """Here is no commit at all, so a plan cannot be about it."""
    evaluated(folder)
    stale = Plan(model="flights", config="mlops.yaml", head="1" * 40, tested="1" * 40, base="2" * 40, candidate_key="k")
    write_plan(folder / ".mlops" / "flights", stale)
    assert report().exit_code == 0
    assert "2222222" not in (folder / ".mlops" / "flights" / "reports" / "report.md").read_text()


def test_a_file_that_cannot_be_written_is_said(folder: Path) -> None:
    evaluated(folder)
    (folder / "file").write_text("")
    done = report("--html", "file/report.html")
    assert done.exit_code == 3
    assert "cannot be written" in done.output
