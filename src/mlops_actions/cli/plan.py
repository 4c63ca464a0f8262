"""Commands around a comparison that run no code of the user's: plan, keep."""

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_actions.cli.stages import CONFIG

if TYPE_CHECKING:
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner
    from mlops_actions.pipeline.ancestry import PullRequest
    from mlops_actions.progress import Progress
    from mlops_actions.report import GateRecord, Plan

RECORD = "base-record.json"
MOST_STEPS = 20  # commits in a row that changed nothing: more requests than that are not worth their time


@click.command("plan")
@CONFIG
@click.option(
    "--head",
    "head",
    default="",
    metavar="SHA",
    help="Head of the pull request. Default: the event's; without one, the checked-out commit is compared with its parent.",
)
@click.option("--base", "base", default="", metavar="BRANCH", help="Branch or commit it goes to. Default: the event's.")
@click.option(
    "--requirements",
    "requirements",
    default="",
    metavar="PATH",
    help="Requirements file of your training code: another content is another model.",
)
@click.option(
    "--token",
    "token",
    default="",
    help="Token that reads checks (`checks: read`), for the numbers on the base's check run.",
)
def plan(*, config: str, head: str, base: str, requirements: str, token: str) -> None:
    """Find the base, and say whether anything that the model sees has changed."""
    from mlops_actions.cli.edge import guarded
    from mlops_actions.config import load
    from mlops_actions.environments import Environments
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import write_outputs
    from mlops_actions.pipeline.plan import Surroundings
    from mlops_actions.pipeline.plan import plan as make
    from mlops_actions.report import write_plan

    def body(commands: "Commands", runner: "Runner") -> "ExitCode":
        settings = load(Path(config))
        surroundings = Surroundings(
            locks=Environments.of_caller(os.environ).requirements,
            requirements=Path(requirements) if requirements else None,
            platform=f"{platform.system()} {platform.machine()} Python {'.'.join(platform.python_version_tuple()[:2])}",
        )
        made = make(settings, pull=_pull_request(runner, head, base), surroundings=surroundings, progress=commands.say)
        record = _record(runner, token, made, commands.say)
        made = made.model_copy(update={"uses": record.uses if record else 0})
        path = write_plan(settings.work, made)
        kept = _keep_record(settings.work / RECORD, record)
        commands.say(_sentence(made))
        if runner.output:
            write_outputs(
                runner.output, _outputs(made) | {"work": str(settings.work), "plan": str(path), "record": kept}
            )
        return ExitCode.PASS

    guarded(body)


def _pull_request(runner: "Runner", head: str, base: str) -> "PullRequest | None":
    """Return what the options and the event say of a pull request; None where it is about no pull request."""
    from mlops_actions.github.event import PullRequestEvent, read_event
    from mlops_actions.pipeline.ancestry import PullRequest

    event = read_event(runner) if runner.event.startswith("pull_request") else None
    if isinstance(event, PullRequestEvent):
        return PullRequest(head or event.head, (base,) if base else (event.base, event.base_branch))
    if head or base:
        return PullRequest(head or "HEAD", (base,) if base else ())
    return None


def _record(runner: "Runner", token: str, plan: "Plan", say: "Progress") -> "GateRecord | None":
    """Return what the gate said at the base; a plan goes on without, and says so."""
    from mlops_actions.errors import MlopsError

    if not plan.base:
        return None
    if not token or not runner.repository:
        say("The check run of the base is not asked for: there is no token.")
        return None
    try:
        record = _with_numbers(runner, token, plan, say)
    except MlopsError as error:
        say(f"The check run of the base cannot be read, so its numbers are not known here: {error}")
        return None
    if record is None:
        say(f"No check run `mlops / {plan.model}` is on the base {plan.base[:12]}: its numbers are not known here.")
    elif not record.verified:
        say(f"The check run of the base {plan.base[:12]} has numbers of a fork's job, which are not believed here.")
        return None
    return record


def _with_numbers(runner: "Runner", token: str, plan: "Plan", say: "Progress") -> "GateRecord | None":
    """Return the base's record; where the base changed nothing and was not evaluated, that of the commit before."""
    from mlops_actions.github import checks

    github, record, commit = runner.github(token), None, plan.base
    for _ in range(MOST_STEPS):
        found = checks.record_of(github, runner.repository, commit, plan.model, progress=say)
        record = found or record
        if found is None or found.outcome != "identical" or not found.base:
            break
        commit = found.base
    return record


def _keep_record(path: Path, record: "GateRecord | None") -> str:
    """Write the base's record and return its path, if it has numbers; an older one goes, since it is another base's."""
    from mlops_actions.files import write_text

    if record is None or record.evaluation is None:
        path.unlink(missing_ok=True)
        return ""
    write_text(path, record.model_dump_json(indent=2) + "\n")
    return str(path)


def _sentence(plan: "Plan") -> str:
    if not plan.base:
        return f"plan: {plan.model} has nothing to compare with at {plan.tested[:12]}."
    against = f"{plan.tested[:12]} against {plan.base[:12]} ({plan.base_kind.replace('_', ' ')})"
    if plan.identical:
        return f"plan: {against}: identical by construction, nothing has to run."
    return f"plan: {against}: to be compared."


def _outputs(plan: "Plan") -> dict[str, str]:
    return {
        "model": plan.model,
        "head": plan.head,
        "tested": plan.tested,
        "base": plan.base,
        "base-kind": plan.base_kind,
        "base-config": plan.base_config,
        "identical": str(plan.identical).lower(),
        "candidate-key": plan.candidate_key,
        "base-key": plan.base_key,
        "uses": str(plan.uses),
    }


@click.command("keep")
@click.option("--bundle", "bundle", required=True, metavar="FOLDER", help="The bundle.")
@click.option("--to", "to", required=True, metavar="FOLDER", help="Where the copy goes; what is there is replaced.")
def keep(*, bundle: str, to: str) -> None:
    """Copy of a bundle what later models are compared with: its predictions and its identity."""
    from mlops_actions.bundle import Bundle
    from mlops_actions.cli.edge import guarded
    from mlops_actions.errors import ExitCode

    def body(commands: "Commands", _: "Runner") -> "ExitCode":
        kept = Bundle(Path(bundle)).predictions_only(Path(to))
        size = sum(path.stat().st_size for path in kept.path.rglob("*") if path.is_file())
        commands.say(f"Kept the predictions of {bundle} in {to} ({size:,} bytes).")
        return ExitCode.PASS

    guarded(body)
