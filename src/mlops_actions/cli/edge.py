"""The edge: runs a stage's function and turns what it returns or raises into log, report, outputs, summary, exit code."""

import platform
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

import click
from pydantic import ValidationError

from mlops_actions import __version__
from mlops_actions.cli.signals import stoppable
from mlops_actions.config import Config, load
from mlops_actions.errors import ConfigError, ExitCode, MlopsError
from mlops_actions.github import Commands, Runner, append_summary, write_outputs
from mlops_actions.github.commands import Level
from mlops_actions.progress import Progress
from mlops_actions.report import Finding, Report, write_report
from mlops_actions.report.markdown import render
from mlops_actions.verdict import Decision

StageFunction = Callable[[Config, Progress], Report]
OPTIONS = {"path": "--data", "step_seconds": "--deadline"}
EXITS = {Decision.PASS: ExitCode.PASS, Decision.FAIL: ExitCode.GATE_FAILED, Decision.UNDECIDED: ExitCode.UNDECIDED}


def run_stage(config_path: str, function: StageFunction) -> None:
    """Run one stage and leave with its exit code."""
    guarded(lambda commands, runner: _run_stage(config_path, function, commands, runner))


def _run_stage(config_path: str, function: StageFunction, commands: Commands, runner: Runner) -> ExitCode:
    started = time.monotonic()
    config = load(Path(config_path))
    found = function(config, commands.say)
    report = found.model_copy(update={"seconds": round(time.monotonic() - started, 3)})
    path = write_report(config.work, report)
    publish(report, path, config, commands, runner)
    return exit_code(report, config, runner)


def guarded(body: Callable[[Commands, Runner], ExitCode]) -> None:
    """Run `body` with the log closed to commands from data; errors become annotations and exit codes."""
    runner = Runner.from_environment()
    with Commands(sys.stdout, active=runner.active) as commands, stoppable():
        try:
            code = body(commands, runner)
        except MlopsError as error:
            commands.annotate("error", str(error), file=error.file, line=error.line, title="mlops")
            code = error.exit_code
        except click.ClickException as error:
            commands.annotate("error", error.format_message(), title="mlops")
            code = ExitCode.UNUSABLE_INPUT
        except KeyboardInterrupt:
            commands.say("Interrupted.")
            raise click.exceptions.Exit(130) from None
        except Exception as error:  # noqa: BLE001 (the one place where an unexpected error becomes exit 4, with everything a report needs)
            code = _our_bug(error, commands)
    raise click.exceptions.Exit(int(code))


def _our_bug(error: Exception, commands: Commands) -> ExitCode:
    commands.group("Traceback", "".join(traceback.format_exception(error)))
    versions = f"mlops-actions {__version__}, Python {platform.python_version()}, {platform.platform()}"
    commands.annotate(
        "error",
        f"This is a bug of ours, not of your repository: {type(error).__name__}: {error}\n{versions}\nPlease open an issue at the project with the traceback above.",
        title="mlops",
    )
    return ExitCode.OUR_BUG


def exit_code(report: Report, config: Config, runner: Runner) -> ExitCode:
    """Return the exit code of a report: observe mode never stops, and a pull request's undecided evaluation cannot end neutral."""
    if not config.enforce or (
        report.stage == "evaluate" and report.decision is Decision.UNDECIDED and runner.event.startswith("pull_request")
    ):
        return ExitCode.PASS
    return EXITS[report.decision]


def publish(report: Report, path: Path, config: Config, commands: Commands, runner: Runner) -> None:
    """Show a report: sentence in the log, annotations on the lines that asked, summary, outputs."""
    observed = "" if config.enforce else " (observe mode: this would have stopped the pipeline)"
    passed = report.decision is Decision.PASS
    said = f"{report.stage}: {report.decision}: {report.verdict.sentence}{'' if passed else observed}"
    # What no line of mlops.yaml asked for (a rollout's end) is annotated as a whole.
    if not passed and all(finding.verdict.decision is Decision.PASS for finding in report.findings):
        commands.annotate(level(report.decision, config), said, title="mlops")
    else:
        commands.say(said)
    for finding in report.findings:
        if not runner.active and finding.verdict.sentence in report.verdict.sentence:
            continue  # said above; on GitHub the line that asked is annotated as well
        annotate_finding(finding, config, commands)
    if runner.summary:
        append_summary(runner.summary, render(report))
    if runner.output:
        write_outputs(
            runner.output,
            {
                **report.outputs,
                "decision": str(report.decision),
                "reason": report.verdict.reason,
                "report": str(path),
                "work": str(config.work),
            },
        )


def annotate_finding(finding: Finding, config: Config, commands: Commands) -> None:
    """Annotate the line of mlops.yaml that asked for what was not passed."""
    decision = finding.verdict.decision
    if decision is Decision.PASS:
        return
    commands.annotate(
        level(decision, config),
        f"{finding.name}: {finding.verdict.sentence}",
        file=str(config.file),
        line=config.line(finding.key) if finding.key else None,
        title="mlops",
    )


def level(decision: Decision, config: Config) -> Level:
    """Return how loudly a decision other than pass is said: only what stops is an error."""
    return "error" if decision is Decision.FAIL and config.enforce else "warning"


def override(config: Config, section: str, **values: object) -> Config:
    """Return the configuration with some keys of a section replaced by what the command line gave; None keeps the file's.

    Raises:
        ConfigError: the value does not fit the key.
    """
    given = {key: value for key, value in values.items() if value is not None}
    if not given:
        return config
    part = getattr(config, section)
    if part is None:
        raise ConfigError(
            f"{config.file} has no section {section}, which an option of the command refers to.",
            fix=f"add {section} to it.",
            file=str(config.file),
        )
    try:
        changed = type(part).model_validate({**part.model_dump(exclude_unset=True), **given})
    except ValidationError as error:
        raise _wrong_option(error, given) from None
    return config.model_copy(update={section: changed})


def _wrong_option(error: ValidationError, given: Mapping[str, object]) -> ConfigError:
    """Say of a value on the command line what was expected, in our words rather than in pydantic's."""
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0])
    is_name = first["type"] == "string_pattern_mismatch"
    expected = "small letters, digits, dots and dashes, 63 at most" if is_name else first["msg"]
    return ConfigError(
        f"{OPTIONS.get(key, f'--{key}')} cannot be used: {expected.removeprefix('Value error, ')} (given: {str(given.get(key))[:100]!r}).",
        fix="correct the option (the input of the action).",
    )
