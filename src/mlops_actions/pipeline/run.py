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
        base: bundle or Parquet file that the new model is compared with; None for none.
        cache: folder of earlier trainings; None: `.mlops/<model>/cache`.
    """

    caller: Caller
    environments: Environments
    tools: build_push.Tools
    credentials: tuple[str, str] = ("", "")
    base: Path | None = None
    cache: Path | None = None


def configured(config: Config) -> list[str]:
    """Return the stages that mlops.yaml gives something to do, in order."""
    has_model = config.train is not None
    wanted = {
        "validate-data": config.data is not None,
        "train": has_model,
        "evaluate": has_model or config.evaluate.files is not None,
        "quantize": has_model,
        "build-push": has_model,
        "deploy": has_model,
        # A rollout judges by itself.
        "check-metrics": has_model and config.deploy.strategy == "manual",
    }
    return [name for name in STAGES if wanted[name]]


def chosen(config: Config, names: Sequence[str], last: str | None) -> list[str]:
    """Return the stages to run, in order: those named, else those configured; none after `last`.

    Raises:
        ConfigError: no stage has that name, or none is left.
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
    return stages


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
        "evaluate": lambda config, progress: evaluate.run(config, base=machine.base, progress=progress),
        "quantize": lambda config, progress: quantize.run(config, progress=progress),
        "build-push": lambda config, progress: build_push.run(
            config, credentials=machine.credentials, tools=machine.tools, progress=progress
        ),
        "deploy": lambda config, progress: _deploy(config, machine, progress),
        "check-metrics": lambda config, progress: check_metrics.run(config, progress=progress),
    }


def _deploy(config: Config, machine: Machine, progress: Progress) -> Report:
    function = deploy.run if config.deploy.strategy == "manual" else rollout.run
    return function(config, caller=machine.caller, progress=progress)
