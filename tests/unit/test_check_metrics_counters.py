"""Counters into events: resets, births, absent series."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.check_metrics.counters import Sample, Tally, counted
from mlops_actions.check_metrics.look import Arm


def sample(at: float, ok: int, error: int | None = None, started: float | None = 0.0) -> Sample:
    counts = {"ok": ok} if error is None else {"ok": ok, "error": error}
    return Sample(at, counts, started)


def arm(requests: int, errors: int) -> Arm:
    return Arm(requests=requests, errors=errors)


def test_differences_are_counted_and_everything_but_ok_is_bad() -> None:
    before = Sample(0, {"ok": 10, "invalid": 1, "error": 2})
    assert counted([Sample(1, {"ok": 15, "invalid": 2, "error": 4})], before) == arm(8, 3)


def test_an_error_series_that_is_absent_beside_live_requests_counts_zero() -> None:
    assert counted([sample(1, 15)], sample(0, 10)) == arm(5, 0)


def test_an_error_series_that_appears_counts_in_full() -> None:
    assert counted([sample(1, 15, 3)], sample(0, 10)) == arm(8, 3)


def test_a_fall_is_a_restart_and_the_new_value_counts_in_full() -> None:
    assert counted([sample(1, 4, 2)], sample(0, 100, 1)) == arm(6, 2)


def test_a_restart_is_seen_by_the_start_time_even_when_no_counter_fell() -> None:
    assert counted([sample(2, 150, 5, started=1.0)], sample(0, 100, 1, started=0.0)) == arm(155, 5)


def test_a_restart_resets_all_outcomes_together() -> None:
    """ok fell, so the errors of the new process count in full too, though their number grew."""
    assert counted([sample(1, 4, 5)], sample(0, 100, 3)) == arm(9, 5)


def test_a_process_born_after_begin_counts_in_full() -> None:
    assert Tally(begin=50.0).advance({"new": [sample(60, 7, 1, started=55.0)]}) == arm(8, 1)


@pytest.mark.parametrize("started", [10.0, None])
def test_an_older_process_that_was_not_read_before_counts_from_its_first_sample(started: float | None) -> None:
    samples = [sample(60, 1000, 10, started=started), sample(70, 1005, 11, started=started)]
    assert Tally(begin=50.0).advance({"old": samples}) == arm(6, 1)


def test_a_process_that_is_away_for_a_look_loses_nothing() -> None:
    tally = Tally(begin=0.0)
    tally.baseline({"a": sample(1, 10)})
    assert tally.advance({}) == arm(0, 0)
    assert tally.advance({"a": [sample(3, 25)]}) == arm(15, 0)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.booleans()), min_size=1, max_size=20),
    st.integers(1, 20),
)
def test_looks_tile_time_however_they_are_cut(steps: list[tuple[int, int, bool]], cut: int) -> None:
    """Events arrive, processes restart: the sum over looks is what happened, wherever the looks are cut."""
    ok = error = 0
    started, samples = 1.0, []
    for at, (good, bad, restart) in enumerate(steps, 2):
        started, ok, error = (float(at), 0, 0) if restart else (started, ok, error)
        ok, error = ok + good, error + bad
        samples.append(sample(at, ok, error, started=started))
    tally = Tally(begin=0.0)
    parts = [tally.advance({"p": samples[:cut]}), tally.advance({"p": samples[cut:]})]
    assert sum(parts, arm(0, 0)) == arm(sum(g + b for g, b, _ in steps), sum(b for _, b, _ in steps))
