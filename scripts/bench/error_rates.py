"""How often the gate is wrong: simulated over a grid, written into docs/benchmarks.md (`python -m bench.error_rates`).

It takes about an hour of one processor. A cell that was measured before is read from .cache/error_rates.json; seeds are fixed.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import counted, gated
from bench.simulated import Answers, Numbers, Scores
from mlops_actions.evaluate.metrics import METRICS
from mlops_actions.evaluate.metrics.confusion import F1, PRECISION, RECALL, Average
from mlops_actions.statistics import bootstrap

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE, KEPT = ROOT / "docs" / "benchmarks.md", ROOT / ".cache" / "error_rates.json"
BEGIN, END = "<!-- error rates: written by bench.error_rates -->", "<!-- end of error rates -->"
ALPHA, FEWEST = 0.05, 30
Model = Answers | Scores | Numbers
Wrong = tuple[int, int]  # runs with enough rows, and how many were wrong


@dataclass(frozen=True)
class Cell:
    """One place of the grid.

    Attributes:
        family: what the table calls it.
        metrics: judged on the same draws.
        same: the two models are exchangeable.
        worse: the candidate is truly worse, by what is then the margin.
        runs: of each.
    """

    family: str
    metrics: tuple[str, ...]
    same: Model
    worse: Model
    runs: int


def grid() -> Iterator[Cell]:
    """Return all cells but those of accuracy, whose counts are drawn directly."""
    yield from _answers()
    yield from _scores()
    yield from _numbers()


def _answers() -> Iterator[Cell]:
    metrics = ("precision", "recall", "f1_weighted", "f1_macro")
    places = [(200, 2, 0.5), (200, 2, 0.2), (1000, 2, 0.05), (5000, 2, 0.01), (1000, 5, 0.05), (5000, 100, 0.01)]
    for rows, classes, rarest in [*places, (100_000, 2, 0.01)]:
        family = f"{rows:,} rows, {classes} classes, rarest {100 * rarest:g} %"
        for apart in (0.02, 0.05, 0.2) if rows < 100_000 and classes < 100 else (0.05,):
            same, worse = (Answers(rows, classes, rarest, apart, lost) for lost in (0.0, apart / 2))
            yield Cell(family, metrics, same, worse, 1000)


def _scores() -> Iterator[Cell]:
    metrics = ("roc_auc", "log_loss", "brier")
    for rows, rarest in [(200, 0.5), (200, 0.2), (1000, 0.05), (5000, 0.01), (100_000, 0.01)]:
        family = f"{rows:,} rows, 2 classes, rarest {100 * rarest:g} %"
        for apart in (1.0, 0.2, 0.05) if rows < 100_000 else (1.0,):
            same, worse = (Scores(rows, rarest, apart, lost) for lost in (0.0, 0.15))
            yield Cell(family, metrics, same, worse, 1000 if rows < 5000 else 300)
    for area, distance in ((0.95, 2.33), (0.99, 3.29), (0.999, 4.37)):
        for rows, rarest in ((300, 0.12), (1000, 0.1)):
            same, worse = (Scores(rows, rarest, 1.0, lost, distance) for lost in (0.0, 0.15))
            yield Cell(f"area {area}, {rows:,} rows, rarest {100 * rarest:g} %", ("roc_auc",), same, worse, 2000)


def _numbers() -> Iterator[Cell]:
    for metrics, runs in ((("mae",), 20_000), (("rmse", "r2"), 1000)):
        for rows, groups in [(50, 0), (200, 0), (1000, 0), (600, 30), (2000, 100)]:
            family = f"{rows:,} rows" + (f" in {groups} groups" if groups else "")
            for heavy in (False, True) if rows != 1000 or metrics == ("mae",) else (True,):
                for apart in (1.0,) if groups else (1.0, 0.2, 0.05):
                    same, worse = (Numbers(rows, heavy, apart, more, groups) for more in (0.0, 0.3))
                    yield Cell(family, metrics, same, worse, runs)
    for groups, unequal in ((100, 1.0), (300, 1.5)):
        same, worse = (Numbers(10_000, False, 1.0, more, groups, unequal) for more in (0.0, 0.3))
        yield Cell(f"10,000 rows in {groups} unequal groups", ("mae",), same, worse, 2000)


def measure(cell: Cell) -> dict[str, tuple[Wrong, Wrong]]:
    """Return for each metric how often an equal model is called worse, and one at the margin no worse."""
    generator = np.random.default_rng(zlib.crc32(repr(cell).encode()))
    nothing = dict.fromkeys(cell.metrics, 0.0)
    drops = {name: true_drop(name, cell.worse, generator) for name in cell.metrics}
    worse, passed = _count(cell, cell.same, nothing, generator), _count(cell, cell.worse, drops, generator)
    return {name: (worse[name][0], passed[name][1]) for name in cell.metrics}


def _count(
    cell: Cell, model: Model, margins: dict[str, float], generator: np.random.Generator
) -> dict[str, tuple[Wrong, Wrong]]:
    """Return for each metric how often it is called worse, and no worse than its margin."""
    found = {name: np.zeros(3, dtype=int) for name in cell.metrics}
    for _ in range(cell.runs):
        base, candidate = model.draw(generator)
        for name in cell.metrics:
            metric = METRICS[name]
            if min(metric.support(base), metric.support(candidate)) < FEWEST:
                continue
            low, high = metric.compare(base, candidate).interval(ALPHA)
            low, high = (low, high) if metric.higher_is_better else (-high, -low)
            found[name] += np.array([1, high < 0, low > -margins[name]])
    return {name: ((int(runs), int(worse)), (int(runs), int(passed))) for name, (runs, worse, passed) in found.items()}


def true_drop(name: str, model: Model, generator: np.random.Generator) -> float:
    """Return by how much the candidate is truly worse: by formula, else on so many rows that their error does not matter."""
    if isinstance(model, Answers):
        ratio = {"precision": PRECISION, "recall": RECALL}.get(name, F1)
        one = 1 if model.classes == 2 and ratio is not F1 else None
        return model.drop(Average(ratio, one, name == "f1_weighted"))
    many = model.larger(1_000_000)
    times = 3 if model.rows < 100_000 else 10
    changes = [METRICS[name].compare(*many.draw(generator)).value for _ in range(times)]
    return float(np.mean(changes)) * (-1 if METRICS[name].higher_is_better else 1)


def lines(results: dict[str, dict[str, tuple[Wrong, Wrong]]]) -> Iterator[str]:
    """Return a line of the table for each metric and family: its worst cell."""
    places: dict[tuple[str, str], list[tuple[Wrong, Wrong]]] = {}
    for cell in grid():
        for name, wrong in results.get(repr(cell), {}).items():
            places.setdefault((name, cell.family), []).append(wrong)
    for (name, family), found in sorted(places.items(), key=lambda place: list(METRICS).index(place[0][0])):
        powered = [wrong for wrong in found if wrong[0][0] and wrong[1][0]]
        runs = min(min(equal[0], margin[0]) for equal, margin in powered)
        worse, passed = (max(wrong[side][1] / wrong[side][0] for wrong in powered) for side in (0, 1))
        yield f"| {name} | {family} | {len(powered)} | {runs:,} | {100 * worse:.1f} % | {100 * passed:.1f} % |"


def main() -> None:
    """Measure what is not known yet, and write the tables."""
    # Tails that only Holm asks for are not looked at here.
    bootstrap.MOST = bootstrap.FEWEST
    KEPT.parent.mkdir(exist_ok=True)
    results = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    cells = list(grid())
    for number, cell in enumerate(cells, 1):
        if repr(cell) not in results:
            results[repr(cell)] = measure(cell)
            KEPT.write_text(json.dumps(results))
            print(f"{number} of {len(cells)}: {cell.family}: {results[repr(cell)]}", flush=True)
    head = [
        "| metric | test set | cells | runs a cell, at least | equal, called worse | at the margin, called no worse |"
    ]
    head.append("| --- | --- | --- | --- | --- | --- |")
    rates = [*head, *counted.accuracy_table(), *lines(results)]
    if "gate" not in results:
        results["gate"] = gated.any_alarm(gated.RUNS, np.random.default_rng(11))
        KEPT.write_text(json.dumps(results))
    parts = (rates, counted.power_table(), counted.slices_table(), gated.gate_table(results["gate"]))
    table = "\n\n".join("\n".join(part) for part in parts)
    text = PAGE.read_text()
    PAGE.write_text(f"{text.split(BEGIN)[0]}{BEGIN}\n{table}\n{END}{text.split(END)[1]}")


if __name__ == "__main__":
    main()
