"""Build, run, measure and judge each candidate; one that cannot be built or answers wrongly is rejected, with the reason."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.config.models import QuantizeSection
from mlops_actions.progress import Progress
from mlops_actions.quantize.forms import ONNX_ERRORS, Form, Runtime, open_form
from mlops_actions.quantize.measure import Fidelity, Speed, fidelity, speed
from mlops_actions.quantize.sample import Floats, Sample
from mlops_actions.quantize.schemes import SCHEMES
from mlops_actions.quantize.scikit import ScikitLearn, load

T = TypeVar("T")

# What converters and runtimes raise for a model they do not know; anything else is our bug and goes up.
UNSUPPORTED: tuple[type[Exception], ...] = (
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    NameError,
    *ONNX_ERRORS,
)
AS_FAST = 1.1  # p50 within 10 % of the fastest is noise: the smaller file decides, so that runs agree
BASELINES = {"keras": "float32", "sklearn": "scikit-learn"}


@dataclass(frozen=True)
class Candidate:
    """One way to serve the model, measured.

    Attributes:
        scheme: its name; a baseline that cannot be served (scikit-learn itself) has no form.
        runtime: what answered, with its version.
        size: bytes on disk.
        limit: the key of `quantize` that it broke, if any.
        rejected: why it may not be served; empty when it may.
    """

    scheme: str
    runtime: str = ""
    form: Form | None = None
    size: int | None = None
    speed: Speed | None = None
    fidelity: Fidelity | None = None
    limit: str = ""
    rejected: str = ""

    @property
    def servable(self) -> bool:
        """Whether a server may load it."""
        return self.form is not None and not self.rejected


@dataclass(frozen=True)
class Search:
    """What every candidate is tried with."""

    bundle: Bundle
    config: ModelConfig
    sample: Sample
    settings: QuantizeSection
    folder: Path
    progress: Progress


def search(given: Search) -> list[Candidate]:
    """Try the baseline and every scheme that fits; the baseline comes first.

    Raises:
        DataError: the bundle lacks the model.
    """
    baseline = BASELINES[given.config.framework]
    asked = set(given.settings.schemes or SCHEMES)
    fitting = [name for name, scheme in SCHEMES.items() if scheme.framework == given.config.framework and name in asked]
    names = list(dict.fromkeys([baseline, *fitting]))
    return [_scikit_learn(given) if name == "scikit-learn" else _scheme(given, name) for name in names]


def _scheme(given: Search, name: str) -> Candidate:
    folder = given.folder / name
    folder.mkdir()

    def ready() -> tuple[Form, Runtime]:
        form = SCHEMES[name].build(given.bundle, given.config, folder)
        return form, open_form(form)

    made, why = _attempt(ready)
    if made is None:
        return Candidate(name, limit="schemes", rejected=f"it cannot be built: {why}")
    form, runtime = made
    return _measured(given, Candidate(name, runtime.name, form, form.path.stat().st_size), runtime)


def _scikit_learn(given: Search) -> Candidate:
    runtime = ScikitLearn(load(given.bundle))
    size = (given.bundle.model / "model.skops").stat().st_size
    return _measured(given, Candidate("scikit-learn", runtime.name, None, size), runtime)


def _measured(given: Search, candidate: Candidate, runtime: Runtime) -> Candidate:
    scores, why = _attempt(lambda: _checked(runtime.scores(given.sample.rows), given.config))
    if scores is None:
        return replace(candidate, limit="schemes", rejected=f"it cannot answer the test rows: {why}")
    found = fidelity(given.sample, scores)
    limit, rejected = judge(found, given.settings)
    took = _single_thread_speed(runtime, given)
    given.progress(f"{candidate.scheme}: p50 {took.p50_us:,.1f} µs, {100 * found.agreement:.2f} % agreement")
    return replace(candidate, speed=took, fidelity=found, limit=limit, rejected=rejected)


def _single_thread_speed(runtime: Runtime, given: Search) -> Speed:
    if not isinstance(runtime, ScikitLearn):
        return speed(runtime, given.sample.rows)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return speed(runtime, given.sample.rows)


def _attempt(action: Callable[[], T]) -> tuple[T | None, str]:
    """Return what the action returns, or None and why a library refused."""
    try:
        return action(), ""
    except UNSUPPORTED as error:
        return None, " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _checked(scores: Floats, config: ModelConfig) -> Floats:
    """Return the scores if they are one finite number a class (regression: one), else say what they are."""
    wanted = len(config.classes) if config.task == "classification" else 1
    if scores.ndim != 2 or scores.shape[1] != wanted:
        raise ValueError(f"it gives an array of shape {scores.shape} where {wanted} columns are expected")
    if not np.isfinite(scores).all():
        raise ValueError(f"{int((~np.isfinite(scores)).any(axis=1).sum())} of {len(scores)} answers are not finite")
    return scores


def judge(found: Fidelity, settings: QuantizeSection) -> tuple[str, str]:
    """Return the limit that was broken and the reason, or two empty texts."""
    if found.agreement < settings.min_agreement:
        return "min_agreement", (
            f"it answers otherwise than the float model on {100 * (1 - found.agreement):.2f} % of rows"
            f" ({100 * (1 - settings.min_agreement):.3g} % allowed)"
        )
    if found.change < -settings.max_drop_abs:
        return "max_drop_abs", f"it loses {-found.change:.4f} of quality ({settings.max_drop_abs:g} allowed)"
    return "", ""


def choose(candidates: list[Candidate]) -> Candidate | None:
    """Return the fastest candidate that may be served; among equally fast ones the smallest; None when there is none."""
    servable = [one for one in candidates if one.servable and one.speed and one.size]
    if not servable:
        return None
    fastest = min(one.speed.p50_us for one in servable if one.speed)
    as_fast = [one for one in servable if one.speed and one.speed.p50_us <= AS_FAST * fastest]
    return min(as_fast, key=lambda one: one.size or 0)
