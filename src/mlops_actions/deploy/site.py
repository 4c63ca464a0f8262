"""One environment of one model: its records, where it runs, the images it has run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlops_actions.config import Config
from mlops_actions.deploy.images import Images
from mlops_actions.deploy.targets import open_target
from mlops_actions.errors import DataError
from mlops_actions.progress import Progress
from mlops_actions.release import FileStore, Ledger, Store, Target


@dataclass(frozen=True)
class Caller:
    """On whose behalf something is done, and how.

    Attributes:
        by: who or what acts; kept in the record.
        run_url: where to read the log.
        holder: who watches a release on trial; empty: nobody in particular, so its lease has to run out.
        environment: variables that servers get.
        credentials: user and password of the registry that images come from.
        parent: process whose end ends all servers; None: they stay until `mlops down`.
    """

    by: str
    environment: Mapping[str, str]
    run_url: str = ""
    holder: str = ""
    credentials: tuple[str, str] = field(default=("", ""), repr=False)
    parent: int | None = None


@dataclass(frozen=True)
class Site:
    """Records, target and images of one environment; `replayed` says what traffic is sent while a release is on trial."""

    store: Store
    ledger: Ledger
    target: Target
    images: Images
    replayed: str = ""

    def prune(self) -> None:
        """Remove the images that no rollback can ask for: all but what runs and what it would go back to."""
        state = self.ledger.state
        named = [self.ledger.release(number) for number in (state.stable, state.canary)]
        serving = [release for release in named if release is not None]
        before = [self.ledger.release(release.previous_verified) for release in serving]
        self.images.keep({release.artifact for release in [*serving, *before] if release is not None})


def open_site(config: Config, caller: Caller, *, progress: Progress) -> Site:
    """Open the environment that `deploy.environment` names.

    Raises:
        DataError: its records cannot be read, or rows that mlops.yaml names are not there.
    """
    settings, folder = config.deploy, folder_of(config)
    watched = settings.lease_seconds + (0 if settings.strategy == "canary" else settings.step_seconds)
    store, images = FileStore(folder), Images(folder / "local" / "images")
    ledger = Ledger(store, by=caller.by, holder=caller.holder, lease_seconds=watched)
    rows = _replay_rows(config, progress)
    target = open_target(
        settings,
        folder / "local",
        programs=images,
        environment=caller.environment,
        parent=caller.parent,
        replay_rows=rows,
    )
    return Site(store, ledger, target, images, _replayed(config) if rows else "")


def _replayed(config: Config) -> str:
    settings = config.deploy
    what = f"rows of {Path(settings.replay_rows).name}" if settings.replay_rows else "test rows"
    return f"{settings.replay_per_second:g} requests a second of {what} are replayed while a release is on trial: {settings.environment} has no traffic of its own (deploy.replay_per_second: 0 if it has)."


def folder_of(config: Config) -> Path:
    """Return the folder of an environment's records."""
    return config.work / "releases" / config.deploy.environment


def _replay_rows(config: Config, progress: Progress) -> Path | None:
    if not config.deploy.replay_per_second:
        return None
    if config.deploy.replay_rows is not None:
        rows = config.resolve(config.deploy.replay_rows)
        if not rows.exists():
            raise DataError(
                f"There is no {rows}, which deploy.replay_rows names.",
                fix="write it, or leave the key out: test rows are used.",
                file=str(config.file),
                line=config.line("deploy.replay_rows"),
            )
        return rows
    rows = config.work / "bundle" / "test_rows.parquet"
    if not rows.exists():
        progress(f"There is no {rows}: no traffic is replayed.")
        return None
    return rows
