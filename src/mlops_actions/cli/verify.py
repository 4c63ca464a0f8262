"""The command `verify`: what a fork's run left, judged by trusted code."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner
    from mlops_actions.github.recompute import Trusted


@click.command("verify")
@click.option(
    "--config",
    "config",
    default=".",
    show_default=True,
    metavar="PATHS",
    help="mlops.yaml of the default branch, or the folder that holds it; of several models, one a line.",
)
@click.option(
    "--base",
    "base",
    default="",
    metavar="PATH",
    help="Bundle of the default branch's predictions, for one model. Default: .mlops/<model>/base where that is.",
)
@click.option(
    "--token",
    "token",
    default="",
    help="Token of the job: actions: read, checks: write, pull-requests: write.",
)
def verify(*, config: str, base: str, token: str) -> None:
    """Judge the predictions of a fork's pull request again, by the default branch's labels. Runs in workflow_run.

    Nothing of the pull request is run or checked out. The verdict is published as unverified: it can fail, and it is
    never a success. Exits 0 once it is published, whatever it is.
    """
    from mlops_actions.cli.edge import guarded
    from mlops_actions.comment import check, comment, page, summary
    from mlops_actions.errors import ConfigError, ExitCode
    from mlops_actions.files import write_text
    from mlops_actions.github import append_summary
    from mlops_actions.github.event import WorkflowRunEvent, read_event
    from mlops_actions.github.publish import Place, Views
    from mlops_actions.github.verify import verify as judged

    def body(commands: "Commands", runner: "Runner") -> "ExitCode":
        event = read_event(runner)
        if not isinstance(event, WorkflowRunEvent):
            raise ConfigError(
                f"mlops verify runs on workflow_run, and this is {runner.event}.", fix="use model-comment.yml."
            )
        views = Views(check, lambda records, marker: comment(records, marker=marker))
        place = Place(runner.github(token, commands.say), event.repository, views, commands.say)
        models = _models(config, base)
        records = judged(place, event, models, run_url=runner.run_url)
        for record in records:
            commands.say(f"{record.model}: {record.conclusion}: {record.sentence}")
        for model in models:
            about = [record for record in records if record.model == model.model]
            if about:
                write_text(model.config.work / "reports" / "report.html", page(about[:1]))
        if runner.summary and records:
            append_summary(runner.summary, summary(records))
        return ExitCode.PASS

    guarded(body)


def _models(config: str, base: str) -> "list[Trusted]":
    """Read what the checkout says of every model.

    Raises:
        ConfigError: two files are about one model, or --base is given for several.
    """
    from mlops_actions.config import load
    from mlops_actions.errors import ConfigError
    from mlops_actions.github.recompute import Trusted
    from mlops_actions.pipeline.content import Recipe
    from mlops_actions.repository import Repository

    loaded = [load(Path(line.strip())) for line in config.splitlines() if line.strip()]
    names = [one.model.id for one in loaded]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or not loaded or (base and len(loaded) > 1):
        what = f"Two files are about the model {repeated[0]}" if repeated else "--base is for one model"
        raise ConfigError(f"{what if loaded else 'No mlops.yaml is named'}.", fix="correct --config and --base.")
    found = []
    for one in loaded:
        repository = Repository.around(one.root)
        kept = Path(base) if base else one.work / "base"
        found.append(
            Trusted(
                config=one,
                path=repository.relative(one.file),
                commit=repository.commit("HEAD"),
                base=kept if base or kept.is_dir() else None,
                record=None,
                counts=Recipe(one, repository.relative(one.file), "").counts,
            )
        )
    return found
