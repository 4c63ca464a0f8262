"""The command noise: how much of a change is chance in training."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_actions.cli.stages import CONFIG

if TYPE_CHECKING:
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import Commands, Runner


@click.command("noise")
@CONFIG
@click.option(
    "--seeds",
    "seeds",
    type=click.IntRange(2, 100),
    default=5,
    show_default=True,
    help="How many trainings, from train.seed on.",
)
@click.option(
    "--python", "python", metavar="PATH", help="Interpreter of your environment, for your own function or command."
)
@click.option("--cache", "cache", metavar="FOLDER", help="Folder of earlier runs. Default: .mlops/<model>/cache.")
def noise(config: str, seeds: int, python: str | None, cache: str | None) -> None:
    """Train with several seeds: how far metrics move by chance alone.

    Writes .mlops/<model>/noise.json, which `mlops evaluate --noise` counts in.
    """
    from mlops_actions.cli.edge import guarded, override
    from mlops_actions.config import load
    from mlops_actions.environments import Environments
    from mlops_actions.errors import ExitCode
    from mlops_actions.github import append_summary, write_outputs
    from mlops_actions.pipeline.noise import run
    from mlops_actions.pipeline.noise_words import aligned, sentence, table
    from mlops_actions.report.markdown import escape, escape_sentence, render_table
    from mlops_actions.report.noise import write_noise

    def body(commands: "Commands", runner: "Runner") -> "ExitCode":
        settings = override(load(Path(config)), "train", python=python)
        found = run(
            settings,
            seeds=seeds,
            cache=Path(cache) if cache else settings.work / "cache",
            environments=Environments.of_caller(os.environ),
            progress=commands.say,
        )
        path = write_noise(settings.work, found)
        said, shown = sentence(found, settings), table(found)
        for line in [*aligned(shown), said, f"Written to {path}; `mlops evaluate --noise {path}` counts it in."]:
            commands.say(line)
        if runner.summary:
            title = f"### noise: {escape(found.model)}"
            append_summary(runner.summary, f"{title}\n\n**Noise:** {escape_sentence(said)}\n\n{render_table(shown)}")
        if runner.output:
            write_outputs(runner.output, {"noise": str(path), "deterministic": str(found.deterministic).lower()})
        return ExitCode.PASS

    guarded(body)
