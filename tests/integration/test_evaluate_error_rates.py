"""How often the gate is wrong, by summing over every table or by 2,000 and more seeded runs. Slower than a unit test."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import multinomial

from mlops_actions.evaluate.metrics import METRICS
from mlops_actions.evaluate.rows import ClassRows
from mlops_actions.statistics import cells, delong, mcnemar
from mlops_actions.statistics.normal import z


@pytest.mark.parametrize("rows", [40, 200])
@pytest.mark.parametrize("discordant", [0.02, 0.1, 0.3])
def test_calling_an_equal_model_worse_is_no_likelier_than_alpha(rows: int, discordant: float) -> None:
    # Exact, by summing over every table that can occur.
    wrong = 0.0
    for lost, won in product(range(rows + 1), repeat=2):
        if lost + won <= rows and lost > won and mcnemar.compare(lost, won, rows, 0.05).high < 0:
            chances = [discordant / 2, discordant / 2, 1 - discordant]
            wrong += float(multinomial.pmf([lost, won, rows - lost - won], rows, chances))
    assert wrong <= 0.05


def test_calling_a_harmful_drop_no_worse_is_no_likelier_than_alpha() -> None:
    rows, margin = 2000, 0.01
    generator = np.random.default_rng(1)
    drawn = generator.multinomial(rows, [0.04, 0.03, 0.93], size=20_000)
    tables, counts = np.unique(drawn[:, :2], axis=0, return_counts=True)
    passed = sum(
        count
        for (lost, won), count in zip(tables.tolist(), counts.tolist(), strict=True)
        if mcnemar.compare(lost, won, rows, 0.05).low > -margin
    )
    assert passed / 20_000 <= 0.055


def test_the_error_of_a_macro_area_is_that_of_fresh_samples() -> None:
    generator = np.random.default_rng(2)
    labels = np.repeat([0, 1, 2], [60, 120, 240])

    def draw() -> delong.Area:
        return delong.area(labels, generator.normal(size=(len(labels), 3)) + 1.2 * np.eye(3)[labels])

    areas = [draw() for _ in range(2000)]
    spread = np.std([area.value for area in areas])
    stated = np.mean([delong.standard_error(labels, area.parts) for area in areas])
    assert stated == pytest.approx(spread, rel=0.06)


def test_paired_area_calls_an_equal_model_worse_no_likelier_than_alpha() -> None:
    generator = np.random.default_rng(3)
    labels = np.repeat([0, 1], [150, 60])
    wrong = 0
    for _ in range(2000):
        truth = generator.normal(size=len(labels)) + labels
        first, second = (truth + generator.normal(scale=0.7, size=len(labels)) for _ in range(2))
        areas = [delong.area(labels, np.column_stack([-scores, scores])) for scores in (first, second)]
        error = delong.standard_error(labels, areas[1].parts - areas[0].parts)
        wrong += areas[1].value - areas[0].value + z(0.05) * error < 0
    assert 0.03 <= wrong / 2000 <= 0.065


def test_calling_an_equal_model_worse_by_f1_is_no_likelier_than_alpha(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "REPLICATES", 300)
    generator = np.random.default_rng(6)
    labels = np.repeat([0, 1], [200, 100])
    wrong = 0
    for _ in range(2000):
        shared = generator.random(300) < 0.15
        first, second = (np.where(shared | (generator.random(300) < 0.05), 1 - labels, labels) for _ in range(2))
        rows = [ClassRows(["a", "b"], labels, predicted, None) for predicted in (first, second)]
        wrong += METRICS["f1_weighted"].compare(rows[0], rows[1], 0.05).high < 0
    assert 0.03 <= wrong / 2000 <= 0.065
