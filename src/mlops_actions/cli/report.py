"""The command `report`: what the gate found, as files and on the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_actions.cli.stages import CONFIG

if TYPE_CHECKING:
    from mlops_actions.config import Config
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner
    from mlops_actions.report import GateRecord


@click.command("report")
@CONFIG
@click.option(
    "--html", "html", metavar="FILE", help="Where to write the page. Default: .mlops/<model>/reports/report.html."
)
@click.option(
    "--markdown",
    "markdown",
    metavar="FILE",
    help="Where to write the same as Markdown. Default: .mlops/<model>/reports/report.md.",
)
def report(*, config: str, html: str | None, markdown: str | None) -> None:
    """Show what evaluate found: a page, Markdown, and a short text here. It judges nothing, so it exits 0."""
    from mlops_actions.cli.edge import guarded
    from mlops_actions.comment import page, summary
    from mlops_actions.comment.terminal import brief
    from mlops_actions.config import load
    from mlops_actions.errors import ExitCode
    from mlops_actions.files import write_text

    def body(commands: "Commands", runner: "Runner") -> "ExitCode":
        settings = load(Path(config))
        records = [local_record(settings, runner.run_url)]
        folder = settings.work / "reports"
        files = {
            Path(html) if html else folder / "report.html": page(records),
            Path(markdown) if markdown else folder / "report.md": summary(records),
        }
        for path, text in files.items():
            write_text(path, text)
        commands.say(brief(records))
        commands.say(f"\nWritten: {', '.join(str(path) for path in files)}")
        return ExitCode.PASS

    guarded(body)


def local_record(settings: "Config", run_url: str) -> "GateRecord":
    """Return the gate's record of what the stages left here; a plan counts if it is about what is checked out."""
    from mlops_actions.comment import read_reports, record
    from mlops_actions.git import revision
    from mlops_actions.report import plan_path, read_plan

    commit = revision(settings.root).commit
    path = plan_path(settings.work)
    plan = read_plan(path) if path.is_file() else None
    return record(
        settings,
        head=commit,
        plan=plan if plan and plan.tested == commit else None,
        reports=read_reports(settings.work / "reports"),
        needs={},
        run_url=run_url,
    )
