"""How often the gate is wrong, by summing over every table or by seeded runs. Slower than a unit test.

Each correction is also left out, and then the same runs exceed the rate: these tests would notice if it were dropped. The
whole grid: scripts/bench/error_rates.py.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.stats import multinomial, norm

from bench.counted import any_slice, drawn
from bench.gated import any_alarm
from bench.simulated import Answers, Numbers, Scores
from mlops_actions.evaluate.metrics import METRICS, confusion
from mlops_actions.evaluate.metrics.metric import mean
from mlops_actions.evaluate.rows import ClassRows, Extent, NumberRows
from mlops_actions.statistics import bootstrap, delong, mcnemar
from mlops_actions.statistics.change import Change, Student, linear
from mlops_actions.statistics.normal import z

ALPHA = 0.05
AT_MOST = 0.055  # and the simulation's own error, of two standard errors


def bound(runs: int) -> float:
    return AT_MOST + 2 * math.sqrt(AT_MOST / runs)


@pytest.mark.parametrize("rows", [40, 200])
@pytest.mark.parametrize("discordant", [0.02, 0.1, 0.3])
def test_calling_an_equal_model_worse_is_no_likelier_than_alpha(rows: int, discordant: float) -> None:
    # Exact, by summing over every table that can occur.
    wrong = uncorrected = 0.0
    for lost, won in product(range(rows + 1), repeat=2):
        if lost + won > rows or lost <= won:
            continue
        chance = float(
            multinomial.pmf([lost, won, rows - lost - won], rows, [discordant / 2, discordant / 2, 1 - discordant])
        )
        wrong += chance * (mcnemar.counted(lost, won, rows).p_below() <= ALPHA)
        uncorrected += chance * ((lost - won) / math.sqrt(lost + won) > z(ALPHA))
    assert wrong <= 0.05
    if (rows, discordant) == (40, 0.3):
        # McNemar's asymptotic test, which the mid-p value stands in for.
        assert uncorrected > 0.05


@pytest.mark.parametrize("rows", [200, 2000, 1_000_000])
@pytest.mark.parametrize("share", [0.25, 0.9])
def test_calling_a_harmful_drop_no_worse_is_no_likelier_than_alpha(rows: int, share: float) -> None:
    margin = 0.1 * share
    tables = drawn(rows, 0.1, margin, 20_000, np.random.default_rng(1))
    passed = sum(n for lost, won, n in tables if mcnemar.counted(lost, won, rows).interval(ALPHA).low > -margin)
    assert passed / 20_000 <= bound(20_000)
    if (rows, share) == (200, 0.9):
        # Bonett and Price's error around the change seen.
        changes = [(mcnemar.counted(lost, won, rows), n) for lost, won, n in tables]
        wald = sum(n for change, n in changes if change.value - z(ALPHA) * change.error > -margin)
        assert wald / 20_000 > bound(20_000)


def rates(
    model: Answers | Scores | Numbers,
    name: str,
    runs: int,
    margin: float,
    compare: Callable[..., Change],
) -> float:
    """Return how often the candidate of `model` is called no worse than `margin`; a margin of 0 counts how often it is called worse."""
    generator = np.random.default_rng(4)
    wrong = 0
    for _ in range(runs):
        low, high = compare(*model.draw(generator)).interval(ALPHA)
        low, high = (low, high) if METRICS[name].higher_is_better else (-high, -low)
        wrong += low > -margin if margin else high < 0
    return wrong / runs


def test_few_rows_that_differ_do_not_pass_for_none() -> None:
    model = Answers(200, 2, 0.2, 0.02, 0.01)
    average = confusion.Average(confusion.PRECISION, 1)
    margin = model.drop(average)

    def unwarned(base: confusion.Answers, candidate: confusion.Answers) -> Change:
        first, second = (confusion.measured(rows, average) for rows in (base, candidate))
        return linear(second.value - first.value, second.parts - first.parts, "")

    assert rates(model, "precision", 1000, margin, METRICS["precision"].compare) <= bound(1000)
    assert rates(model, "precision", 1000, margin, unwarned) > 2 * bound(1000)


def test_few_scores_that_differ_do_not_pass_for_none() -> None:
    model = Scores(200, 0.5, 0.02, 0.15)
    many = model.larger(1_000_000)
    generator = np.random.default_rng(0)
    brier = METRICS["brier"].compare
    margin = float(np.mean([brier(*many.draw(generator)).value for _ in range(10)]))

    def without_two_more(*rows: object) -> Change:
        change = brier(*rows)
        assert isinstance(change, Student)
        assert change.parts is not None
        return replace(change, error=math.sqrt(float(change.parts @ change.parts)), skewness=0.0)

    assert rates(model, "brier", 2000, margin, brier) <= bound(2000)
    assert rates(model, "brier", 2000, margin, without_two_more) > 2 * bound(2000)


def test_skewness_of_losses_is_corrected() -> None:
    # Of 30 rows 20 % differ, and nearly all of those lose.
    rows, apart, margin, runs = 30, 0.2, 0.18, 100_000
    corrected = plain = 0
    for lost, won, count in drawn(rows, apart, margin, runs, np.random.default_rng(2)):
        values = np.concatenate([-np.ones(lost), np.ones(won), np.zeros(rows - lost - won)])
        value, parts = mean(values, Extent())
        change = linear(value, parts, "", least=1 / rows)
        corrected += count * (change.interval(ALPHA).low > -margin)
        plain += count * (replace(change, skewness=0.0, freedom=math.inf).interval(ALPHA).low > -margin)
    assert corrected / runs <= bound(runs)
    assert plain / runs > bound(runs)


def test_rows_in_groups_are_not_independent() -> None:
    model = Numbers(600, groups=30)
    mae = METRICS["mae"].compare

    def independent(*rows: NumberRows) -> Change:
        return mae(*(replace(one, extent=Extent()) for one in rows))

    assert rates(model, "mae", 4000, 0.0, mae) <= bound(4000)
    # The differences of absolute errors hang together less than the errors, and yet.
    assert rates(model, "mae", 4000, 0.0, independent) > bound(4000)


@pytest.mark.parametrize("name", ["rmse", "r2"])
def test_bootstrap_of_numbers_calls_an_equal_model_worse_no_likelier_than_alpha(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "MOST", 1000)
    monkeypatch.setattr(bootstrap, "FEWEST", 1000)
    assert rates(Numbers(200, heavy=True), name, 1000, 0.0, METRICS[name].compare) <= bound(1000)


def test_f1_of_many_classes_calls_an_equal_model_worse_no_likelier_than_alpha() -> None:
    assert rates(Answers(1000, 5, 0.05, 0.2), "f1_macro", 1000, 0.0, METRICS["f1_macro"].compare) <= bound(1000)


def test_the_error_of_a_macro_area_is_that_of_fresh_samples() -> None:
    generator = np.random.default_rng(2)
    labels = np.repeat([0, 1, 2], [60, 120, 240])

    def draw() -> delong.Area:
        return delong.area(labels, generator.normal(size=(len(labels), 3)) + 1.2 * np.eye(3)[labels])

    areas = [draw() for _ in range(2000)]
    spread = np.std([area.value for area in areas])
    stated = np.mean([delong.standard_error(labels, area.parts) for area in areas])
    assert stated == pytest.approx(spread, rel=0.06)


@pytest.mark.parametrize("rarest", [0.5, 0.2])
def test_paired_area_calls_an_equal_model_worse_no_likelier_than_alpha(rarest: float) -> None:
    model = Scores(200, rarest)
    found = rates(model, "roc_auc", 4000, 0.0, METRICS["roc_auc"].compare)
    assert 0.02 <= found <= bound(4000)


def test_some_slice_is_called_worse_no_likelier_than_alpha() -> None:
    found = any_slice(20, 4000, np.random.default_rng(7))
    assert found["holm"] <= bound(4000)
    assert found["raw"] > 0.5
    assert found["warned"] <= 0.1 + 2 * math.sqrt(0.1 / 4000)


def test_the_gates_own_way_calls_nothing_worse_when_nothing_changed() -> None:
    # Two metrics and 19 slices that overlap: alpha split, Holm, max-T.
    found = any_alarm(60, np.random.default_rng(3))
    assert found["anything"] <= bound(60)
    assert found["raw"] > 2 * bound(60)


@pytest.mark.parametrize("distance", [2.33, 3.29, 4.37])
def test_a_high_area_at_the_margin_is_called_no_worse_no_likelier_than_alpha(distance: float) -> None:
    model = Scores(300, 0.12, 1.0, 0.15, distance)
    margin = float(norm.cdf(distance / math.sqrt(2)) - norm.cdf(0.85 * distance / math.sqrt(2)))

    def of_the_rows_alone(base: ClassRows, candidate: ClassRows) -> Change:
        parts = candidate.area.parts - base.area.parts
        return Student(
            value=candidate.area.value - base.area.value, error=delong.standard_error(base.labels, parts), method=""
        )

    assert rates(model, "roc_auc", 1000, margin, METRICS["roc_auc"].compare) <= bound(1000)
    assert rates(model, "roc_auc", 1000, margin, of_the_rows_alone) > bound(1000)


def test_unequal_groups_that_are_worth_30_call_an_equal_model_worse_no_likelier_than_alpha() -> None:
    model = Numbers(10_000, groups=100, unequal=1.0)
    generator, metric = np.random.default_rng(6), METRICS["mae"]
    judged = worse = 0
    for _ in range(1000):
        base, candidate = model.draw(generator)
        if metric.support(base) >= 30:
            judged += 1
            worse += metric.compare(base, candidate).interval(ALPHA).low > 0
    assert judged > 500
    assert worse / judged <= bound(judged)
