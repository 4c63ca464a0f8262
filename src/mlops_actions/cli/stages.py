"""The seven stages as commands. Options are the inputs of the actions; libraries are imported when a stage runs."""

import json
import os
from pathlib import Path
from typing import Literal

import click

CONFIG = click.option(
    "--config",
    "config",
    default=".",
    show_default=True,
    metavar="PATH",
    help="mlops.yaml, or the folder that holds it.",
)


@click.command("validate-data")
@CONFIG
@click.option("--data", "data", metavar="PATH", help="Data file instead of data.path, relative to mlops.yaml.")
def validate_data(config: str, data: str | None) -> None:
    """Check the data against mlops.yaml."""
    from mlops_actions import validate_data as stage
    from mlops_actions.cli.edge import override, run_stage

    run_stage(config, lambda settings, progress: stage.run(override(settings, "data", path=data), progress=progress))


@click.command("train")
@CONFIG
@click.option(
    "--python", "python", metavar="PATH", help="Interpreter of your environment, for your own function or command."
)
@click.option("--cache", "cache", metavar="FOLDER", help="Folder of earlier runs. Default: .mlops/<model>/cache.")
def train(config: str, python: str | None, cache: str | None) -> None:
    """Train the model, or restore a run seen before."""
    from mlops_actions import train as stage
    from mlops_actions.cli.edge import override, run_stage
    from mlops_actions.environments import Environments

    run_stage(
        config,
        lambda settings, progress: stage.run(
            override(settings, "train", python=python),
            cache=Path(cache) if cache else settings.work / "cache",
            environments=Environments.of_caller(os.environ),
            progress=progress,
        ),
    )


@click.command("evaluate")
@CONFIG
@click.option(
    "--candidate",
    "candidate",
    metavar="PATH",
    help="Bundle or Parquet file of the model on trial. Default: .mlops/<model>/bundle.",
)
@click.option("--base", "base", metavar="PATH", help="Bundle or Parquet file of the model to compare with.")
@click.option(
    "--labels",
    "labels",
    metavar="PATH",
    help="Parquet file with id and label, when the predictions are plain files; `data`: the test rows of data in mlops.yaml.",
)
@click.option(
    "--record",
    "record",
    metavar="FILE",
    help="Record of the base's gate (JSON), used where there is no --base: its numbers, rows unpaired.",
)
@click.option(
    "--base-from",
    "base_from",
    type=click.Choice(["bundle", "cache", "trained"]),
    default="bundle",
    show_default=True,
    help="Where --base was had from; the report says so.",
)
@click.option(
    "--noise", "noise", metavar="FILE", help="noise.json of `mlops noise`: intervals count the chance of training too."
)
@click.option(
    "--uses",
    "uses",
    type=click.IntRange(min=0),
    metavar="COUNT",
    help="How often this test set has decided before, as far as anybody counted.",
)
def evaluate(
    config: str, base_from: Literal["bundle", "cache", "trained"], uses: int | None, **paths: str | None
) -> None:
    """Compare the model with limits and with a base on the same rows."""
    from mlops_actions import evaluate as stage
    from mlops_actions.cli.edge import run_stage

    labels = paths.pop("labels")
    files = {name: Path(path) if path else None for name, path in paths.items()}
    run_stage(
        config,
        lambda settings, progress: stage.run(
            settings,
            candidate=files["candidate"],
            base=files["base"],
            labels="data" if labels == "data" else Path(labels) if labels else None,
            noise=files["noise"],
            record=files["record"],
            base_from=base_from,
            uses=uses,
            progress=progress,
        ),
    )


@click.command("quantize")
@CONFIG
def quantize(config: str) -> None:
    """Find the fastest serving form that keeps quality."""
    from mlops_actions import quantize as stage
    from mlops_actions.cli.edge import run_stage

    run_stage(config, lambda settings, progress: stage.run(settings, progress=progress))


@click.command("build-push")
@CONFIG
@click.option(
    "--repository", "repository", metavar="REGISTRY/NAME", help="Where to push. Without it the image stays in .mlops."
)
@click.option("--base", "base", metavar="IMAGE", help="Base image: a reference, oci:PATH, or none.")
@click.option("--username", "username", default="", help="User of the registry.")
@click.option("--password", "password", default="", help="Password or token of the registry.")
def build_push(config: str, repository: str | None, base: str | None, username: str, password: str) -> None:
    """Build an image, prove that it answers, push it."""
    from mlops_actions import build_push as stage
    from mlops_actions.cli.edge import override, run_stage
    from mlops_actions.cli.tools import build_tools

    run_stage(
        config,
        lambda settings, progress: stage.run(
            override(settings, "build_push", repository=repository, base=base),
            credentials=(username, password),
            tools=build_tools(),
            progress=progress,
        ),
    )


@click.command("schema")
def schema() -> None:
    """Print the JSON Schema of mlops.yaml."""
    from mlops_actions.config.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
