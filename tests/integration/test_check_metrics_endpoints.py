"""The judge's source on the servers' own pages."""

from collections.abc import Iterator

import pytest

from mlops_actions.check_metrics.endpoints import MetricsEndpoints
from mlops_actions.check_metrics.look import Arm, Look, LookKind
from mlops_actions.check_metrics.sources import arms_of
from mlops_actions.release.record import ReleaseState
from mlops_actions.release.target import Track
from support.metrics_server import MetricsServer, canary_and_stable

Pair = tuple[MetricsServer, MetricsServer]
Urls = dict[Track, list[str]]


@pytest.fixture
def servers() -> Iterator[Pair]:
    with canary_and_stable() as pair:
        yield pair


@pytest.fixture
def urls(servers: Pair) -> Urls:
    canary, stable = servers
    return {Track.CANARY: [canary.url], Track.STABLE: [stable.url]}


def begun(urls: Urls, weight: int = 10) -> MetricsEndpoints:
    source = MetricsEndpoints(lambda: urls, arms_of("m", ReleaseState(canary=2, stable=1)))
    source.begin(weight)
    return source


def counts(look: Look) -> tuple[Arm | None, Arm | None]:
    return look.canary, look.stable


def arm(requests: int, errors: int) -> Arm:
    return Arm(requests=requests, errors=errors)


def test_only_what_happened_since_begin_counts(servers: Pair, urls: Urls) -> None:
    canary, stable = servers
    canary.add(1000, 100)
    source = begun(urls)
    canary.add(90, 10)
    stable.add(900, 4)
    assert counts(source.look()) == (arm(100, 10), arm(904, 4))
    canary.add(1)
    assert counts(source.look()) == (arm(1, 0), arm(0, 0))


def test_a_change_of_weight_starts_a_new_interval(servers: Pair, urls: Urls) -> None:
    source = begun(urls)
    servers[0].add(50, 50)
    source.begin(50)
    servers[0].add(3)
    look = source.look()
    assert (look.canary_weight, look.canary) == (50, arm(3, 0))


def test_looks_follow_each_other_without_gap(urls: Urls) -> None:
    source = begun(urls)
    first, second = source.look(), source.look()
    assert first.start < first.end == second.start < second.end


def test_a_restart_counts_the_new_process_in_full(servers: Pair, urls: Urls) -> None:
    servers[0].add(50)
    source = begun(urls)
    servers[0].restart()
    servers[0].add(60, 2)
    assert counts(source.look()) == (arm(62, 2), arm(0, 0))


def test_a_replica_that_is_new_counts_in_full(servers: Pair, urls: Urls) -> None:
    source = begun(urls)
    replica = MetricsServer(track="canary", release=2, age_seconds=-1).open()
    replica.add(5, 5)
    servers[0].add(2)
    urls[Track.CANARY].append(replica.url)
    try:
        assert counts(source.look()) == (arm(12, 5), arm(0, 0))
    finally:
        replica.close()


def test_a_first_release_has_no_stable_arm(servers: Pair, urls: Urls) -> None:
    source = MetricsEndpoints(lambda: urls, arms_of("m", ReleaseState(canary=2)))
    source.begin(100)
    servers[0].add(9, 1)
    assert counts(source.look()) == (arm(10, 1), None)


def test_a_server_that_is_down_is_a_query_error_and_nothing_is_lost(servers: Pair, urls: Urls) -> None:
    canary, stable = servers
    source = begun(urls)
    canary.add(10, 1)
    stable.add(20)
    canary.close()
    look = source.look()
    assert look.kind is LookKind.QUERY_ERROR
    assert canary.url in look.detail
    canary.open()
    assert counts(source.look()) == (arm(11, 1), arm(20, 0))


def test_servers_that_are_down_when_the_step_begins_count_from_when_they_are_back(servers: Pair, urls: Urls) -> None:
    canary, _ = servers
    canary.add(10, 1)
    canary.close()
    source = begun(urls)
    assert source.look().kind is LookKind.QUERY_ERROR
    canary.open()
    assert source.look().kind is LookKind.EMPTY
    canary.add(3)
    assert counts(source.look()) == (arm(3, 0), arm(0, 0))


def test_an_error_page_is_a_query_error(servers: Pair, urls: Urls) -> None:
    source = begun(urls)
    servers[1].status = 500
    assert source.look().kind is LookKind.QUERY_ERROR


def test_another_release_at_the_address_is_empty(servers: Pair, urls: Urls) -> None:
    source = begun(urls)
    servers[0].labels = servers[0].labels.replace('release="2"', 'release="3"')
    look = source.look()
    assert look.kind is LookKind.EMPTY
    assert 'release="2"' in look.detail


def test_no_known_server_is_empty(urls: Urls) -> None:
    source = begun(urls)
    urls[Track.CANARY].clear()
    look = source.look()
    assert look.kind is LookKind.EMPTY
    assert "track canary" in look.detail


def test_a_counter_that_is_no_number_is_nan(servers: Pair, urls: Urls) -> None:
    source = begun(urls)
    servers[1].ok = float("inf")
    assert source.look().kind is LookKind.NAN
