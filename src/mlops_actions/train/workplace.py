"""The folder of one training: beside the bundle, on the disk that will hold it, and gone when the training ends."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlops_actions.files import explained

NAME = re.compile(r"train-(\d+)-.*")


@contextlib.contextmanager
def workplace(work: Path) -> Iterator[Path]:
    """Yield an empty folder below `work`, by its absolute path; remove it, and before that what a killed training left.

    Raises:
        OutsideError: it cannot be made.
    """
    with explained(work):
        work.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(work)
        made = tempfile.TemporaryDirectory(prefix=f"train-{os.getpid()}-", dir=work.resolve())
    with made as name:
        yield Path(name)


def _remove_leftovers(work: Path) -> None:
    for path in work.iterdir():
        named = NAME.fullmatch(path.name)
        if named and not _runs(int(named[1])):
            shutil.rmtree(path, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:  # somebody else's process
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True
