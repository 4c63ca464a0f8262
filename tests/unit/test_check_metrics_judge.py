"""The judge's door: looks in, verdict out."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_actions.check_metrics.judge import Judge
from mlops_actions.check_metrics.look import Arm, Look, LookKind, Reading
from mlops_actions.config.models import CheckMetricsSection, FixedLimit
from mlops_actions.errors import DataError
from mlops_actions.verdict import Decision, Verdict

RULES = CheckMetricsSection()
BAD_KINDS = [kind for kind in LookKind if kind is not LookKind.OK]


def ok(number: int, canary: tuple[int, int], stable: tuple[int, int] | None = None, **more: object) -> Look:
    arms = {"canary": _arm(canary), "stable": _arm(stable) if stable else None}
    content = {"kind": "OK", "start": number, "end": number + 1, "canary_weight": 10, **arms, **more}
    return Look.model_validate(content)


def trouble(kind: LookKind, number: int = 0, **more: object) -> Look:
    content = {"kind": kind, "start": number, "end": number + 1, "canary_weight": 10, "detail": "why", **more}
    return Look.model_validate(content)


def _arm(counts: tuple[int, int]) -> Arm:
    return Arm(requests=counts[0], errors=counts[1])


def after(looks: list[Look], *, rules: CheckMetricsSection = RULES, has_stable: bool = True) -> Verdict:
    judge = Judge(rules, has_stable=has_stable)
    for look in looks:
        judge.observe(look)
    return judge.verdict(final=True)


def test_harm_fails_with_counts_in_the_sentence() -> None:
    verdict = after([ok(0, (431, 40), (3880, 16))])
    assert (verdict.decision, verdict.reason) == (Decision.FAIL, "harm")
    assert "the canary failed 9.3 % of 431 requests, stable 0.41 % of 3,880" in verdict.sentence
    assert verdict.evidence["canary"] == {"requests": 431, "errors": 40}


def test_a_healthy_canary_passes() -> None:
    verdict = after([ok(number, (300, 6), (2700, 54)) for number in range(20)])
    assert (verdict.decision, verdict.reason) == (Decision.PASS, "no_harm")


def test_a_flawless_canary_passes_as_negligible() -> None:
    verdict = after([ok(number, (300, 0), (2700, 0)) for number in range(5)])
    assert (verdict.decision, verdict.reason) == (Decision.PASS, "negligible")


def test_a_first_release_passes_when_its_rate_is_negligible_and_fails_when_it_is_more() -> None:
    good = after([ok(number, (200, 0)) for number in range(5)], has_stable=False)
    assert (good.decision, good.reason) == (Decision.PASS, "negligible")
    bad = after([ok(0, (200, 40))], has_stable=False)
    assert (bad.decision, bad.reason) == (Decision.FAIL, "above_negligible")
    assert "up to 1.0 % is negligible" in bad.sentence


def test_few_requests_are_not_enough() -> None:
    verdict = after([ok(0, (10, 0), (90, 0))])
    assert (verdict.decision, verdict.reason) == (Decision.UNDECIDED, "not_enough_evidence")
    assert "of 100, of safety" in verdict.sentence


def test_nothing_passes_as_negligible_while_the_evidence_leans_to_harm() -> None:
    """Half a percent is below 1 %, and fifty times what stable does."""
    verdict = after([ok(number, (1000, 5), (9000, 1)) for number in range(10)])
    assert (verdict.decision, verdict.reason) == (Decision.FAIL, "harm")


def test_while_watching_nothing_is_final() -> None:
    judge = Judge(RULES, has_stable=True)
    assert judge.verdict().reason == "watching"
    assert judge.verdict(final=True).reason == "no_data"


@pytest.mark.parametrize("kind", BAD_KINDS)
def test_what_is_not_ok_can_neither_pass_nor_fail_and_is_named(kind: LookKind) -> None:
    verdict = after([trouble(kind, number) for number in range(1000)])
    assert (verdict.decision, verdict.reason) == (Decision.UNDECIDED, "no_data")
    assert f"1000 {kind}" in verdict.sentence
    assert "why" in verdict.sentence


@pytest.mark.parametrize("kind", BAD_KINDS)
def test_what_is_not_ok_moves_no_evidence(kind: LookKind) -> None:
    plain, mixed = Judge(RULES, has_stable=True), Judge(RULES, has_stable=True)
    for judge in (plain, mixed):
        judge.observe(ok(0, (100, 1), (900, 4)))
    mixed.observe(trouble(kind, 1))
    for name in ("harm", "no_harm", "negligible", "canary", "stable", "cursor"):
        assert plain.state()[name] == mixed.state()[name]
    assert f"not judged: 1 {kind}" in mixed.verdict().sentence


def test_counts_without_the_stable_arm_are_no_comparison() -> None:
    verdict = after([ok(number, (1000, 0)) for number in range(10)], has_stable=True)
    assert (verdict.decision, verdict.reason) == (Decision.UNDECIDED, "no_data")


def test_a_silent_canary_is_no_traffic() -> None:
    verdict = after([ok(number, (0, 0), (900, 4)) for number in range(10)])
    assert (verdict.decision, verdict.reason) == (Decision.UNDECIDED, "no_traffic")


def test_a_flawless_canary_beside_a_silent_stable_passes_as_negligible() -> None:
    assert after([ok(number, (300, 0), (0, 0)) for number in range(5)]).reason == "negligible"


def evidence(looks: list[Look]) -> dict[str, object]:
    return {name: after(looks).evidence[name] for name in ("harm", "canary", "stable")}


def test_looks_in_which_an_arm_is_silent_are_judged_with_those_after_them() -> None:
    """At one request a second, looks of a second would otherwise never be evidence."""
    apart = [ok(0, (40, 3), (0, 0)), ok(1, (10, 0), (0, 0)), ok(2, (0, 0), (400, 2))]
    assert evidence(apart) == evidence([ok(0, (50, 3), (400, 2))])


def test_an_arm_that_is_off_for_long_is_not_compared_with_another_time() -> None:
    """Stable's incident while the canary was off does not make the canary look good, or bad."""
    apart = [ok(0, (0, 0), (5000, 2500)), ok(1, (300, 60), (2700, 13))]
    assert evidence(apart)["harm"] == evidence([ok(0, (300, 60), (2700, 13))])["harm"]


