"""A rollout that is judged by a real Prometheus, which scrapes the servers of the local target."""

from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import polars as pl

from mlops_actions.config import load
from mlops_actions.deploy import processes
from mlops_actions.deploy.images import Images
from mlops_actions.deploy.local import LocalTarget
from mlops_actions.deploy.site import Site, folder_of
from mlops_actions.pipeline.rollout import roll_out
from mlops_actions.release import FileStore, Ledger, Release, Track
from mlops_actions.release.endpoints import read_endpoints
from servers import prometheus
from support.releases import ENVIRONMENT, artifact, program, release

SCRAPE = 0.2
CONFIG = """
model: flights
deploy: {steps: [50], step_seconds: 30, replay_per_second: 400}
"""


def on_trial(site: Site, local: Path) -> Release:
    """Let release 1 serve, and put release 2 on trial, both ready."""
    first, second = (release(number, artifact(local / str(number))) for number in (1, 2))
    site.target.apply(first, Track.STABLE)
    site.ledger.verify(site.ledger.begin(first), reason="the first")
    site.target.apply(second, Track.CANARY)
    return site.ledger.begin(second)


def test_healthy_release_is_promoted_on_what_prometheus_counted(tmp_path: Path) -> None:
    (tmp_path / "mlops.yaml").write_text(CONFIG)
    config = load(tmp_path)
    folder, rows = folder_of(config), tmp_path / "rows.parquet"
    pl.DataFrame({"x": [1.0, 2.0]}).write_parquet(rows)
    target = LocalTarget(
        folder / "local", config.deploy, programs=program, environment=ENVIRONMENT, replay_rows=rows.resolve()
    )
    store = FileStore(folder)
    site = Site(store, Ledger(store, by="ann", lease_seconds=120), target, cast("Images", None))
    said: list[str] = []
    try:
        trial = on_trial(site, folder / "local")
        addresses = [urlsplit(url).netloc for urls in read_endpoints(folder).values() for url in urls]
        (tmp_path / "prometheus").mkdir()
        with prometheus(tmp_path / "prometheus", addresses, scrape_interval=f"{SCRAPE * 1000:.0f}ms") as url:
            judge = f"check_metrics: {{prometheus: '{url}', scrape_interval_seconds: {SCRAPE}, interval_seconds: 0.5}}"
            (tmp_path / "mlops.yaml").write_text(f"{CONFIG}\n{judge}\n")
            steps, outcome = roll_out(load(tmp_path), site, trial, progress=said.append)
        assert outcome.done == "promoted", said
        assert site.target.status().releases == {Track.STABLE: 2}
    finally:
        target.down()
    assert (steps[0].verdict.decision, len(steps)) == ("pass", 1)
    assert min(steps[0].total(Track.CANARY).requests, steps[0].total(Track.STABLE).requests) > 200
    assert store.state().stable == 2
    assert processes.running(folder) == []
