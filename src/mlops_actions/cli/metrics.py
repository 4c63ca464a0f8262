"""`mlops check-metrics`: judge a release on trial."""

from pathlib import Path

import click

from mlops_actions.cli.stages import CONFIG


@click.command("check-metrics")
@CONFIG
@click.option(
    "--environment", "environment", metavar="NAME", help="Where the release runs. Default: deploy.environment."
)
@click.option(
    "--prometheus",
    "prometheus",
    metavar="URL",
    help="Prometheus to ask. Without one the servers' own /metrics are read.",
)
@click.option(
    "--deadline",
    "deadline",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Longest time to watch before the verdict is undecided. Default: deploy.step_seconds.",
)
@click.option("--replay", "replay", metavar="FILE", help="Judge the raw counts of a verdict.json again; watch nothing.")
def check_metrics(
    config: str, environment: str | None, prometheus: str | None, deadline: float | None, replay: str | None
) -> None:
    """Judge a canary by its metrics; act on nothing.

    Leaves with 0 (pass), 1 (fail) or 5 (undecided). `mlops promote` and `mlops rollback --verdict FILE` act.
    """
    from mlops_actions import check_metrics as stage
    from mlops_actions.cli.edge import override, run_stage

    if replay is not None:
        run_stage(config, lambda _settings, _progress: stage.run_replay(Path(replay)))
    else:
        run_stage(
            config,
            lambda settings, progress: stage.run(
                override(
                    override(settings, "deploy", environment=environment, step_seconds=deadline),
                    "check_metrics",
                    prometheus=prometheus,
                ),
                progress=progress,
            ),
        )
