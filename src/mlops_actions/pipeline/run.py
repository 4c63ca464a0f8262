"""Stages in order, in one process: the same functions that the actions run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops_actions import build_push, check_metrics, evaluate, quantize, train, validate_data
from mlops_actions.config import Config
from mlops_actions.deploy import stage as deploy
from mlops_actions.deploy.site import Caller
from mlops_actions.environments import Environments
from mlops_actions.errors import ConfigError
from mlops_actions.pipeline import rollout
from mlops_actions.pipeline.kept import kept_base
from mlops_actions.progress import Progress
from mlops_actions.report import Report

STAGES = ("validate-data", "train", "evaluate", "quantize", "build-push", "deploy", "check-metrics")
Stage = Callable[[Config, Progress], Report]


@dataclass(frozen=True)
class Machine:
    """What stages need of the machine they run on.

    Attributes:
        caller: who deploys.
        environments: interpreters for training.
        tools: programs for building images.
        credentials: user and password of the registry.
        base: bundle or Parquet file that the new model is compared with; None: the release that serves, if its bundle is kept here.
        cache: folder of earlier trainings; None: `.mlops/<model>/cache`.
    """

    caller: Caller
    environments: Environments
    tools: build_push.Tools
    credentials: tuple[str, str] = ("", "")
    base: Path | None = None
    cache: Path | None = None


def configured(config: Config) -> list[str]:
    """Return the stages that the sections written in mlops.yaml ask for, in order."""
    trains, written = config.train is not None, config.model_fields_set
    packs = trains and bool(written & {"quantize", "build_push", "deploy"})
    deploys = trains and "deploy" in written
    wanted = {
        "validate-data": config.data is not None,
        "train": trains,
        "evaluate": trains or config.evaluate.files is not None,
        "quantize": packs,
        "build-push": packs,
        "deploy": deploys,
        # A rollout judges by itself.
        "check-metrics": deploys and config.deploy.strategy == "manual",
    }
    return [name for name in STAGES if wanted[name]]


def chosen(config: Config, names: Sequence[str], last: str | None) -> list[str]:
    """Return the stages to run, in order: those named, else those configured; none after `last`.

    Raises:
        ConfigError: no stage has that name, `last` is not among them, none is left, or the model that would be judged is
            not the one that would be trained.
    """
    unknown = [name for name in [*names, *([last] if last else [])] if name not in STAGES]
    if unknown:
        raise ConfigError(f"There is no stage {unknown[0]!r}.", fix=f"the stages are: {', '.join(STAGES)}.")
    end = STAGES.index(last) + 1 if last else len(STAGES)
    stages = [name for name in STAGES[:end] if name in (names or configured(config))]
    if not stages:
        raise ConfigError(
            "mlops.yaml configures no stage to run.",
            fix="write data and train, or evaluate.files.",
            file=str(config.file),
        )
    if last and last not in stages:
        raise ConfigError(
            f"{last} is not among the stages to run: {', '.join(stages)}.",
            why=f"{config.file} has no section that asks for it.",
            fix=f"write `{'deploy' if last == 'check-metrics' else last.replace('-', '_')}: {{}}` into it, or name the stages with --stages.",
            file=str(config.file),
        )
    _check_files(config, stages)
    return stages


def _check_files(config: Config, stages: Sequence[str]) -> None:
    if config.evaluate.files and {"train", "evaluate"} <= set(stages):
        raise ConfigError(
            f"{config.file} has both train and evaluate.files.",
            why="the model in the files would be judged, and the trained one, which nobody judged, would be released.",
            fix="remove evaluate.files, or judge the files alone with `mlops evaluate`.",
            file=str(config.file),
            line=config.line("evaluate.files"),
        )


def run(
    config: Config,
    stages: Sequence[str],
    machine: Machine,
    *,
    begun: Callable[[str], None],
    done: Callable[[Report], bool],
    progress: Progress,
) -> list[Report]:
    """Run stages until one stops the pipeline.

    Args:
        config: mlops.yaml.
        stages: names, in order.
        machine: what they need.
        begun: told the name of each stage that starts.
        done: takes each report and says whether to go on.
        progress: told what stages are doing.

    Returns:
        the reports, in order.
    """
    functions, reports = functions_of(machine), list[Report]()
    for name in stages:
        begun(name)
        started = time.monotonic()
        found = functions[name](config, progress)
        reports.append(found.model_copy(update={"seconds": round(time.monotonic() - started, 3)}))
        if not done(reports[-1]):
            break
        if reports[-1].verdict.reason == "opaque":
            progress("The run ends here: such a model brings its own image, and releasing it is not supported yet.")
            break
    return reports


def functions_of(machine: Machine) -> Mapping[str, Stage]:
    """Return the stages by name, each with what it needs."""
    return {
        "validate-data": lambda config, progress: validate_data.run(config, progress=progress),
        "train": lambda config, progress: train.run(
            config,
            cache=machine.cache or config.work / "cache",
            environments=machine.environments,
            progress=progress,
        ),
        "evaluate": lambda config, progress: _evaluate(config, machine, progress),
        "quantize": lambda config, progress: quantize.run(config, progress=progress),
        "build-push": lambda config, progress: build_push.run(
            config, credentials=machine.credentials, tools=machine.tools, progress=progress
        ),
        "deploy": lambda config, progress: _deploy(config, machine, progress),
        "check-metrics": lambda config, progress: check_metrics.run(config, progress=progress),
    }


def _evaluate(config: Config, machine: Machine, progress: Progress) -> Report:
    base = machine.base
    if base is None and config.train is not None:
        base = kept_base(config, progress=progress)
    return evaluate.run(config, base=base, progress=progress)


def _deploy(config: Config, machine: Machine, progress: Progress) -> Report:
    function = deploy.run if config.deploy.strategy == "manual" else rollout.run
    return function(config, caller=machine.caller, progress=progress)
