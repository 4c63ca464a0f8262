"""What an A/A run found, in words and in a table."""

import math
import statistics

from mlops_actions.config import Config
from mlops_actions.report import Table
from mlops_actions.report.noise import MetricNoise, Noise


def sentence(noise: Noise, config: Config) -> str:
    """Say how much of a change is chance in training, and what the gate made of it."""
    trained = (
        f"{len(noise.seeds)} trainings of {noise.model} that differ in the seed alone, on the same {noise.rows:,} rows"
    )
    if noise.deterministic:
        return f"{trained}: every metric has the same value each time, so training is deterministic and adds no noise.{_fixed(config)}"
    return f"{trained}: {_moved(noise, config)}{_called(noise, config)}"


def _fixed(config: Config) -> str:
    fixes = config.train is not None and "random_state" in config.train.parameters
    return " Note that train.parameters fixes random_state, so train.seed has no effect." if fixes else ""


def _moved(noise: Noise, config: Config) -> str:
    """Name the metric whose interval grows most, among those that are limited if any is."""
    limited = [noise.metrics[name] for name in config.evaluate.limits() if name in noise.metrics]
    widest = max(limited or noise.metrics.values(), key=lambda metric: metric.widens or 1)
    grows = f"; counting that in makes its interval {widest.widens:.2g} times as wide" if widest.widens else ""
    return f"{widest.title} moves by {widest.sigma:.2g} (one standard deviation){grows}."


def _called(noise: Noise, config: Config) -> str:
    if not config.evaluate.limits():
        return " No limit is set under evaluate, so the gate calls nothing worse."
    return (
        f" Of {noise.pairs} pairs of them the gate called {noise.regressed} worse and {noise.improved} better, all by mistake:"
        f" with the noise counted in, at most {100 * noise.alpha:.3g} % of each are to be expected."
    )


def table(noise: Noise) -> Table:
    """Put every metric on a line, with what the noise does to the interval of a change."""
    return Table(
        title=f"Noise of training: {len(noise.seeds)} seeds, {noise.pairs} pairs",
        columns=["metric", "mean", "sigma of seeds", "error of rows", "interval grows", "worse", "better"],
        rows=[_line(metric, noise.pairs) for metric in noise.metrics.values()],
    )


def _line(metric: MetricNoise, pairs: int) -> list[str | int | float | None]:
    smallest = min(value for value in (metric.sigma, metric.error, 0.1) if value)
    digits = min(max(1 - math.floor(math.log10(smallest)), 0), 12)
    return [
        metric.title,
        f"{statistics.fmean(metric.values):.{digits}f}",
        f"{metric.sigma:.2g}",
        f"{metric.error:.2g}",
        f"x {metric.widens:.2f}" if metric.widens else "-",
        f"{metric.worse} of {pairs}",
        f"{metric.better} of {pairs}",
    ]


def aligned(table: Table) -> list[str]:
    """Return a table as lines of text with columns one below the other."""
    rows = [table.columns, *([str(cell) for cell in row] for row in table.rows)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(table.columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