def test_they_are_never_judged_with_looks_at_another_weight() -> None:
    apart = [ok(0, (40, 3), (0, 0)), ok(1, (5, 0), (400, 2), canary_weight=50)]
    assert evidence(apart)["harm"] == evidence([ok(0, (5, 0), (400, 2))])["harm"]
    assert evidence(apart)["canary"] == {"requests": 45, "errors": 3}


def test_a_silent_stable_gives_no_evidence_of_harm() -> None:
    assert after([ok(0, (1000, 900), (0, 0))]).evidence["harm"]["value"] == 1.0


def test_the_first_decision_stays() -> None:
    judge = Judge(RULES, has_stable=True)
    judge.observe(ok(0, (431, 40), (3880, 16)))
    decided = judge.verdict()
    judge.observe(ok(1, (100_000, 0), (100_000, 0)))
    assert judge.verdict() == decided


@pytest.mark.parametrize("second", [(0, 1), (0.5, 2), (3, 2)])
def test_no_event_counts_twice(second: tuple[float, float]) -> None:
    judge = Judge(RULES, has_stable=True)
    judge.observe(ok(0, (100, 1), (900, 4)))
    before = judge.state()
    with pytest.raises(DataError, match="overlaps"):
        judge.observe(ok(0, (100, 1), (900, 4), start=second[0], end=second[1]))
    assert judge.state() == before


def test_a_state_goes_through_json_and_the_judge_goes_on() -> None:
    looks = [ok(number, (300, 3), (2700, 13)) for number in range(6)]
    straight, first = Judge(RULES, has_stable=True), Judge(RULES, has_stable=True)
    for look in looks:
        straight.observe(look)
    for look in looks[:3]:
        first.observe(look)
    second = Judge.resume(RULES, json.loads(json.dumps(first.state())))
    for look in looks[3:]:
        second.observe(look)
    assert second.state() == straight.state()
    assert second.verdict() == straight.verdict()


def test_evidence_is_not_carried_to_other_rules() -> None:
    state = Judge(RULES, has_stable=True).state()
    with pytest.raises(DataError, match="other settings"):
        Judge.resume(RULES.model_copy(update={"r0": 1.5}), state)
    with pytest.raises(DataError, match="not the state"):
        Judge.resume(RULES, {"schema_version": 9})


LIMITED = CheckMetricsSection(limits={"p99": FixedLimit(query="x", max=0.5)})


def reading(value: float | None, kind: LookKind = LookKind.OK) -> dict[str, Reading]:
    return {"p99": Reading(kind=kind, value=value, detail="" if value is not None else "nothing there")}


def test_a_limit_that_is_passed_fails_whatever_the_rates_say() -> None:
    verdict = after([ok(0, (1000, 0), (1000, 0), limits=reading(0.7))], rules=LIMITED)
    assert (verdict.decision, verdict.reason) == (Decision.FAIL, "limit")
    assert "p99 (0.7)" in verdict.sentence


def test_a_limit_is_read_even_where_the_counters_are_not() -> None:
    assert after([trouble(LookKind.EMPTY, limits=reading(0.7))], rules=LIMITED).reason == "limit"


def test_a_limit_that_is_kept_does_not_pass_alone() -> None:
    assert after([ok(0, (1, 0), (1, 0), limits=reading(0.2))], rules=LIMITED).decision is Decision.UNDECIDED


@pytest.mark.parametrize("kind", BAD_KINDS)
def test_a_limit_that_was_not_read_blames_nobody_and_passes_nobody(kind: LookKind) -> None:
    looks = [ok(number, (1000, 0), (9000, 0), limits=reading(None, kind)) for number in range(5)]
    verdict = after(looks, rules=LIMITED)
    assert (verdict.decision, verdict.reason) == (Decision.UNDECIDED, "limit_unread")
    assert f"{kind}: nothing there" in verdict.sentence


def test_a_limit_that_is_read_at_last_lets_pass() -> None:
    looks = [ok(0, (1000, 0), (9000, 0)), ok(1, (1000, 0), (9000, 0), limits=reading(0.5))]
    assert after(looks, rules=LIMITED).decision is Decision.PASS


COUNTS = st.tuples(st.integers(0, 10**9), st.floats(0, 1)).map(lambda pair: (pair[0], int(pair[0] * pair[1])))


@settings(max_examples=60, deadline=None)
@given(counts=st.lists(st.tuples(COUNTS, COUNTS), max_size=6), has_stable=st.booleans())
def test_any_counts_give_a_verdict_with_finite_numbers(
    counts: list[tuple[tuple[int, int], tuple[int, int]]], *, has_stable: bool
) -> None:
    verdict = after([ok(number, *arms) for number, arms in enumerate(counts)], has_stable=has_stable)
    assert json.loads(json.dumps(verdict.evidence, allow_nan=False)) == verdict.evidence
    assert verdict.sentence.endswith(".")
