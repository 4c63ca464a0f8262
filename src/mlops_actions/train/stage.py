"""Train the model in a process of its own and write the bundle, or restore a run whose inputs were the same."""

import os
import time
from pathlib import Path
from typing import Any

from mlops_actions import data as data_room
from mlops_actions import git
from mlops_actions.bundle import ModelConfig
from mlops_actions.config import Config
from mlops_actions.config.models import DataSection, TrainSection
from mlops_actions.environments import Environments, Interpreter
from mlops_actions.errors import ConfigError
from mlops_actions.progress import Progress
from mlops_actions.report import Report, Table
from mlops_actions.train import answered, assemble, cache, inputs, job, process, rows
from mlops_actions.train.shield import close_our_environment
from mlops_actions.train.workplace import workplace
from mlops_actions.verdict import Decision, Verdict

KERAS_MODULES = frozenset({"keras", "tensorflow"})


def run(config: Config, *, cache: Path, environments: Environments, progress: Progress) -> Report:
    """Train, or restore, and leave the bundle at `.mlops/<model>/bundle`.

    Args:
        config: the whole file; `data` and `train` are needed.
        cache: folder of earlier runs.
        environments: interpreters and the variables that user code may see.
        progress: gets what training prints.

    Raises:
        ConfigError: mlops.yaml cannot be used as given.
        DataError: the data cannot.
        UserCodeError: the user's code failed or answered with the wrong shape.
        OutsideError: the disk is full.
    """
    started = time.monotonic()
    training = Training(config, cache, environments, progress)
    identity, cached = training.run()
    return _report(config, identity, cached=cached, seconds=time.monotonic() - started)


class Training:
    """One run of the stage: what it was given, and its steps."""

    def __init__(self, config: Config, cache: Path, environments: Environments, progress: Progress) -> None:
        self._config, self._cache, self._environments, self._progress = config, cache, environments, progress
        self._data, self._train = _sections(config)
        self._bundle = config.work / "bundle"

    def run(self) -> tuple[ModelConfig, bool]:
        """Return the identity of the bundle, and whether it was restored."""
        interpreter = self._interpreter()
        try:
            return self._run_with(interpreter)
        except answered.MissingModuleError as error:
            if self._train.function is None or self._train.python or error.module.split(".")[0] not in KERAS_MODULES:
                raise
        self._progress("The function needs Keras: running it in our environment with Keras.")
        return self._run_with(self._environments.keras(self._progress))

    def _interpreter(self) -> Interpreter:
        way = job.way(self._train)
        if way == "architecture":
            return self._environments.keras(self._progress)
        if way in {"function", "command"} and self._train.python:
            return self._environments.users(self._train.python, self._config.root)
        return self._environments.ours()

    def _run_with(self, interpreter: Interpreter) -> tuple[ModelConfig, bool]:
        revision = git.revision(self._config.root)
        if revision.note:
            self._progress(revision.note)
        sha256 = data_room.digest(self._config.resolve(self._data.path))
        digest = inputs.digest(self._config, self._data, self._train, sha256, interpreter)
        restored = cache.restore(self._cache, digest, self._bundle, revision, self._progress)
        if restored:
            self._progress(f"Restored: a run with the same inputs ({digest[:19]}) was kept.")
            return restored, True
        written = self._trained(assemble.Origin(revision, interpreter, self._config.model.id, sha256, digest))
        cache.keep(self._cache, digest, self._bundle, self._progress)
        return written, False

    def _trained(self, origin: assemble.Origin) -> ModelConfig:
        work = self._job()
        with workplace(self._config.work) as folder:
            answers = self._answers(work, folder, origin.interpreter)
            return assemble.write(self._bundle, work, answers, folder / "output" / "model", origin)

    def _job(self) -> job.Job:
        """Read the rows and decide what is a feature and what the label is."""
        split = data_room.split(self._config.root, self._data)
        way, names = job.way(self._train), data_room.feature_names(split.train.columns, self._data)
        if self._data.label in names:
            raise ConfigError(
                f"data.features names the label, {self._data.label!r}: the model would see the answer.",
                fix="remove it there.",
            )
        chosen = rows.features(split.train, names, dates=way in {"function", "command"})
        target = rows.target(split.train, self._data.label, self._train.task, estimator_decides=way == "estimator")
        self._tell(split, target, rows.rounded(split.train, chosen))
        return job.Job(self._config.root.resolve(), self._data, self._train, split, chosen, target)

    def _tell(self, split: data_room.Split, target: rows.Target, rounded: list[str]) -> None:
        self._progress(
            f"{split.train.height:,} rows to train on, {split.test.height:,} to test, {split.unlabelled:,} without {target.name}."
        )
        unseen = set(target.text(split.test)) - set(target.classes or []) if target.task == "classification" else set()
        if unseen:
            self._progress(
                f"{len(unseen)} classes of the test rows are in no training row, so no model can predict them: {', '.join(sorted(unseen))[:200]}"
            )
        if rounded:
            self._progress(
                f"{', '.join(rounded)[:200]}: some values are larger than a 32-bit float holds exactly (16,777,216), and are rounded."
            )

    def _answers(self, work: job.Job, folder: Path, interpreter: Interpreter) -> answered.Answered:
        job.write(work, folder, parquet=interpreter.tables)
        variables = worker_variables(self._environments.clean, interpreter.executable)
        told = work.variables(folder) if work.way == "command" else {}
        close_our_environment()
        # A command is started by our own interpreter: theirs may not be the Python that the command is written in.
        code = process.run(
            self._environments.ours().executable if work.way == "command" else interpreter.executable,
            folder,
            cwd=work.root,
            variables={**variables, **told},
            minutes=self._train.timeout_minutes,
            progress=self._progress,
        )
        return answered.read(work, folder, code, interpreter.executable, self._progress)


