"""The whole story on one machine: candidates one after the other, each through the stages that the actions run.

No Docker, cluster, Prometheus, GitHub or network: the servers are processes on loopback, the traffic is replayed test rows,
the judge reads the servers' own /metrics.
"""

import fcntl
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import polars as pl

from mlops_actions.config import Config
from mlops_actions.config.change import changed
from mlops_actions.deploy import processes
from mlops_actions.errors import OutsideError
from mlops_actions.files import write_bytes
from mlops_actions.pipeline.run import Machine, configured, run
from mlops_actions.pipeline.story import FILE, Chapter, Story
from mlops_actions.pipeline.tale import Tale, Told, write_tale
from mlops_actions.report import Report, write_report
from mlops_actions.verdict import Decision

KEPT = {"cache", ".lock"}


class Audience(Protocol):
    """Watches: a terminal, a log."""

    def chapter(self, number: int, chapter: Chapter) -> None:
        """A candidate begins."""

    def begun(self, stage: str) -> None:
        """A stage begins."""

    def say(self, line: str, /) -> None:
        """A stage tells what it is doing; may hold anything."""

    def done(self, report: Report) -> None:
        """A stage has ended."""

    def told(self, told: Told) -> None:
        """A candidate has met its fate."""


@dataclass(frozen=True)
class Demo:
    """A demonstration: the story, and where it is played."""

    config: Config
    story: Story
    machine: Machine
    audience: Audience

    @property
    def folder(self) -> Path:
        """Everything it writes is in here."""
        return self.config.root / ".mlops" / "demo"

    def play(self) -> Tale:
        """Play the story, write demo.json and demo.md, and leave no process.

        Raises:
            ConfigError: the story's changes are not valid.
            OutsideError: another demonstration plays here.
        """
        with self._stage():
            chapters = [self._chapter(number, chapter) for number, chapter in enumerate(self.story.candidates, 1)]
        tale = Tale(model=self.config.model.id, chapters=chapters)
        write_tale(self.folder, tale)
        return tale

    @contextmanager
    def _stage(self) -> Iterator[None]:
        """Start from an empty folder (earlier trainings are kept), alone, and leave no process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise OutsideError(
                    f"Another demonstration plays in {self.folder}.", fix="wait for it to end."
                ) from None
            try:
                self._clear()
                yield
            finally:
                processes.stop(processes.running(self.folder.resolve()))

    def _clear(self) -> None:
        processes.stop(processes.running(self.folder.resolve()))
        for path in self.folder.iterdir():
            if path.is_dir() and path.name not in KEPT:
                shutil.rmtree(path)
            elif path.name not in KEPT:
                path.unlink()

    def _chapter(self, number: int, chapter: Chapter) -> Told:
        self.audience.chapter(number, chapter)
        config = self._config(chapter)
        reports = run(
            config,
            configured(config),
            self.machine,
            begun=self.audience.begun,
            done=lambda report: self._done(config, report),
            progress=self.audience.say,
        )
        told = Told(title=chapter.title, promise=chapter.promise, fate=fate(reports), reports=reports)
        self.audience.told(told)
        return told

    def _done(self, config: Config, report: Report) -> bool:
        write_report(config.work, report)
        self.audience.done(report)
        if report.stage == "train":
            self._write_traffic(config)
        return report.decision is Decision.PASS

    def _config(self, chapter: Chapter) -> Config:
        source = self.config.root / FILE
        traffic = {"replay_rows": str(self._traffic.resolve()), "replay_per_second": self.story.traffic.per_second}
        ours = {"deploy": {"strategy": "canary", "environment": "demo", **traffic}}
        common = changed(self.config, self.story.changes, work=self.folder, source=source)
        return changed(
            changed(common, ours, work=self.folder, source=source), chapter.changes, work=self.folder, source=source
        )

    @property
    def _traffic(self) -> Path:
        return self.folder / "traffic.parquet"

    def _write_traffic(self, config: Config) -> None:
        """Write the requests of the whole story: the rows that the first release was tested with, the unknown made null."""
        if self._traffic.exists():
            return
        rows = pl.read_parquet(config.work / "bundle" / "test_rows.parquet")
        live = rows.with_columns(pl.lit(None).alias(name) for name in self.story.traffic.unknown)
        stream = io.BytesIO()
        live.write_parquet(stream)
        write_bytes(self._traffic, stream.getvalue())


def fate(reports: list[Report]) -> str:
    """Return what happened to a candidate: promoted, stopped by a gate, or what the rollout did."""
    last = reports[-1]
    return last.verdict.reason if last.stage == "deploy" else "stopped"
