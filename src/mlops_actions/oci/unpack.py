"""Unpack an image's layers into a folder. Nothing in a layer can write outside that folder."""

import gzip
import hashlib
import io
import shutil
import stat
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from mlops_actions.errors import DataError, OutsideError
from mlops_actions.oci.descriptor import LAYER, LAYER_GZIP, Descriptor
from mlops_actions.oci.image import Image
from mlops_actions.oci.layout import Layout

_WHITEOUT, _OPAQUE = ".wh.", ".wh..wh..opq"
_MOST_LINKS = 40
_PIECE = 1 << 20


def unpack(layout: Layout, image: Image, root: Path) -> None:
    """Apply the layers to an empty folder, each checked against its digest and its diff_id.

    Owners and set-user-id bits are dropped, device nodes and fifos left out: the folder is for reading and for running as an
    ordinary user, and an engine makes its own /dev.

    Raises:
        DataError: a layer is damaged, compressed in a way we do not know, or would write outside the folder.
    """
    for descriptor, diff_id in zip(image.layers, image.diff_ids, strict=True):
        layout.check(descriptor)
        with layout.blob(descriptor.digest).open("rb") as blob:
            reader = _HashingReader(_decompressed(blob, descriptor))
            _apply(reader, root, descriptor.digest)
            if reader.digest() != diff_id:
                raise DataError(f"The layer {descriptor.digest[:19]} is not the one that the image's config names.")


class _HashingReader(io.RawIOBase):
    def __init__(self, source: io.BufferedIOBase) -> None:
        self._source, self._hash = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self._hash.update(piece)
        return piece

    def digest(self) -> str:
        """Return the digest of the whole, reading what the archive's end left."""
        while self.read(_PIECE):
            pass
        return "sha256:" + self._hash.hexdigest()


def _decompressed(blob: io.BufferedIOBase, descriptor: Descriptor) -> io.BufferedIOBase:
    if descriptor.media_type == LAYER:
        return blob
    if descriptor.media_type == LAYER_GZIP:
        return gzip.GzipFile(fileobj=blob)
    raise DataError(
        f"A layer has the media type {descriptor.media_type}, which cannot be unpacked here.",
        why="the base image is compressed with zstd or encrypted.",
        fix="choose a base whose layers are gzip or plain tar.",
    )


def _apply(reader: _HashingReader, root: Path, name: str) -> None:
    made = {root}
    try:
        with tarfile.open(fileobj=reader, mode="r|", bufsize=_PIECE) as archive:
            for entry in archive:
                _one(archive, entry, root, made)
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"The layer {name[:19]} is not a tar archive: {error}.") from None
    except OSError as error:
        raise OutsideError(
            f"The layer {name[:19]} cannot be unpacked to {root}: {error.strerror}.",
            why="the disk is full, or the layer asks for what this file system cannot hold.",
        ) from None


def _one(archive: tarfile.TarFile, entry: tarfile.TarInfo, root: Path, made: set[Path]) -> None:
    parts = _parts(entry.name)
    if not parts:
        return
    parent = _inside(root, parts[:-1])
    if not parent.is_dir():
        parent.mkdir(parents=True)
    if parts[-1].startswith(_WHITEOUT):
        _hide(parent, parts[-1], made)
        return
    path = parent / parts[-1]
    if path.is_symlink() or (path.exists() and not (path.is_dir() and entry.isdir())):
        _remove(path)
    _make(archive, entry, path, root)
    while path not in made:
        made.add(path)
        path = path.parent


def _make(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: Path, root: Path) -> None:
    if entry.isdir():
        path.mkdir(exist_ok=True)
        path.chmod(entry.mode & 0o1777 | stat.S_IRWXU)
    elif entry.issym():
        path.symlink_to(entry.linkname)
    elif entry.islnk():
        path.hardlink_to(_hardlinked(root, entry))
    elif entry.isfile():
        source = archive.extractfile(entry)
        assert source is not None
        with path.open("xb") as target:
            shutil.copyfileobj(source, target, _PIECE)
        path.chmod(entry.mode & 0o777 | stat.S_IRUSR | stat.S_IWUSR)


def _hardlinked(root: Path, entry: tarfile.TarInfo) -> Path:
    parts = _parts(entry.linkname)
    target = _inside(root, parts[:-1]) / parts[-1] if parts else root
    if target.is_symlink() or not target.is_file():
        raise DataError(f"The layer links {entry.name!r} to {entry.linkname!r}, which is no file of the image.")
    return target


def _hide(parent: Path, name: str, made: set[Path]) -> None:
    """Remove what lower layers have here: one name, or (opaque) all; what this layer made stays."""
    names = [path.name for path in parent.iterdir()] if name == _OPAQUE else [name.removeprefix(_WHITEOUT)]
    for hidden in names:
        if hidden in {"", ".", ".."}:
            raise DataError(f"A layer hides {hidden!r}, which is no name.")
        path = parent / hidden
        if path not in made and (path.exists() or path.is_symlink()):
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _parts(name: str) -> list[str]:
    """Return the parts of a path of the archive.

    Raises:
        DataError: it is absolute or climbs.
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or "\0" in name:
        raise DataError(f"A layer holds the path {name[:200]!r}, which leads outside the image.", why="it was made to.")
    return list(pure.parts)


def _inside(root: Path, parts: list[str]) -> Path:
    """Follow a path as the image's own root would see it: links are followed, and never lead out.

    Raises:
        DataError: the links go round in a circle.
    """
    left, here, links = list(reversed(parts)), root, 0
    while left:
        part = left.pop()
        if part == "..":
            here = here.parent if here != root else root
            continue
        here = here / part
        if here.is_symlink():
            links += 1
            if links > _MOST_LINKS:
                raise DataError(f"The links of the image's path {'/'.join(parts)[:200]!r} go round in a circle.")
            target = here.readlink()
            here = root if target.is_absolute() else here.parent
            left.extend(part for part in reversed(target.parts) if part != "/")
    return here
