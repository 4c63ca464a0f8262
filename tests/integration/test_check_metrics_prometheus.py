"""The judge's source on a real Prometheus that scrapes real pages: every kind of look, each by its real cause."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from mlops_actions.check_metrics import promql
from mlops_actions.check_metrics.look import Arm, Look, LookKind
from mlops_actions.check_metrics.prometheus import PrometheusSource
from mlops_actions.check_metrics.sources import arms_of
from mlops_actions.config.models import CheckMetricsSection, FixedLimit
from mlops_actions.release.record import ReleaseState
from servers import free_port, prometheus
from support.metrics_server import MetricsServer, canary_and_stable

SCRAPE = 0.2
PATIENCE = 15.0
STATE = ReleaseState(canary=2, stable=1)
Pair = tuple[MetricsServer, MetricsServer]
# One Prometheus serves all tests, since it takes five seconds to find its targets; each test has a model of its own.
MODELS = ["exact", "restart", "born", "early", "foreign", "away", "double", "nan", "limits"]


@pytest.fixture(scope="module")
def pairs() -> Iterator[dict[str, Pair]]:
    with contextlib.ExitStack() as stack:
        yield {model: stack.enter_context(canary_and_stable(model)) for model in MODELS}


@pytest.fixture(scope="module")
def url(pairs: dict[str, Pair], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pairs["born"][0].close()
    addresses = [server.address for pair in pairs.values() for server in pair]
    jobs = {"models": addresses, "another": [pairs["double"][0].address]}
    folder = tmp_path_factory.mktemp("prometheus")
    with prometheus(folder, jobs, scrape_interval=f"{SCRAPE * 1000:.0f}ms") as url:
        yield url


def source(url: str, model: str, **limits: FixedLimit) -> PrometheusSource:
    settings = CheckMetricsSection(prometheus=url, scrape_interval_seconds=SCRAPE, limits=limits)
    source = PrometheusSource(settings, arms_of(model, STATE))
    source.begin(10)
    return source


def counting(url: str, model: str) -> PrometheusSource:
    """Return a source whose first samples were scraped: what is driven from here on is counted exactly."""
    counting = source(url, model)
    until(counting.look, lambda look: look.kind is LookKind.OK)
    return counting


def until(look: Callable[[], Look], wanted: Callable[[Look], bool]) -> Look:
    """Look until a look is as wanted."""
    deadline = time.monotonic() + PATIENCE
    while not wanted(found := look()):
        assert time.monotonic() < deadline, f"still {found}"
        time.sleep(SCRAPE)
    return found


def total(source: PrometheusSource, canary: Arm, stable: Arm) -> None:
    """Add up looks until they hold what was driven; they must never hold more."""
    sums = {"canary": Arm(requests=0, errors=0), "stable": Arm(requests=0, errors=0)}

    def add() -> Look:
        look = source.look()
        if look.canary and look.stable:
            sums["canary"] += look.canary
            sums["stable"] += look.stable
        return look

    until(add, lambda _: sums["canary"].requests >= canary.requests and sums["stable"].requests >= stable.requests)
    for _ in range(3):
        add()
    assert sums == {"canary": canary, "stable": stable}


def arm(requests: int, errors: int) -> Arm:
    return Arm(requests=requests, errors=errors)


def test_counts_are_exact_and_leave_out_what_was_before(pairs: dict[str, Pair], url: str) -> None:
    canary, stable = pairs["exact"]
    canary.add(1000, 500)
    source = counting(url, "exact")
    canary.add(90, 10)
    stable.add(900, 4)
    total(source, arm(100, 10), arm(904, 4))


def test_a_restart_loses_nothing_that_was_scraped(pairs: dict[str, Pair], url: str) -> None:
    canary, stable = pairs["restart"]
    canary.add(50)
    source = counting(url, "restart")
    canary.restart()
    canary.add(120, 6)  # more than before: only the start time tells
    stable.add(7)
    total(source, arm(126, 6), arm(7, 0))


def test_a_replica_born_during_the_step_counts_in_full(pairs: dict[str, Pair], url: str) -> None:
    canary, _ = pairs["born"]
    source_ = source(url, "born")
    assert until(source_.look, lambda look: "found nothing" in look.detail).kind is LookKind.EMPTY
    canary.restart()
    canary.add(30, 3)
    canary.open()
    total(source_, arm(33, 3), arm(0, 0))


def test_before_the_first_samples_are_old_enough_there_is_nothing(url: str) -> None:
    look = source(url, "early").look()
    assert (look.kind, look.canary) == (LookKind.EMPTY, None)
    assert "once they are 0.4 s old" in look.detail


def test_another_release_of_the_model_is_not_ours(pairs: dict[str, Pair], url: str) -> None:
    canary, _ = pairs["foreign"]
    canary.labels = canary.labels.replace('release="2"', 'release="9"')
    look = until(source(url, "foreign").look, lambda look: look.kind is not LookKind.OK and "nothing" in look.detail)
    assert look.kind is LookKind.EMPTY


def test_a_canary_that_went_away_is_stale_and_its_counts_come_when_it_is_back(pairs: dict[str, Pair], url: str) -> None:
    canary, stable = pairs["away"]
    source = counting(url, "away")
    canary.close()
    look = until(source.look, lambda look: look.kind is not LookKind.OK)
    assert look.kind is LookKind.STALE
    canary.add(20, 2)
    stable.add(10)
    canary.open()
    total(source, arm(22, 2), arm(10, 0))


def test_a_target_scraped_by_two_jobs_is_multi_series(url: str) -> None:
    look = until(source(url, "double").look, lambda look: look.kind is not LookKind.EMPTY)
    assert look.kind is LookKind.MULTI_SERIES
    assert "scraped twice" in look.detail


def test_a_counter_that_is_no_number_is_nan(pairs: dict[str, Pair], url: str) -> None:
    source = counting(url, "nan")
    pairs["nan"][0].error = float("nan")
    assert until(source.look, lambda look: look.kind is not LookKind.OK).kind is LookKind.NAN


def test_a_prometheus_that_is_down_is_a_query_error() -> None:
    look = asked(f"http://127.0.0.1:{free_port()}")
    assert look.kind is LookKind.QUERY_ERROR
    assert "refused" in look.detail


@pytest.mark.parametrize("status", [302, 400, 401, 404, 422, 503])
def test_a_proxy_that_refuses_is_a_query_error(status: int, proxy: MetricsServer) -> None:
    proxy.status = status
    look = asked(f"http://{proxy.address}")
    assert look.kind is LookKind.QUERY_ERROR
    assert str(status) in look.detail


@pytest.mark.parametrize("page", ["", "<html>", "[]", "{}", '{"data": null}', '{"status": "success", "data": {}}'])
def test_a_page_that_is_no_answer_of_prometheus_is_a_query_error(
    page: str, proxy: MetricsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "page", lambda: page)
    assert asked(f"http://{proxy.address}").kind is LookKind.QUERY_ERROR


def test_a_prometheus_that_hangs_is_a_query_error(proxy: MetricsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    released = Event()
    monkeypatch.setattr(promql, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(proxy, "page", lambda: str(released.wait(PATIENCE)))
    look = asked(f"http://{proxy.address}")
    released.set()
    assert look.kind is LookKind.QUERY_ERROR
    assert "timed out" in look.detail


@pytest.fixture
def proxy() -> Iterator[MetricsServer]:
    """Something that answers where Prometheus should."""
    server = MetricsServer(track="canary", release=2).open()
    yield server
    server.close()


def asked(url: str) -> Look:
    """Return the first look for which Prometheus was asked."""
    return until(source(url, "m").look, lambda look: look.kind is not LookKind.EMPTY)


def test_an_answer_with_warnings_is_partial(tmp_path: Path) -> None:
    """A remote store that does not answer makes Prometheus answer with what it has, and warn."""
    dead = {"remote_read": [{"url": f"http://127.0.0.1:{free_port()}/read", "read_recent": True}]}
    with prometheus(tmp_path, [], more=dead) as url:
        look = asked(url)
    assert look.kind is LookKind.PARTIAL
    assert "remote_read" in look.detail


def test_limits_are_typed_one_by_one(url: str) -> None:
    queries = {
        "one": "vector(0.5)",
        "scalar": "scalar(vector(2))",
        "none": "absent_metric",
        "two": 'label_replace(vector(1), "a", "b", "", "") or label_replace(vector(2), "a", "c", "", "")',
        "nan": "vector(0) / 0",
        "matrix": 'up{job="models"}[1m]',
        "broken": "sum(",
    }
    counting(url, "limits")
    wanted = {name: FixedLimit(query=query, max=1) for name, query in queries.items()}
    limits = source(url, "limits", **wanted).look().limits
    assert {name: reading.kind for name, reading in limits.items()} == {
        "one": LookKind.OK,
        "scalar": LookKind.OK,
        "none": LookKind.EMPTY,
        "two": LookKind.MULTI_SERIES,
        "nan": LookKind.NAN,
        "matrix": LookKind.MULTI_SERIES,
        "broken": LookKind.QUERY_ERROR,
    }
    assert (limits["one"].value, limits["scalar"].value, limits["none"].value) == (0.5, 2.0, None)
