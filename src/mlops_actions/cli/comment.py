"""Commands that write to GitHub: comment, accept."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_actions.cli.stages import CONFIG

if TYPE_CHECKING:
    from mlops_actions.config import Config
    from mlops_actions.errors import ConfigError, ExitCode
    from mlops_actions.github import Commands, Runner
    from mlops_actions.github.event import Event, PullRequestEvent, PushEvent
    from mlops_actions.github.publish import Place
    from mlops_actions.report import GateRecord

READ_ONLY = (
    "This run's token can only read, since the pull request is a fork's or Dependabot's: nothing is written here. "
    "model-comment.yml takes over when the run has ended."
)


@click.command("comment")
@CONFIG
@click.option(
    "--reports", "reports", metavar="FOLDER", help="Folder of the stages' reports. Default: .mlops/<model>/reports."
)
@click.option("--plan", "plan", metavar="FILE", help="What `mlops plan` wrote. Default: .mlops/<model>/plan.json.")
@click.option(
    "--needs",
    "needs",
    default="",
    metavar="JSON",
    help="Results of the jobs before this one: toJSON(needs). Without it, the reports alone count.",
)
@click.option("--token", "token", default="", help="Token of the job: checks: write, pull-requests: write.")
@click.option("--run-url", "run_url", default="", metavar="URL", help="Page to link to. Default: this run's.")
def comment(*, config: str, reports: str | None, plan: str | None, needs: str, token: str, run_url: str) -> None:
    """Post what the gate says: the check run on the commit, and the one comment on the pull request.

    Exits 0 once it is posted, whatever it says: the check run is what is red.
    """
    from mlops_actions.cli.edge import guarded
    from mlops_actions.config import load
    from mlops_actions.errors import ConfigError, ExitCode
    from mlops_actions.github.event import read_event

    def body(commands: "Commands", runner: "Runner") -> "ExitCode":
        if not runner.event:
            raise ConfigError(
                "There is no pull request or push to comment on.",
                why="the command was started outside of GitHub Actions.",
                fix="to see it here: mlops report. To post it, run it in a workflow on pull_request or push.",
            )
        event = _judged(read_event(runner))
        try:
            settings = load(Path(config))
        except ConfigError as error:
            if _may_only_read(event, runner):
                raise
            place = _place(runner, event.repository, token, commands)
            told = _named(Path(config), reports, plan)
            _unreadable(place, event, error, config=config, told=told, run_url=run_url or runner.run_url)
            return ExitCode.PASS
        folder = Path(reports) if reports else settings.work / "reports"
        record = _record(
            settings,
            event,
            folder=folder,
            plan=Path(plan) if plan else None,
            needs=needs,
            run_url=run_url or runner.run_url,
        )
        try:
            if _may_only_read(event, runner):
                commands.annotate("notice", READ_ONLY, title="mlops")
            else:
                record = _published(record, event, _place(runner, event.repository, token, commands))
        finally:
            _show(record, folder, runner)
            if record.accepted:
                _keep(folder, record)
        commands.say(f"{record.model}: {record.conclusion}: {record.sentence}")
        return ExitCode.PASS

    guarded(body)


def _judged(event: "Event") -> "PullRequestEvent | PushEvent":
    from mlops_actions.errors import ConfigError
    from mlops_actions.github.event import PullRequestEvent, PushEvent

    if not isinstance(event, PullRequestEvent | PushEvent):
        raise ConfigError(
            "This event is about no commit that was judged.",
            fix="run `mlops comment` on pull_request or push; `mlops verify` is for workflow_run, `mlops accept` for issue_comment.",
        )
    return event


def _record(
    settings: "Config",
    event: "PullRequestEvent | PushEvent",
    *,
    folder: Path,
    plan: Path | None,
    needs: str,
    run_url: str,
) -> "GateRecord":
    from mlops_actions.comment import read_reports, record, results
    from mlops_actions.github.event import PullRequestEvent
    from mlops_actions.report import plan_path, read_plan

    written = plan or plan_path(settings.work)
    found = record(
        settings,
        head=event.head,
        # A plan that was named has to be there; without one, the job that makes it may have failed.
        plan=read_plan(written) if plan or written.is_file() else None,
        reports=read_reports(folder),
        needs=results(needs),
        run_url=run_url,
        pull_request=event.number if isinstance(event, PullRequestEvent) else None,
    )
    branch = event.base_branch if isinstance(event, PullRequestEvent) else ""
    return found.model_copy(update={"base_branch": branch})


def _unreadable(
    place: "Place",
    event: "PullRequestEvent | PushEvent",
    error: "ConfigError",
    *,
    config: str,
    told: list[str],
    run_url: str,
) -> None:
    """Publish that mlops.yaml cannot be read; where nothing says whose it was, the error is all there is."""
    from mlops_actions.errors import ConfigError
    from mlops_actions.github.unreadable import publish_unreadable

    file = Path(config) / "mlops.yaml" if Path(config).is_dir() else Path(config)
    path = Path(os.path.relpath(file)).as_posix()
    records = publish_unreadable(place, event, error, path=path, told=told, run_url=run_url)
    for record in records:
        place.progress(f"{record.model}: {record.conclusion}: {record.sentence}")
    if not records:
        why = f"{error.why} No commit before says which model this file is about, so no check could be posted.".strip()
        raise ConfigError(error.what, why=why, fix=error.fix) from None


def _named(config: Path, reports: str | None, plan: str | None) -> list[str]:
    """Return the models that the jobs before this one have written about."""
    from mlops_actions.comment import read_reports
    from mlops_actions.report import read_plan

    work = (config if config.is_dir() else config.parent) / ".mlops"
    plans = [Path(plan)] if plan else sorted(work.glob("*/plan.json"))
    folders = [Path(reports)] if reports else sorted(work.glob("*/reports"))
    written = [report.model for folder in folders for report in read_reports(folder).values()]
    return [*(read_plan(path).model for path in plans if path.is_file()), *written]


def _may_only_read(event: "PullRequestEvent | PushEvent", runner: "Runner") -> bool:
    from mlops_actions.github.event import DEPENDABOT, PullRequestEvent

    return isinstance(event, PullRequestEvent) and (event.from_fork or runner.actor == DEPENDABOT)


def _published(record: "GateRecord", event: "PullRequestEvent | PushEvent", place: "Place") -> "GateRecord":
    from mlops_actions.github.event import PullRequestEvent
    from mlops_actions.github.publish import publish

    return publish(place, record, before=event.before if isinstance(event, PullRequestEvent) else "")


def _place(runner: "Runner", repository: str, token: str, commands: "Commands") -> "Place":
    from mlops_actions.comment import check
    from mlops_actions.comment import comment as text
    from mlops_actions.github.publish import Place, Views

    views = Views(check, lambda records, marker: text(records, marker=marker))
    return Place(runner.github(token, commands.say), repository, views, commands.say)


def _show(record: "GateRecord", folder: Path, runner: "Runner") -> None:
    """Write what does not depend on GitHub's API: the job summary and the page."""
    from mlops_actions.comment import page, summary
    from mlops_actions.files import write_text
    from mlops_actions.github import append_summary

    write_text(folder / "report.html", page([record]))
    if runner.summary:
        append_summary(runner.summary, summary([record]))


