"""Layers: tar archives that depend on content alone, never on time, user, umask or the order of a folder."""

import contextlib
import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mlops_actions.oci.descriptor import LAYER, LAYER_GZIP, Descriptor
from mlops_actions.oci.layout import HashingSink, Layout

Content = Path | bytes
GZIP_LEVEL = 3
"""Half the time of the usual 6 for 7 % more bytes: what is large here is machine code."""


@dataclass(frozen=True)
class Layer:
    """A layer: its blob, and the digest of the tar inside (`diff_id`), which is the same however it is compressed."""

    descriptor: Descriptor
    diff_id: str


def tree(folder: Path, at: str) -> dict[str, Content]:
    """Return every file of a folder by its path in the image, below `at`."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {f"{at}/{path.relative_to(folder).as_posix()}": path for path in files}


def write_layer(layout: Layout, files: Mapping[str, Content], *, compress: bool) -> Layer:
    """Add a layer with these files (path in the image without a leading slash -> content) and their parent folders.

    Owner 0:0, time 0, folders 0755, files 0644, sorted by name.
    """
    with layout.adding() as outer, _compressed(outer, compress=compress) as inner:
        with tarfile.open(fileobj=inner, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for name in sorted({*files, *_parents(files)}):
                _add(archive, name, files.get(name))
        diff_id = inner.digest
    media_type = LAYER_GZIP if compress else LAYER
    return Layer(Descriptor(media_type, outer.digest, outer.size), diff_id)


@contextlib.contextmanager
def _compressed(sink: HashingSink, *, compress: bool) -> Iterator[HashingSink]:
    if not compress:
        yield HashingSink(sink)
        return
    with gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=sink, mtime=0) as packed:
        yield HashingSink(packed)


def _parents(files: Mapping[str, Content]) -> set[str]:
    return {str(parent) for name in files for parent in PurePosixPath(name).parents if str(parent) != "."}


def _add(archive: tarfile.TarFile, name: str, content: Content | None) -> None:
    entry = tarfile.TarInfo(name)
    if content is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
        return
    entry.mode = 0o644
    if isinstance(content, bytes):
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
        return
    entry.size = content.stat().st_size
    with content.open("rb") as stream:
        archive.addfile(entry, stream)
