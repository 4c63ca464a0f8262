"""`mlops init`: a working mlops.yaml and workflows for the repository at hand."""

from pathlib import Path

import click


@click.command("init")
@click.option("--folder", "folder", default=".", show_default=True, metavar="PATH", help="The repository.")
@click.option("--force", "force", is_flag=True, help="Replace files that are there.")
def init(folder: str, force: bool) -> None:
    """Look at this repository and write mlops.yaml and the workflows."""
    from mlops_actions.cli.edge import guarded
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner
    from mlops_actions.pipeline.init import init as write

    def body(commands: Commands, _runner: Runner) -> ExitCode:
        for line in write(Path(folder), force=force):
            commands.say(line)
        config = "" if folder == "." else f" --config {folder}"
        commands.say(f"Next: look at mlops.yaml, then `mlops run{config}`.")
        return ExitCode.PASS

    guarded(body)
