"""One loaded model and its state: loading, ready, failed, draining."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from mlops_actions.serve.cpu import cpu_limit
from mlops_actions.serve.errors import ModelError, RefusedError
from mlops_actions.serve.golden import Golden, mismatch, read_golden
from mlops_actions.serve.inputs import Column, columns_from_rows
from mlops_actions.serve.metrics import Labels, Metrics
from mlops_actions.serve.runtimes import Runtime, Scores, load
from mlops_actions.serve.signature import Signature, read_signature

INLINE_SECONDS = 0.001
"""Work below this runs in the event loop: handing it to a thread would cost more than it saves."""
_WARM_UP_CALLS = 20


class State(StrEnum):
    """What a server says at /v2/health/ready; only `ready` answers 200."""

    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    DRAINING = "draining"


class Service:
    """The model behind the protocol. Files are read here; `load` may take long and runs in a thread.

    Raises:
        ModelError: the folder holds no model of this version.
    """

    def __init__(self, folder: Path, *, release: str, track: str, max_rows: int, started: float) -> None:
        self._folder = folder
        self.max_rows = max_rows
        version, bundle_digest = _identity(folder)
        self.signature: Signature = read_signature(folder / "serving", version)
        self._golden: Golden = read_golden(folder)
        self.metrics = Metrics(Labels(self.signature.model, release, track), started=started)
        self.metrics.add_model(self.signature, bundle_digest)
        self.state, self.reason = State.LOADING, "The model is being loaded."
        self._pool = ThreadPoolExecutor(max_workers=cpu_limit(), thread_name_prefix="model")
        self._runtime: Runtime | None = None
        self._row_seconds = 0.0

    def load(self) -> None:
        """Load the model, check the golden rows, measure one row.

        Raises:
            ModelError: the model file cannot be loaded.
        """
        runtime = load(self._folder / "serving", self.signature)
        problem = mismatch(self._golden, self.signature, runtime)
        if problem:
            self.state, self.reason = State.FAILED, problem
            return
        self._row_seconds = self._measure(runtime)
        self._runtime = runtime
        if self.state is State.LOADING:
            self.state, self.reason = State.READY, ""

    def _measure(self, runtime: Runtime) -> float:
        columns = columns_from_rows(self.signature.features, self._golden.rows[:1])
        fastest = float("inf")
        for _ in range(_WARM_UP_CALLS):
            begun = time.perf_counter()
            runtime.scores(columns)
            fastest = min(fastest, time.perf_counter() - begun)
        return fastest

    def drain(self) -> None:
        """Say at /v2/health/ready that no new requests should come; those that come are still answered."""
        self.state, self.reason = State.DRAINING, "The server is shutting down."

    async def predict(self, columns: list[Column]) -> Scores:
        """Return the scores, [N, classes] (regression: [N, 1]).

        Raises:
            RefusedError: 413 for too many rows, 503 before the model is ready.
            ModelError: the runtime failed.
        """
        rows = len(columns[0])
        if rows > self.max_rows:
            raise RefusedError(413, f"{rows} rows are more than {self.max_rows}, the most in one request.")
        if self._runtime is None:
            raise RefusedError(503, self.reason)
        if self._row_seconds * rows <= INLINE_SECONDS:
            scores = self._runtime.scores(columns)
        else:
            scores = await asyncio.get_running_loop().run_in_executor(self._pool, self._runtime.scores, columns)
        self.metrics.predictions(columns, scores)
        return scores

    def classes(self, scores: Scores) -> list[str]:
        """Return the predicted class of each row; empty for regression."""
        names = self.signature.classes
        return [names[index] for index in scores.argmax(axis=1)] if names else []


def _identity(folder: Path) -> tuple[str, str]:
    """Return the version and the bundle's digest that model_config.yaml names.

    Raises:
        ModelError: no model_config.yaml, or one without them.
    """
    path = folder / "model_config.yaml"
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return str(content["version"]), str(content["bundle_digest"])
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from None
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        raise ModelError(f"{path} does not say version and bundle_digest.") from None
