"""Pieces of the local target that need no process: the balance, the replayed requests, the route, golden rows over HTTP."""

import itertools
import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.deploy.balance import Balancer
from mlops_actions.deploy.replay import requests_of
from mlops_actions.deploy.route import Route


@given(st.integers(0, 100), st.integers(0, 300))
def test_share_is_exact_in_every_hundred_and_never_far_off(weight: int, skipped: int) -> None:
    balancer = Balancer({"stable": 100 - weight, "canary": weight})
    for _ in range(skipped):
        balancer.choose()
    chosen = [balancer.choose() for _ in range(100)]
    assert Counter(chosen)["canary"] == weight
    for count, canaries in enumerate(itertools.accumulate(one == "canary" for one in chosen), 1):
        assert abs(canaries - count * weight / 100) <= 1.5


def test_nothing_is_chosen_where_nothing_has_weight() -> None:
    assert Balancer[str]({}).choose() is None
    assert Balancer({"stable": 0}).choose() is None


def test_rows_are_replayed_for_ever_as_json_can_say_them() -> None:
    rows = pl.DataFrame({"x": [1.5, float("nan"), None], "text": ["a", "", None], "on": pl.Series([True, None, False])})
    bodies = [json.loads(body)["rows"] for body in itertools.islice(requests_of(rows), 4)]
    assert bodies[0] == [{"x": 1.5, "text": "a", "on": True}]
    assert bodies[1] == [{"x": None, "text": "", "on": None}]
    assert bodies[3] == bodies[0]


def test_dates_are_replayed_as_iso_text() -> None:
    rows = pl.DataFrame({"day": ["2026-01-02"]}).with_columns(pl.col("day").str.to_date())
    assert json.loads(next(requests_of(rows))) == {"rows": [{"day": "2026-01-02"}]}


def test_route_is_read_as_written_and_leads_nowhere_before(tmp_path: Path) -> None:
    assert Route.read(tmp_path) == Route(stable=None, canary=None, canary_weight=0)
    route = Route(stable="http://127.0.0.1:1", canary_weight=10)
    route.write(tmp_path)
    assert Route.read(tmp_path) == route
    with pytest.raises(ValueError, match="less than or equal to 100"):
        Route(canary_weight=101)
