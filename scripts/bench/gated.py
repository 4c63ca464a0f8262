"""The gate's own way from rows to words, with slices that share rows: what max-T and the split of alpha are worth together."""

import numpy as np
import polars as pl

from bench.simulated import Scores
from mlops_actions.config.evaluate_section import EvaluateSection
from mlops_actions.evaluate.gate import gate
from mlops_actions.evaluate.pairing import Matched, Order, Pair
from mlops_actions.evaluate.slices import sliced

SLICES = ("place", "kind", ["place", "kind"])  # 4 + 3 + 12 of them, two metrics on each
ROWS = 6000
RUNS = 400  # of a third of a second each


def any_alarm(runs: int, generator: np.random.Generator) -> dict[str, float]:
    """Return how often the gate calls something worse although nothing changed: anything, metrics, slices; and raw p-values of slices."""
    settings = EvaluateSection.model_validate(
        {"accuracy": {"max_drop_abs": 0.0}, "roc_auc": {"max_drop_abs": 0.0}, "slices": SLICES}
    )
    ids = pl.Series("id", [str(row) for row in range(ROWS)])
    order = Order.by(ids)
    found = np.zeros(4)
    for run in range(runs):
        base, candidate = Scores(ROWS, 0.3, 0.5).draw(generator)
        columns = pl.DataFrame(
            {name: generator.integers(0, count, ROWS) for name, count in (("place", 4), ("kind", 3))}
        )
        matched = Matched(Pair(candidate, base, ids, columns), None, "classification", f"sha256:{run:016x}", order)
        judged = gate(settings, matched, sliced(settings, columns), basis="paired", record=None, noise=None)
        metrics = any(one.word == "regressed" for one in judged.comparisons)
        slices = any(one.word == "regressed" for one in judged.slices)
        raw = any(one.gain is not None and one.gain.p_worse <= settings.alpha for one in judged.slices)
        found += np.array([metrics or slices, metrics, slices, raw])
    return dict(zip(("anything", "metrics", "slices", "raw"), (found / runs).tolist(), strict=True))


def gate_table(found: dict[str, float]) -> list[str]:
    """Return the lines of the whole gate, of RUNS runs."""
    return [
        "| the whole gate, nothing changed | runs | anything worse | a metric | a slice | raw p-values of slices |",
        "| --- | --- | --- | --- | --- | --- |",
        f"| accuracy and ROC AUC, 19 slices that overlap, {ROWS:,} rows | {RUNS} | "
        + " | ".join(f"{100 * share:.1f} %" for share in found.values())
        + " |",
    ]
