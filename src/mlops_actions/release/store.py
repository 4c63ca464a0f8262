"""Where records and state are kept. `FileStore` keeps them in files; a cluster keeps them in objects of its own."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TextIO

from pydantic import ValidationError

from mlops_actions.errors import DataError, OutsideError, ReleaseConflictError
from mlops_actions.files import write_text
from mlops_actions.release.record import Release, ReleaseState


class Store(Protocol):
    """Records (add-only but for status and events) and one state with compare-and-swap."""

    def state(self) -> ReleaseState:
        """Return the state; generation 0 before the first change."""

    def swap(self, old: ReleaseState, new: ReleaseState) -> ReleaseState:
        """Write `new` if the stored generation is still that of `old`; return it with its new generation.

        Raises:
            ReleaseConflictError: somebody changed the state since `old` was read.
        """

    def create(self, release: Release) -> None:
        """Write a new record.

        Raises:
            ReleaseConflictError: a record with this id is there: another deploy was quicker.
        """

    def write(self, release: Release) -> None:
        """Write a record over its earlier version."""

    def read(self, release_id: int) -> Release:
        """Return a record; DataError if it is not there."""

    def history(self) -> list[Release]:
        """Return all records, newest first."""


class FileStore:
    """Records in `<folder>/<id>.json`, state in `<folder>/state.json`, guarded by a lock file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def state(self) -> ReleaseState:
        """Return the state; generation 0 before the first change."""
        path = self._folder / "state.json"
        if not path.exists():
            return ReleaseState()
        try:
            return ReleaseState.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise DataError(
                f"{path} is not a release state: {str(error).splitlines()[0]}.",
                fix="restore it, or remove the folder to start anew.",
            ) from None

    def swap(self, old: ReleaseState, new: ReleaseState) -> ReleaseState:
        """Compare generations and write, under a lock that other processes respect."""
        with self._locked():
            current = self.state()
            if current.generation != old.generation:
                raise ReleaseConflictError(
                    f"The release changed meanwhile (generation {current.generation}, expected {old.generation}).",
                    why="another deploy, rollback or person acted on this environment.",
                    fix="look at `mlops status`, then decide again; nothing was changed.",
                )
            written = new.model_copy(update={"generation": old.generation + 1})
            write_text(self._folder / "state.json", written.model_dump_json(indent=2) + "\n")
            return written

    def create(self, release: Release) -> None:
        """Write a new record, under the lock."""
        with self._locked():
            if self._path(release.id).exists():
                raise ReleaseConflictError(
                    f"Release {release.id} was written meanwhile.",
                    why="two deploys of the same environment run at once.",
                    fix="look at `mlops status`, then decide again; nothing was changed.",
                )
            self.write(release)

    def write(self, release: Release) -> None:
        """Write a record over its earlier version."""
        write_text(self._path(release.id), release.model_dump_json(indent=2) + "\n")

    def read(self, release_id: int) -> Release:
        """Return a record."""
        try:
            return Release.model_validate_json(self._path(release_id).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(
                f"There is no record of release {release_id} in {self._folder}.",
                why="nothing was deployed here yet.",
                fix="see `mlops history`.",
            ) from None
        except (ValidationError, UnicodeDecodeError) as error:
            raise DataError(
                f"{self._path(release_id)} is not a release record: {str(error).splitlines()[0]}.",
                why="it was edited by hand, or written by another version.",
                fix="restore it from a backup.",
            ) from None

    def history(self) -> list[Release]:
        """Return all records, newest first."""
        ids = sorted((int(path.stem) for path in self._folder.glob("[0-9]*.json")), reverse=True)
        return [self.read(release_id) for release_id in ids]

    def _path(self, release_id: int) -> Path:
        return self._folder / f"{release_id:06d}.json"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with self._lock_file() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _lock_file(self) -> TextIO:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return (self._folder / ".lock").open("w")
        except OSError as error:
            raise OutsideError(
                f"{self._folder} cannot be written: {error.strerror}.",
                fix="check its permissions; nothing was changed.",
            ) from error