def worker_variables(clean: dict[str, str], executable: Path) -> dict[str, str]:
    """Return the worker's environment: the caller's clean one, its interpreter first on PATH, one order of hashing, and no `__pycache__` beside their code."""
    return {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **clean,
        "PATH": f"{executable.parent}{os.pathsep}{clean.get('PATH', os.defpath)}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }


def _sections(config: Config) -> tuple[DataSection, TrainSection]:
    for name in ("data", "train"):
        if getattr(config, name) is None:
            raise ConfigError(
                f"{config.file} has no section {name}, which train needs.", fix=f"add {name}.", file=str(config.file)
            )
    assert config.data is not None
    assert config.train is not None
    return config.data, config.train


def _report(config: Config, identity: ModelConfig, *, cached: bool, seconds: float) -> Report:
    rows_text = f"{identity.dataset.train_rows:,} rows, tested on {identity.dataset.test_rows:,}"
    word, sentence = (
        ("restored", "restored: its inputs are those of an earlier run")
        if cached
        else ("trained", f"trained on {rows_text}")
    )
    hyperparameters: list[list[str | int | float | None]] = [
        [name, _cell(value)] for name, value in identity.hyperparameters.items()
    ]
    return Report(
        stage="train",
        model=config.model.id,
        verdict=Verdict(
            decision=Decision.PASS, reason=word, sentence=f"{identity.base_architecture} {identity.version} {sentence}."
        ),
        tables=[Table(title="Hyperparameters", columns=["name", "value"], rows=hyperparameters)],
        facts=_facts(identity, cached=cached, seconds=seconds),
        outputs={
            "bundle": str(config.work / "bundle"),
            "version": identity.version,
            "input-digest": identity.input_digest,
            "cached": str(cached).lower(),
        },
    )


def _facts(identity: ModelConfig, *, cached: bool, seconds: float) -> dict[str, Any]:
    return {
        "input_digest": identity.input_digest,
        "dataset": identity.dataset.model_dump(),
        "framework": identity.framework,
        "task": identity.task,
        "classes": len(identity.classes),
        "environment": identity.environment.model_dump(),
        "git_commit": identity.git_commit,
        "cached": cached,
        "seconds": round(seconds, 3),
    }


def _cell(value: Any) -> str | int | float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
