"""Take an artifact's zip apart when anybody may have made it: known names alone, counted while they are written."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from mlops_actions.errors import DataError
from mlops_actions.files import explained

MOST_ENTRIES = 50
MOST_BYTES = 500_000_000
MOST_RATIO = 100
UNSUSPICIOUS_BYTES = 10_000_000  # what is smaller than this may be as compressible as it likes
MOST_READ = 1_000_000  # zipfile reads the list of members at once; 50 members need a few kilobytes
PIECE = 64 * 1024
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class _Frugal(io.FileIO):
    """A file of which nobody gets more than MOST_READ bytes at once, so that a list of a million members is not read."""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except OSError:
            raise zipfile.BadZipFile("it points outside of itself") from None

    def read(self, size: int | None = -1, /) -> bytes:
        most = MOST_READ + 1 if size is None or size < 0 else min(size, MOST_READ + 1)
        content = super().read(most)
        if content is not None and len(content) > MOST_READ:
            raise zipfile.BadZipFile("its list of members is too long")
        return content or b""


def unpack(archive: Path, folder: Path, allowed: re.Pattern[str]) -> list[str]:
    """Unpack an untrusted zip.

    Args:
        archive: the file.
        folder: empty; the only place that is written to.
        allowed: what a member's whole name has to match; it must match no name that leads out of the folder.

    Returns:
        names of the members, sorted.

    Raises:
        DataError: not a zip, damaged, encrypted, or with more or other members than allowed. What was written by then
            stays in the folder.
    """
    try:
        with _Frugal(archive) as stream, zipfile.ZipFile(stream) as opened:
            members = _checked(opened.infolist(), archive.stat().st_size, allowed)
            _write(opened, members, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, ValueError) as error:
        raise refused(str(error).splitlines()[0][:200] if str(error) else "it is damaged") from None
    return sorted(member.filename for member in members)


def _checked(members: list[zipfile.ZipInfo], size: int, allowed: re.Pattern[str]) -> list[zipfile.ZipInfo]:
    """Judge the list of members before anything is written."""
    if len(members) > MOST_ENTRIES:
        raise refused(f"it has {len(members):,} members; {MOST_ENTRIES} are the most")
    names = [member.filename for member in members]
    repeated = {name for name in names if names.count(name) > 1}
    problems = [
        *(f"{member.filename[:100]!r} {problem}" for member in members for problem in _problems(member, allowed)),
        *(f"{name!r} is there more than once" for name in sorted(repeated)),
    ]
    if problems:
        raise refused(problems[0])
    total = sum(member.file_size for member in members)
    if total > max(MOST_RATIO * size, UNSUSPICIOUS_BYTES):
        raise refused(f"it would unpack to {total:,} bytes")
    return members


def _problems(member: zipfile.ZipInfo, allowed: re.Pattern[str]) -> Iterator[str]:
    mode = member.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0):
        yield "is a link, a folder or a device, not a file"
    if member.flag_bits & 0x1:
        yield "is encrypted"
    if member.compress_type not in METHODS:
        yield "is compressed in an unusual way"
    if not allowed.fullmatch(member.filename) or member.orig_filename != member.filename:
        yield "is no file that a gate's artifact has"


def _write(opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> None:
    left = MOST_BYTES
    for member in members:
        path = folder / member.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        with explained(path), opened.open(member) as source, path.open("xb") as target:
            # What members say of their size is a claim; what counts is what comes out of them.
            while piece := source.read(PIECE):
                left -= len(piece)
                if left < 0:
                    raise refused(f"it unpacks to more than {MOST_BYTES:,} bytes")
                target.write(piece)


def refused(because: str) -> DataError:
    """Return the error for an artifact that is not one of ours."""
    return DataError(
        f"The artifact cannot be used: {because}.",
        why="it was not made by our workflow, or was changed.",
        fix="run the workflow of the pull request again.",
    )
