"""The judge's promises, held against simulation: alpha for false alarms, beta for false passes, however often it looks."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from mlops_actions.check_metrics.evidence import RATIOS, log_mean, log_rate, log_split
from mlops_actions.check_metrics.judge import Judge
from mlops_actions.check_metrics.look import Arm, Look, LookKind
from mlops_actions.config.models import CheckMetricsSection

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
RULES = CheckMetricsSection()
RUNS, LOOKS, CHUNK = 4000, 30, 500
CANARY, STABLE = 300, 2700  # requests per look of a minute: 5 and 45 a second


class Traffic:
    """Requests and bad events of both arms, shape (runs, looks)."""

    def __init__(self, n_c: object, p_c: object, n_b: object, p_b: object, *, runs: int = RUNS, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        shape = (runs, LOOKS)
        self.n_c = random.poisson(np.broadcast_to(np.asarray(n_c), shape))
        self.n_b = random.poisson(np.broadcast_to(np.asarray(n_b), shape))
        self.k_c = random.binomial(self.n_c, np.broadcast_to(np.asarray(p_c), shape))
        self.k_b = random.binomial(self.n_b, np.broadcast_to(np.asarray(p_b), shape))

    def pooled(self, looks: int) -> "Traffic":
        """Return the same traffic in looks that are `looks` times as long."""
        merged = Traffic.__new__(Traffic)
        for name in ("n_c", "n_b", "k_c", "k_b"):
            counts: Ints = getattr(self, name)
            setattr(merged, name, counts.reshape(counts.shape[0], -1, looks).sum(axis=2))
        return merged


def harm(traffic: Traffic, *, margin: float = RULES.ignore_below) -> Floats:
    """Evidence of harm after each look, shape (runs, looks), as a logarithm."""

    def step(part: slice) -> Floats:
        canary, stable = (traffic.n_c[part], traffic.k_c[part]), (traffic.n_b[part], traffic.k_b[part])
        return log_split(canary, stable, null=RULES.r0, alternatives=RULES.r0 * RATIOS, margin=margin)

    return np.concatenate([log_mean(step(part).cumsum(axis=1)) for part in _chunks(traffic)])


def safety(traffic: Traffic) -> Floats:
    """Evidence of safety after each look, shape (runs, looks), as a logarithm."""

    def step(part: slice) -> Floats:
        canary, stable = (traffic.n_c[part], traffic.k_c[part]), (traffic.n_b[part], traffic.k_b[part])
        ratio = log_mean(log_split(canary, stable, null=RULES.r1, alternatives=RULES.r1 / RATIOS).cumsum(axis=1))
        rate = log_mean(log_rate(canary, null=RULES.negligible, odds=1 / RATIOS).cumsum(axis=1))
        return log_mean(np.stack([ratio, rate], axis=-1))

    return np.concatenate([step(part) for part in _chunks(traffic)])


def _chunks(traffic: Traffic) -> list[slice]:
    return [slice(start, start + CHUNK) for start in range(0, len(traffic.n_c), CHUNK)]


def crossed(evidence: Floats, level: float) -> int:
    """How many runs ever reached 1/level."""
    return int((evidence.max(axis=1) >= -np.log(level)).sum())


def most(level: float, runs: int = RUNS) -> int:
    """Return a count that a rule with at most `level` false answers passes once in 10,000 test suites."""
    return int(stats.binom.ppf(0.9999, runs, level))


def peeking_z(traffic: Traffic) -> Floats:
    """A z-test of p_c <= r0 p_b at every look, without any correction; as evidence: it rejects where this is >= 1/alpha."""
    n_c, k_c, n_b, k_b = (counts.cumsum(axis=1) for counts in (traffic.n_c, traffic.k_c, traffic.n_b, traffic.k_b))
    gap = k_c / n_c - RULES.r0 * k_b / n_b - RULES.ignore_below
    spread = np.sqrt(k_c / n_c**2 + RULES.r0**2 * k_b / n_b**2)
    p_values: Floats = stats.norm.sf(gap / np.where(spread > 0, spread, np.inf))
    return -np.log(p_values)


def boundary(p_b: Floats | float) -> Floats:
    """The largest rate of the canary that is no harm: where false alarms are most likely."""
    return np.asarray(RULES.r0 * np.asarray(p_b) + RULES.ignore_below)


INCIDENT = np.where((np.arange(LOOKS) >= 10) & (np.arange(LOOKS) < 13), 0.05, 0.005)
RAMP = np.linspace(0.001, 0.05, LOOKS)
WAVES = 0.01 * np.exp(np.sin(np.arange(LOOKS) / 3))
NULLS = {
    "constant": (CANARY, STABLE, np.full(LOOKS, 0.005)),
    "an incident hits both arms": (CANARY, STABLE, INCIDENT),
    "rates ramp up": (CANARY, STABLE, RAMP),
    "rates wave": (CANARY, STABLE, WAVES),
    "little traffic": (12, 108, np.full(LOOKS, 0.01)),
    "weights rise, every look within one weight": (
        np.where(np.arange(LOOKS) < 15, 300, 1500),
        np.where(np.arange(LOOKS) < 15, 2700, 1500),
        np.where(np.arange(LOOKS) < 15, 0.002, 0.05),
    ),
}


@pytest.mark.parametrize("shape", NULLS)
def test_a_healthy_canary_is_called_harmful_with_a_chance_of_at_most_alpha(shape: str) -> None:
    n_c, n_b, p_b = NULLS[shape]
    assert crossed(harm(Traffic(n_c, boundary(p_b), n_b, p_b)), RULES.alpha) <= most(RULES.alpha)


@pytest.mark.parametrize("shape", ["constant", "an incident hits both arms", "rates ramp up", "rates wave"])
def test_the_same_check_catches_a_rule_that_peeks_without_correction(shape: str) -> None:
    n_c, n_b, p_b = NULLS[shape]
    assert crossed(peeking_z(Traffic(n_c, boundary(p_b), n_b, p_b)), RULES.alpha) > most(RULES.alpha)


def test_a_look_across_two_weights_would_break_the_promise() -> None:
    """Why looks are cut at every change of weight: pooled counts compare a calm canary with a stable in trouble."""
    quiet_then_loud = np.where(np.arange(LOOKS) < 15, 0.002, 0.05)
    n_c = np.where(np.arange(LOOKS) < 15, 300, 1500)
    n_b = np.where(np.arange(LOOKS) < 15, 2700, 1500)
    traffic = Traffic(n_c, quiet_then_loud, n_b, quiet_then_loud, runs=500)
    assert crossed(harm(traffic), RULES.alpha) <= most(RULES.alpha, 500)
    assert crossed(harm(traffic.pooled(LOOKS)), RULES.alpha) > 250


@pytest.mark.parametrize("p_b", [0.005, 0.01, 0.05])
def test_a_harmful_canary_passes_with_a_chance_of_at_most_beta(p_b: float) -> None:
    p_c = max(RULES.r1 * p_b, RULES.negligible)
    assert crossed(safety(Traffic(CANARY, p_c, STABLE, p_b)), RULES.beta) <= most(RULES.beta)


def test_a_first_release_is_judged_within_alpha_and_beta() -> None:
    traffic = Traffic(CANARY, RULES.negligible, 0, 0.0)
    arm = (traffic.n_c, traffic.k_c)
    above = log_mean(log_rate(arm, null=RULES.negligible, odds=RATIOS).cumsum(axis=1))
    below = log_mean(log_rate(arm, null=RULES.negligible, odds=1 / RATIOS).cumsum(axis=1))
    assert crossed(above, RULES.alpha) <= most(RULES.alpha)
    assert crossed(below, RULES.beta) <= most(RULES.beta)


def test_five_times_the_errors_are_found_within_two_looks() -> None:
    evidence = harm(Traffic(CANARY, 0.025, STABLE, 0.005))
    found = np.maximum.accumulate(evidence, axis=1) >= -np.log(RULES.alpha)
    assert found[:, 1].mean() > 0.5
    assert found[:, 4].mean() > 0.95


def test_a_healthy_canary_passes_in_reasonable_time() -> None:
    passed = np.maximum.accumulate(safety(Traffic(CANARY, 0.005, STABLE, 0.005)), axis=1) >= -np.log(RULES.beta)
    assert passed[:, 9].mean() > 0.5
    assert passed[:, -1].mean() > 0.95


def test_a_flawless_canary_passes_though_there_is_no_ratio() -> None:
    passed = safety(Traffic(100, 0.0, 900, 0.0, runs=100))[:, 5] >= -np.log(RULES.beta)
    assert passed.all()


def test_what_is_below_ignore_below_is_no_harm_and_the_margin_is_what_does_it() -> None:
    """Five times stable's errors, 0.01 % against 0.05 %, at a volume where that is certain."""
    traffic = Traffic(50_000, 0.0005, 50_000, 0.0001, runs=1000)
    assert crossed(harm(traffic), RULES.alpha) <= most(RULES.alpha, 1000)
    assert crossed(harm(traffic, margin=0.0), RULES.alpha) > 990


def test_the_judge_adds_up_what_these_simulations_check() -> None:
    traffic = Traffic(CANARY, 0.008, STABLE, 0.005, runs=20)
    expected_harm, expected_safety = np.exp(harm(traffic)), np.exp(safety(traffic))
    for run in range(20):
        judge = Judge(RULES, has_stable=True)
        for look in range(LOOKS):
            canary = Arm(requests=int(traffic.n_c[run, look]), errors=int(traffic.k_c[run, look]))
            stable = Arm(requests=int(traffic.n_b[run, look]), errors=int(traffic.k_b[run, look]))
            judge.observe(
                Look(kind=LookKind.OK, start=look, end=look + 1, canary_weight=10, canary=canary, stable=stable)
            )
            evidence = judge.verdict().evidence
            assert evidence["harm"]["value"] == pytest.approx(expected_harm[run, look], rel=1e-3)
            assert evidence["safety"]["value"] == pytest.approx(expected_safety[run, look], rel=1e-3)
            if judge.verdict().decision != "undecided":
                break