@click.command("accept")
@click.option(
    "--reports",
    "reports",
    default="accepted",
    show_default=True,
    metavar="FOLDER",
    help="Where the accepted records are written, one accepted-<model>.json each.",
)
@click.option("--token", "token", default="", help="Token of the job: checks: write, pull-requests: write.")
def accept(*, reports: str, token: str) -> None:
    """Carry `/mlops accept REASON` out: turn the commit that was looked at green, with name and reason.

    Runs in issue_comment. Exits 0 whether it was accepted or refused; whoever wrote the comment gets the answer there.
    """
    from mlops_actions.cli.edge import guarded
    from mlops_actions.errors import ConfigError, ExitCode
    from mlops_actions.github.accept import accept as carry_out
    from mlops_actions.github.accept import is_command
    from mlops_actions.github.event import IssueCommentEvent, read_event

    def body(commands: "Commands", runner: "Runner") -> "ExitCode":
        event = read_event(runner)
        if not isinstance(event, IssueCommentEvent):
            raise ConfigError(
                f"mlops accept runs on issue_comment, and this is {runner.event}.", fix="use model-comment.yml."
            )
        if not is_command(event):
            commands.say("The comment is no new `/mlops` command on a pull request: nothing to do.")
            return ExitCode.PASS
        answer = carry_out(_place(runner, event.repository, token, commands), event)
        for record in answer.records:
            _keep(Path(reports), record)
            commands.say(f"{record.model} at {record.head[:12]} was accepted by {event.author}.")
        if answer.refused:
            commands.say(f"Not accepted: {answer.refused}")
        return ExitCode.PASS

    guarded(body)


def _keep(folder: Path, record: "GateRecord") -> None:
    from mlops_actions.files import write_text

    write_text(folder / f"accepted-{record.model}.json", record.model_dump_json(indent=2) + "\n")
