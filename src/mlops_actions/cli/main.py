"""The command `mlops`. Commands are imported when they are called, so `--help` stays quick."""

import contextlib
import errno
import importlib
import os
import sys
import traceback
from typing import NoReturn

import click

from mlops_actions import __version__
from mlops_actions.errors import ExitCode, MlopsError

# name -> (module that holds the command, one line for --help)
COMMANDS = {
    "init": ("init", "Look at this repository and write mlops.yaml and the workflows."),
    "plan": ("plan", "Find the base, and say whether anything that the model sees has changed."),
    "validate-data": ("stages", "Check the data against mlops.yaml."),
    "train": ("stages", "Train the model, or restore a run seen before."),
    "evaluate": ("stages", "Compare the model with limits and with a base on the same rows."),
    "report": ("report", "Show what evaluate found: a page, Markdown, and a short text."),
    "comment": ("comment", "Post what the gate says: the check run and the one comment."),
    "accept": ("comment", "Carry `/mlops accept REASON` out."),
    "noise": ("noise", "Train with several seeds: how far metrics move by chance alone."),
    "keep": ("plan", "Copy of a bundle what later models are compared with."),
    "verify": ("verify", "Judge what a fork's run left again, by trusted labels."),
    "quantize": ("stages", "Find the fastest serving form that keeps quality."),
    "build-push": ("stages", "Build an image, prove it answers, push it."),
    "deploy": ("releases", "Roll a release out step by step, judged at each."),
    "check-metrics": ("metrics", "Judge a canary by its metrics; act on nothing."),
    "run": ("pipeline", "Run the stages that mlops.yaml configures, in order."),
    "demo": ("pipeline", "The whole story on this machine: a good release, and two bad ones stopped."),
    "status": ("releases", "Say what is released, and what to do."),
    "history": ("releases", "List the releases of an environment."),
    "promote": ("releases", "Make the canary stable."),
    "rollback": ("releases", "Restore the last verified release."),
    "down": ("releases", "Stop what deploy started on this machine."),
    "schema": ("stages", "Print the JSON Schema of mlops.yaml."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of the pipeline."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"mlops_actions.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"auto_envvar_prefix": "MLOPS", "help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(__version__, prog_name="mlops")
def mlops() -> None:
    """Models in a GitHub repository: validate, train, evaluate, quantize, build, deploy, watch.

    Exit codes: 0 pass, 1 a gate failed, 2 configuration or data unusable, 3 something outside did not answer,
    4 our bug, 5 undecided.
    """


def main() -> None:
    """Run the command line; what goes wrong before a stage's edge is reached has an exit code too."""
    try:
        mlops()
    except ModuleNotFoundError as error:
        if not error.name or error.name.split(".")[0] == "mlops_actions":
            _leave(error, ExitCode.OUR_BUG)
        needed = f"This command needs the package {error.name}, which is not installed here."
        click.echo(f"error: {needed}\nTo do: install mlops-actions[run], or the extra of the stage.", err=True)
        sys.exit(ExitCode.UNUSABLE_INPUT)
    except MlopsError as error:  # not even the log could be written
        _leave_silently(str(error), error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            _leave(error, ExitCode.OUR_BUG)
        _leave_silently(str(error), ExitCode.OUTSIDE_UNAVAILABLE)
    except Exception as error:  # noqa: BLE001 (an uncaught error would leave with 1, which says that a gate failed)
        _leave(error, ExitCode.OUR_BUG)


def _leave_silently(sentence: str, code: ExitCode) -> NoReturn:
    """Leave without a traceback; what was not written to the output is given up, or Python would leave with 120."""
    with contextlib.suppress(OSError):
        click.echo(f"error: {sentence}", err=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _leave(error: Exception, code: ExitCode) -> NoReturn:
    traceback.print_exception(error)
    sys.exit(code)
