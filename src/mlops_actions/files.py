"""Write files and folders so that a killed process leaves the old one or the new one, never half of one."""

import contextlib
import ctypes
import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlops_actions.errors import OutsideError

AT_FDCWD, RENAME_EXCHANGE = -100, 2


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, aside first, then renamed."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes aside, flush them to the disk, then rename."""
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(aside).replace(path)
        finally:
            Path(aside).unlink(missing_ok=True)


@contextlib.contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder aside; when the block ends well it takes the place of `path`, else it is removed.

    What a killed process left beside `path` is put back or removed first.
    """
    with explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _tidy(path)
        aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}-"))
    try:
        yield aside
        with explained(path):
            aside.chmod(0o755)
            _swap(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _tidy(path: Path) -> None:
    old = _old(path)
    if old.exists() and not path.exists():
        old.rename(path)
    shutil.rmtree(old, ignore_errors=True)
    left = re.compile(re.escape(f".{path.name}.") + r"(\d+)-\w{8}")
    for beside in path.parent.iterdir():
        found = left.fullmatch(beside.name)
        if found and not _lives(int(found[1])):
            shutil.rmtree(beside, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _swap(aside: Path, path: Path) -> None:
    """Exchange the two in one step; where the file system cannot, `_tidy` restores what a kill in between leaves."""
    if not path.exists():
        aside.rename(path)
    elif not _exchanged(aside, path):
        path.rename(_old(path))
        aside.rename(path)
        shutil.rmtree(_old(path), ignore_errors=True)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two names change places at once (renameat2(2), RENAME_EXCHANGE); False where that is not known."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    return bool(rename(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0)


def _old(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of the disk while `path` is written into one that says what to do."""
    try:
        yield
    except OSError as error:
        # shutil gathers several errors into one of its own, which has their text and no number.
        full = error.errno in {errno.ENOSPC, errno.EDQUOT} or os.strerror(errno.ENOSPC) in str(error)
        raise OutsideError(
            f"{path} cannot be written: {os.strerror(errno.ENOSPC) if full else error.strerror or error}.",
            why="the disk is full." if full else "the folder belongs to somebody else or is read-only.",
            fix="free some space and run again; nothing was changed."
            if full
            else "check its permissions; nothing was changed.",
        ) from error


def sha256_file(path: Path) -> str:
    """Return `sha256:` and the hex digest of a file, read in pieces."""
    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_text(text: str) -> str:
    """Return `sha256:` and the hex digest of a text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
