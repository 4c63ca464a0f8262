"""One staged copy of this repository and one set of environments for all end-to-end tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from support.act import ROOT, Act
from support.consumer import Consumer
from support.github_server import GitHubServer

# Every sixteenth flight: enough rows for the gates, seconds instead of a minute for each training.
SHARE = 16
QUICK = """\
check_metrics: {interval_seconds: 0.5, scrape_interval_seconds: 0.5}
"""


@pytest.fixture(scope="session")
def act(tmp_path_factory: pytest.TempPathFactory) -> Act:
    return Act(tmp_path_factory.mktemp("act"))


@pytest.fixture(autouse=True)
def _no_servers_stay(act: Act) -> Iterator[None]:
    yield
    act.stop_servers()


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        yield server


@pytest.fixture
def consumer(tmp_path: Path) -> Callable[[str], Consumer]:
    """Return a function that makes a small copy of an example, with a deployment that decides in seconds.

    Its first commit is on main, tagged v1; what follows is on the branch `change`.
    """

    def make(example: str) -> Consumer:
        made = Consumer(tmp_path / example, ROOT / "examples" / example)
        if example == "flights":
            path = made.folder / "data/flights.parquet"
            pl.read_parquet(path).gather_every(SHARE).write_parquet(path)
            made.edit("rows: {min: 300000}", "rows: {min: 20000}")
            made.edit("deploy: {namespace: flights}", "deploy: {namespace: flights, replay_per_second: 200}")
        else:
            with (made.folder / "mlops.yaml").open("a") as stream:
                stream.write("deploy: {replay_per_second: 200}\n")
        with (made.folder / "mlops.yaml").open("a") as stream:
            stream.write(QUICK)
        made.commit("A model", tag="v1")
        made.branch("change")
        return made

    return make
