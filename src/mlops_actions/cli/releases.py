"""Commands about what is released: deploy, status, history, promote, rollback, down."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_actions.cli.stages import CONFIG

if TYPE_CHECKING:
    from mlops_actions.config import Config
    from mlops_actions.deploy.site import Caller, Site
    from mlops_actions.github import Commands
    from mlops_actions.pipeline.decide import Acted
    from mlops_actions.report import Report

ENVIRONMENT = click.option(
    "--environment", "environment", metavar="NAME", help="Where the release runs. Default: deploy.environment."
)
VERDICT = click.option("--verdict", "verdict", metavar="FILE", help="The verdict.json of check-metrics to act on.")
REASON = click.option("--reason", "reason", default="", help="Why, in your words; it is kept in the record.")


@click.command("deploy")
@CONFIG
@ENVIRONMENT
@click.option(
    "--image",
    "image",
    metavar="IMAGE",
    help="oci:PATH, or registry/name@sha256:DIGEST. Default: the image that build-push wrote.",
)
@click.option(
    "--strategy",
    "strategy",
    type=click.Choice(["canary", "manual"]),
    help="canary steps, judges and restores by itself; manual leaves that to you. Default: deploy.strategy.",
)
@click.option("--username", "username", default="", help="User of the registry.")
@click.option("--password", "password", default="", help="Password or token of the registry.")
def deploy(
    *, config: str, environment: str | None, image: str | None, strategy: str | None, username: str, password: str
) -> None:
    """Roll a release out step by step, judged at each."""
    from mlops_actions.cli.edge import override, run_stage
    from mlops_actions.deploy import stage
    from mlops_actions.deploy.processes import holder
    from mlops_actions.pipeline import rollout

    def run(settings: "Config", progress: Callable[[str], None]) -> "Report":
        settings = override(settings, "deploy", environment=environment, strategy=strategy)
        if settings.deploy.strategy == "manual":
            who = caller(credentials=(username, password))
            return stage.run(settings, caller=who, image=image, progress=progress)
        who = caller(credentials=(username, password), holder=holder())
        return rollout.run(settings, caller=who, image=image, progress=progress)

    run_stage(config, run)


@click.command("promote")
@CONFIG
@ENVIRONMENT
@VERDICT
@REASON
def promote(config: str, environment: str | None, verdict: str | None, reason: str) -> None:
    """Make the release on trial serve all traffic: on a verdict that passed, or for a reason."""
    from mlops_actions.pipeline import decide

    _act(config, environment, verdict, reason, decide.promote)


@click.command("rollback")
@CONFIG
@ENVIRONMENT
@VERDICT
@REASON
def rollback(config: str, environment: str | None, verdict: str | None, reason: str) -> None:
    """Restore the last verified release: on a verdict that failed, or for a reason."""
    from mlops_actions.pipeline import decide

    _act(config, environment, verdict, reason, decide.rollback)


@click.command("status")
@CONFIG
@ENVIRONMENT
def status(config: str, environment: str | None) -> None:
    """Say what is released, and what to do."""
    from mlops_actions.deploy.describe import status_lines
    from mlops_actions.deploy.processes import is_gone
    from mlops_actions.release import recover

    def show(settings: "Config", site: "Site", commands: "Commands") -> None:
        recover(site.ledger, site.target, gone=is_gone, progress=commands.say)
        commands.say("\n".join(status_lines(settings, site)))

    _at_site(config, environment, show)


@click.command("history")
@CONFIG
@ENVIRONMENT
def history(config: str, environment: str | None) -> None:
    """List the releases of an environment, newest first, with what happened to them."""
    from mlops_actions.deploy.describe import history_lines

    _at_site(config, environment, lambda _, site, commands: commands.say("\n".join(history_lines(site))))


@click.command("down")
@CONFIG
@ENVIRONMENT
def down(config: str, environment: str | None) -> None:
    """Stop what deploy started on this machine; records stay."""
    from mlops_actions.deploy.local import LocalTarget
    from mlops_actions.errors import ConfigError

    def stop(settings: "Config", site: "Site", commands: "Commands") -> None:
        if not isinstance(site.target, LocalTarget):
            raise ConfigError(f"The target {settings.deploy.target} is not on this machine.", fix="use its own tools.")
        trial = site.ledger.release(site.ledger.state.canary)
        if trial is not None:
            site.ledger.roll_back(trial, reason="mlops down")
        commands.say(f"Stopped {site.target.down()} programs. `mlops deploy` starts again; the records stay.")

    _at_site(config, environment, stop)


def caller(*, credentials: tuple[str, str] = ("", ""), holder: str = "", parent: int | None = None) -> "Caller":
    """Return who acts, as the environment says."""
    from mlops_actions.deploy.site import Caller
    from mlops_actions.environments import Environments
    from mlops_actions.github import Runner

    runner = Runner.from_environment()
    return Caller(
        by=runner.actor,
        environment=Environments.of_caller(os.environ).clean,
        run_url=runner.run_url,
        holder=holder,
        credentials=credentials,
        parent=parent,
    )


def _act(
    config: str, environment: str | None, verdict: str | None, reason: str, action: "Callable[..., Acted]"
) -> None:
    from mlops_actions.cli.edge import guarded, override
    from mlops_actions.config import load
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner, append_summary, write_outputs

    def body(commands: Commands, runner: Runner) -> ExitCode:
        settings = override(load(Path(config)), "deploy", environment=environment)
        file = Path(verdict) if verdict else None
        acted = action(settings, caller=caller(), verdict=file, reason=reason, progress=commands.say)
        commands.say(acted.sentence)
        if runner.summary:
            append_summary(runner.summary, f"{acted.sentence}\n")
        if runner.output:
            write_outputs(runner.output, {"release": str(acted.serving or "")})
        return ExitCode.PASS

    guarded(body)


def _at_site(config: str, environment: str | None, body: "Callable[[Config, Site, Commands], None]") -> None:
    from mlops_actions.cli.edge import guarded, override
    from mlops_actions.config import load
    from mlops_actions.deploy.site import open_site
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner

    def show(commands: Commands, _: Runner) -> ExitCode:
        settings = override(load(Path(config)), "deploy", environment=environment, replay_per_second=0)
        body(settings, open_site(settings, caller(), progress=commands.say), commands)
        return ExitCode.PASS

    guarded(show)
