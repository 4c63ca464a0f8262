"""What is a function of counts is simulated as counts: accuracies of one test set, and of its slices."""

import numpy as np

from mlops_actions.statistics import benjamini_hochberg, holm, mcnemar

ALPHA = 0.05
RUNS = 100_000
Rates = tuple[float, float]


def drawn(
    rows: int, apart: float, drop: float, runs: int, generator: np.random.Generator
) -> list[tuple[int, int, int]]:
    """Return (rows lost, rows won, how often) of `runs` test sets on which models differ on a share `apart` of rows."""
    shares = [(apart + drop) / 2, (apart - drop) / 2, 1 - apart]
    tables, counts = np.unique(generator.multinomial(rows, shares, runs)[:, :2], axis=0, return_counts=True)
    return [(int(lost), int(won), int(count)) for (lost, won), count in zip(tables, counts, strict=True)]


def wrong(rows: int, apart: float, generator: np.random.Generator) -> Rates:
    """Return how often an equal model is called worse, and how often one at the margin is called no worse (the worst margin)."""
    equal = sum(
        count
        for lost, won, count in drawn(rows, apart, 0.0, RUNS, generator)
        if mcnemar.counted(lost, won, rows).interval(ALPHA).high < 0
    )
    passed = [_passed(rows, apart, share * apart, generator) for share in (0.25, 0.5, 0.9)]
    return equal / RUNS, max(passed)


def _passed(rows: int, apart: float, margin: float, generator: np.random.Generator) -> float:
    found = drawn(rows, apart, margin, RUNS, generator)
    low = ((mcnemar.counted(lost, won, rows).interval(ALPHA).low, count) for lost, won, count in found)
    return sum(count for end, count in low if end > -margin) / RUNS


def accuracy_table() -> list[str]:
    """Return the lines of accuracy: one for each number of rows."""
    lines = []
    for rows in (200, 1000, 10_000, 100_000, 1_000_000):
        generator = np.random.default_rng(rows)
        rates = [wrong(rows, apart, generator) for apart in (0.02, 0.05, 0.1, 0.2)]
        worse, passed = (max(column) for column in zip(*rates, strict=True))
        lines.append(f"| accuracy | {rows:,} rows | 16 | {RUNS:,} | {100 * worse:.1f} % | {100 * passed:.1f} % |")
    return lines


def power_table() -> list[str]:
    """Return what the gate and two usual thresholds say, 5 % of rows answered otherwise: of no change, and of a point lost."""
    lines = [
        "| rows | change | `max_drop_abs: 0.005`: worse | fail on any drop | fail on a drop > 0.5 points |",
        "| --- | --- | --- | --- | --- |",
    ]
    for rows in (200, 1000, 2000, 10_000):
        for drop in (0.0, 0.01):
            found = drawn(rows, 0.05, drop, RUNS, np.random.default_rng(rows))
            said = np.zeros(3)
            for lost, won, count in found:
                change = mcnemar.counted(lost, won, rows)
                worse = change.interval(ALPHA).high < 0 and change.value <= -0.005
                said += count * np.array([worse, change.value < 0, change.value < -0.005])
            what = "-1 point" if drop else "none"
            lines.append(f"| {rows:,} | {what} | " + " | ".join(f"{100 * share / RUNS:.1f} %" for share in said) + " |")
    return lines


def any_slice(slices: int, runs: int, generator: np.random.Generator) -> dict[str, float]:
    """Return how often some slice of 500 rows is called worse when none is: by raw p-values, Holm, Benjamini-Hochberg."""
    drawn_counts = generator.multinomial(500, [0.04, 0.04, 0.92], (runs, slices))[..., :2]
    size = int(drawn_counts.max()) + 1
    known = np.array(
        [[mcnemar.counted(lost, won, 500).p_below() for won in range(size)] for lost in range(size)], dtype=np.float64
    )
    p_values = known[drawn_counts[..., 0], drawn_counts[..., 1]]
    change = (drawn_counts[..., 1] - drawn_counts[..., 0]) / 500
    return {
        "drop > 2 points": float((change < -0.02).any(axis=1).mean()),
        "raw": float((p_values <= ALPHA).any(axis=1).mean()),
        "holm": float(np.mean([(row <= holm.levels(row, ALPHA)).any() for row in p_values])),
        "warned": float(np.mean([benjamini_hochberg.rejected(row, 0.1).any() for row in p_values])),
    }


def slices_table() -> list[str]:
    """Return how often some slice is called worse when nothing changed."""
    lines = ["| slices | drop > 2 points | raw p-values | Holm (fails) | Benjamini-Hochberg at 10 % (warns) |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for slices in (1, 5, 20, 50):
        found = any_slice(slices, 20_000, np.random.default_rng(slices))
        lines.append(f"| {slices} | " + " | ".join(f"{100 * share:.1f} %" for share in found.values()) + " |")
    return lines
