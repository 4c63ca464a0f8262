"""An A/A run: train the same model with several seeds, and see how far its metrics move and what the gate makes of it.

The paired test of the gate is conditional on two given models; how much chance in training adds is measured here
(Bouthillier et al. 2021, arXiv:2103.03098).
"""

import itertools
import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from mlops_actions import evaluate, train
from mlops_actions.bundle import Bundle
from mlops_actions.config import Config
from mlops_actions.config.change import changed
from mlops_actions.environments import Environments
from mlops_actions.errors import ConfigError
from mlops_actions.progress import Progress, silent
from mlops_actions.report import Evaluation
from mlops_actions.report.evaluation import Comparison
from mlops_actions.report.noise import MetricNoise, Noise
from mlops_actions.statistics.change import quantile
from mlops_actions.statistics.normal import z
from mlops_actions.train.workplace import workplace

MOST_PAIRS = 30
Pair = tuple[int, int]


def run(config: Config, *, seeds: int, cache: Path, environments: Environments, progress: Progress) -> Noise:
    """Train with `seeds` seeds from `train.seed` on, and compare the trainings with each other on the test rows.

    Trainings go through the cache, so that a second run, or one with more seeds, repeats none. The model's own bundle stays
    as it is.

    Args:
        config: the whole file; `data` and `train` are needed.
        seeds: how many trainings, 2 or more.
        cache: folder of earlier trainings.
        environments: interpreters for training.
        progress: told what is trained and compared.

    Raises:
        ConfigError: there is no section train, or what training and evaluation refuse.
        DataError, UserCodeError, OutsideError: as training and evaluation do.
    """
    if config.train is None:
        raise ConfigError(
            f"{config.file} has no section train, so there is nothing to train again.",
            why="predictions that come from files do not say how much chance was in them.",
            fix="add train, or measure the noise where the model is trained.",
            file=str(config.file),
        )
    numbers = [config.train.seed + number for number in range(seeds)]
    with workplace(config.work) as folder:
        bundles: list[Path] = []
        for number in numbers:
            progress(f"Seed {number}: training {len(bundles) + 1} of {seeds}")
            trained = changed(config, {"train": {"seed": number}}, work=folder / str(number), source=config.file)
            train.run(trained, cache=cache, environments=environments, progress=progress)
            bundles.append(trained.work / "bundle")
        digests = [Bundle(path).config().input_digest for path in bundles]
        compared = _compare(config, bundles, folder, progress)
    return summary(config.model.id, numbers, digests, compared)


def _compare(config: Config, bundles: Sequence[Path], folder: Path, progress: Progress) -> dict[Pair, Evaluation]:
    # A folder of its own and no files: what was measured or exported earlier has no part in this.
    alone = changed(config, {"evaluate": {"files": None}}, work=folder, source=config.file)
    found = {}
    chosen = pairs(len(bundles))
    for number, (one, other) in enumerate(chosen, start=1):
        progress(f"Comparing two seeds: {number} of {len(chosen)}")
        evaluation = evaluate.run(alone, candidate=bundles[other], base=bundles[one], progress=silent).evaluation
        assert evaluation is not None
        found[one, other] = evaluation
    return found


def pairs(count: int) -> list[Pair]:
    """Return which of `count` trainings are compared with which: neighbours first, 30 pairs at most (and every training)."""
    every = sorted(itertools.combinations(range(count), 2), key=lambda pair: (pair[1] - pair[0], pair))
    return every[: max(MOST_PAIRS, count - 1)]


def summary(model: str, seeds: list[int], digests: list[str], compared: dict[Pair, Evaluation]) -> Noise:
    """Add comparisons up.

    Args:
        model: its id.
        seeds: of the trainings.
        digests: their input digests, in the same order.
        compared: by the places of base and candidate; every training is in one of them.
    """
    first = next(iter(compared.values()))
    words = [evaluation.word for evaluation in compared.values()]
    names = [one.metric for one in first.comparisons]
    return Noise(
        model=model,
        seeds=seeds,
        input_digests=digests,
        test_set=first.test_set,
        rows=first.rows,
        alpha=first.alpha,
        pairs=len(compared),
        regressed=words.count("regressed"),
        improved=words.count("improved"),
        metrics={name: _metric(name, compared) for name in names},
    )


def _metric(name: str, compared: dict[Pair, Evaluation]) -> MetricNoise:
    values: dict[int, float] = {}
    comparisons = []
    for (base, candidate), evaluation in compared.items():
        found = next(one for one in evaluation.comparisons if one.metric == name)
        assert found.base is not None
        values |= {base: found.base.value, candidate: found.candidate.value}
        comparisons.append(found)
    ordered = [values[place] for place in sorted(values)]
    gains = [one.gain for one in comparisons if one.gain is not None]
    sigma = 0.0 if len(set(ordered)) == 1 else statistics.stdev(ordered)
    error, alpha = _mean_error(comparisons), next(iter(compared.values())).alpha
    return MetricNoise(
        title=comparisons[0].title,
        sigma=sigma,
        seeds=len(ordered),
        values=ordered,
        error=error,
        widens=_widening(sigma, error, len(ordered), alpha) if error else None,
        worse=sum(gain.high < 0 for gain in gains),
        better=sum(gain.low > 0 for gain in gains),
    )


def _mean_error(comparisons: list[Comparison]) -> float:
    """Return the root mean square of the standard errors."""
    squares = [one.gain.error**2 for one in comparisons if one.gain is not None]
    return math.sqrt(statistics.fmean(squares)) if squares else 0.0


def _widening(sigma: float, error: float, seeds: int, alpha: float) -> float:
    """Return by how much evaluate widens an interval: both parts as it does, the noise with Student's t for the few seeds."""
    return math.hypot(z(alpha) * error, quantile(alpha, seeds - 1) * math.sqrt(2) * sigma) / (z(alpha) * error)
