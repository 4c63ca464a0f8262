"""Commands that run many stages: run and demo."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_actions.cli.stages import CONFIG

if TYPE_CHECKING:
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner
    from mlops_actions.pipeline.run import Machine
    from mlops_actions.report import Report


@click.command("run")
@CONFIG
@click.option(
    "--stages",
    "stages",
    default="",
    metavar="NAMES",
    help="Stages to run, one a line; they run in the order of the pipeline. Default: those that mlops.yaml configures.",
)
@click.option("--to", "to", default="", metavar="STAGE", help="Last stage to run.")
@click.option(
    "--base",
    "base",
    metavar="PATH",
    help="Bundle or Parquet file of the model to compare with. Default: the release that serves.",
)
@click.option("--username", "username", default="", help="User of the registry.")
@click.option(
    "--password",
    "password",
    default="",
    help="Password or token of the registry. Not together with training code of your own, which may find it: push in another job.",
)
def run(*, config: str, stages: str, to: str, base: str | None, username: str, password: str) -> None:
    """Run the stages that mlops.yaml configures, in order, until one stops."""
    from mlops_actions.cli.edge import exit_code, guarded, publish
    from mlops_actions.config import load
    from mlops_actions.errors import ExitCode
    from mlops_actions.pipeline.run import chosen
    from mlops_actions.pipeline.run import run as run_stages
    from mlops_actions.report import write_report
    from mlops_actions.verdict import Decision

    def body(commands: "Commands", runner: "Runner") -> "ExitCode":
        settings, codes = load(Path(config)), [ExitCode.PASS]

        def done(report: "Report") -> bool:
            publish(report, write_report(settings.work, report), settings, commands, runner)
            codes.append(exit_code(report, settings, runner))
            # An undecided evaluation of a pull request ends well (nothing is blamed) and still builds no release.
            return report.decision is Decision.PASS or not settings.enforce

        run_stages(
            settings,
            chosen(settings, stages.split(), to or None),
            machine(manual=settings.deploy.strategy == "manual", credentials=(username, password), base=base),
            begun=lambda name: commands.say(f"== {name}"),
            done=done,
            progress=commands.say,
        )
        return codes[-1]

    guarded(body)


def machine(
    *,
    manual: bool = False,
    credentials: tuple[str, str] = ("", ""),
    base: str | None = None,
    parent: int | None = None,
) -> "Machine":
    """Return what stages need of this machine; with `manual` nobody watches a release after the command has ended."""
    from mlops_actions.cli.releases import caller
    from mlops_actions.cli.tools import build_tools
    from mlops_actions.deploy.processes import holder
    from mlops_actions.environments import Environments
    from mlops_actions.pipeline.run import Machine

    return Machine(
        caller=caller(credentials=credentials, holder="" if manual else holder(), parent=parent),
        environments=Environments.of_caller(os.environ),
        tools=build_tools(),
        credentials=credentials,
        base=Path(base) if base else None,
    )


@click.command("demo")
@CONFIG
def demo(config: str) -> None:
    """The whole story on this machine: a good release, and two bad ones stopped.

    It is told by demo.yaml beside mlops.yaml. Everything is written to .mlops/demo; no process is left.
    """
    import sys

    from rich.console import Console

    from mlops_actions.cli.edge import guarded
    from mlops_actions.cli.screen import Lines, Screen
    from mlops_actions.config import load
    from mlops_actions.errors import ExitCode
    from mlops_actions.pipeline.demo import Demo
    from mlops_actions.pipeline.story import FILE, read_story

    def body(commands: "Commands", _: "Runner") -> "ExitCode":
        settings = load(Path(config))
        screen = Screen(Console()) if sys.stdout.isatty() else Lines(commands.say)
        play = Demo(settings, read_story(settings.root / FILE), machine(parent=os.getpid()), screen)
        with screen.open():
            tale = play.play()
        screen.ending(tale, [str(play.folder / name) for name in ("demo.md", "demo.json")])
        return ExitCode.PASS if tale.as_promised else ExitCode.GATE_FAILED

    guarded(body)
