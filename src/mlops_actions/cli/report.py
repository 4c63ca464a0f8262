"""The command `report`: what the gate found, as files and on the terminal."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_actions.cli.stages import CONFIG

if TYPE_CHECKING:
    from mlops_actions.config import Config
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner
    from mlops_actions.github.history import History
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
@click.option(
    "--since",
    "since",
    metavar="DAYS",
    help="Instead of that, add up what the gate said of the pull requests of so many days, such as 30d.",
)
@click.option("--repository", "repository", default="", metavar="OWNER/NAME", help="For --since. Default: this run's.")
@click.option("--token", "token", default="", help="For --since: a token with checks: read and pull-requests: read.")
def report(
    *, config: str, html: str | None, markdown: str | None, since: str | None, repository: str, token: str
) -> None:
    """Show what evaluate found: a page, Markdown, and a short text here. It judges nothing, so it exits 0."""
    from mlops_actions.cli.edge import guarded
    from mlops_actions.comment import page, summary
    from mlops_actions.comment.terminal import brief
    from mlops_actions.config import load
    from mlops_actions.errors import ExitCode
    from mlops_actions.files import write_text

    def body(commands: "Commands", runner: "Runner") -> "ExitCode":
        if since:
            return _added_up(since, repository or runner.repository, token, commands, runner)
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


def _added_up(days: str, repository: str, token: str, commands: "Commands", runner: "Runner") -> "ExitCode":
    from mlops_actions.errors import ConfigError, ExitCode
    from mlops_actions.github import append_summary
    from mlops_actions.github.event import REPOSITORY
    from mlops_actions.github.history import since as read

    count = days.removesuffix("d")
    if not count.isdecimal() or not 0 < int(count) <= 3650:
        raise ConfigError(f"--since {days[:20]!r} is no number of days.", fix="write --since 30d.")
    if not REPOSITORY.fullmatch(repository):
        raise ConfigError("--since needs the repository.", fix="write --repository OWNER/NAME.")
    history = read(runner.github(token), repository, int(count), progress=commands.say)
    text = "\n".join([f"Of {history.pulls} pull requests since {history.since[:10]}:", *_lines(history)])
    commands.say(text)
    if runner.summary:
        append_summary(runner.summary, text + "\n")
    return ExitCode.PASS


def _lines(history: "History") -> list[str]:
    """Return a list, in Markdown, of what was said of each model and of which pull requests."""
    from mlops_actions.report.markdown import escape

    lines = [] if history.models else ["- No verdict was found."]
    for model in history.models:
        lines.append(f"- {escape(model.model)}: {model.sentence}")
        named = {
            "would have stopped": model.would_have_stopped,
            "stopped": model.stopped,
            "merged all the same": model.merged_red,
            "accepted": model.accepted,
            "undecided or unverified": model.undecided,
        }
        lines += [f"  - {name}: {', '.join(f'#{one}' for one in pulls)}" for name, pulls in named.items() if pulls]
    return lines
