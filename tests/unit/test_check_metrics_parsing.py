"""What the sources read: pages of metrics and matrices of Prometheus, hostile ones among them."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_actions.check_metrics.counters import Sample, Trouble
from mlops_actions.check_metrics.endpoints import parse
from mlops_actions.check_metrics.look import LookKind
from mlops_actions.check_metrics.prometheus import samples_by_process, selector
from mlops_actions.check_metrics.promql import number

LABELS = {"model": "m", "release": "3", "track": "canary"}
PAGE = """# TYPE mlops_requests_total counter
mlops_requests_total{model="m",release="3",track="canary",outcome="ok"} 90
mlops_requests_total{model="m",release="3",track="canary",outcome="invalid"} 7
mlops_requests_total{model="m",release="3",track="canary",outcome="error"} 3
mlops_requests_total{model="other",release="3",track="canary",outcome="ok"} 1000
# TYPE mlops_process_start_time_seconds gauge
mlops_process_start_time_seconds{model="m",release="3",track="canary"} 1.5e9
"""


def kind_of(page: str) -> LookKind:
    with pytest.raises(Trouble) as raised:
        parse(page, LABELS, url="u", at=5.0)
    return raised.value.kind


def test_a_page_gives_the_counts_of_our_release_alone() -> None:
    assert parse(PAGE, LABELS, url="u", at=5.0) == Sample(5.0, {"ok": 90, "invalid": 7, "error": 3}, 1.5e9)


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("", LookKind.EMPTY),
        (PAGE.replace('release="3"', 'release="2"'), LookKind.EMPTY),
        (PAGE.replace("} 90", "} NaN"), LookKind.NAN),
        (PAGE.replace("} 90", "} +Inf"), LookKind.NAN),
        (PAGE.replace("} 90", "} -1"), LookKind.NAN),
        (PAGE.replace("} 90", "} 0.5"), LookKind.NAN),
        (PAGE.replace("} 90", "} 1e300"), LookKind.NAN),
        (
            PAGE + 'mlops_requests_total{model="m",release="3",track="canary",outcome="ok",x="y"} 1\n',
            LookKind.MULTI_SERIES,
        ),
        (PAGE + 'mlops_requests_total{model="m",release="3",track="canary"} 1\n', LookKind.MULTI_SERIES),
        ("<html>not metrics</html>", LookKind.QUERY_ERROR),
        ('mlops_requests_total{model="m" 1\n', LookKind.QUERY_ERROR),
    ],
)
def test_a_page_that_cannot_be_counted_is_typed(page: str, kind: LookKind) -> None:
    assert kind_of(page) is kind


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(PAGE)),
    st.text(st.sampled_from('{}",=\n\\# 0eN"') | st.characters(), max_size=8),
    st.integers(0, 30),
)
def test_a_broken_page_is_a_sample_or_a_trouble(at: int, inserted: str, cut: int) -> None:
    with contextlib.suppress(Trouble):
        assert parse(PAGE[:at] + inserted + PAGE[at + cut :], LABELS, url="u", at=0.0).counts


def series(name: str, values: list[tuple[float, str]], **labels: str) -> dict[str, object]:
    return {"metric": {"__name__": name, "instance": "a:1", "job": "j", **labels}, "values": values}


REQUESTS, STARTED = "mlops_requests_total", "mlops_process_start_time_seconds"


def test_a_matrix_is_joined_by_time_of_scrape() -> None:
    matrix = [
        series(REQUESTS, [(1.0, "5"), (2.0, "8")], outcome="ok"),
        series(REQUESTS, [(2.0, "1")], outcome="error"),
        series(STARTED, [(1.0, "0.5"), (2.0, "0.5")]),
    ]
    (found,) = samples_by_process(matrix).values()
    assert found == [Sample(1.0, {"ok": 5}, 0.5), Sample(2.0, {"ok": 8, "error": 1}, 0.5)]


def test_replicas_are_processes_of_their_own() -> None:
    matrix = [series(REQUESTS, [(1.0, "5")], outcome="ok", instance=name) for name in ("a:1", "b:1")]
    assert len(samples_by_process(matrix)) == 2


def test_an_address_scraped_by_two_jobs_would_count_twice() -> None:
    matrix = [series(REQUESTS, [(1.0, "5"), (3.0, "6")], outcome="ok", job=job) for job in ("a", "b")]
    with pytest.raises(Trouble, match="scraped twice"):
        samples_by_process(matrix)


def test_a_successor_at_a_reused_address_is_no_double() -> None:
    matrix = [
        series(REQUESTS, [(1.0, "5"), (2.0, "6")], outcome="ok", pod="old"),
        series(REQUESTS, [(3.0, "1"), (4.0, "2")], outcome="ok", pod="new"),
    ]
    assert len(samples_by_process(matrix)) == 2


def test_a_series_without_outcome_cannot_be_attributed() -> None:
    with pytest.raises(Trouble) as raised:
        samples_by_process([series(REQUESTS, [(1.0, "5")])])
    assert raised.value.kind is LookKind.MULTI_SERIES


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "many", ""])
def test_what_is_no_number_is_nan(text: str) -> None:
    with pytest.raises(Trouble) as raised:
        number(text)
    assert raised.value.kind is LookKind.NAN


def test_a_label_value_cannot_leave_its_quotes() -> None:
    assert 'model="a\\"}[1d]"' in selector({"model": 'a"}[1d]'}, 60)
    assert selector(LABELS, 60).endswith("[60s]")
