"""An OCI image layout: a folder with blobs by digest and an index."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from mlops_actions.errors import DataError
from mlops_actions.files import sha256_file, write_text
from mlops_actions.oci.descriptor import INDEX, Descriptor, checked_digest


class Sink(Protocol):
    """Takes bytes."""

    def write(self, content: bytes, /) -> object:
        """Take some."""


class HashingSink(io.RawIOBase):
    """Passes bytes on, counting and hashing them."""

    def __init__(self, target: Sink) -> None:
        self._target, self._hash, self.size = target, hashlib.sha256(), 0

    def write(self, content: bytes, /) -> int:  # type: ignore[override]
        """Take some bytes."""
        self._hash.update(content)
        self.size += len(content)
        self._target.write(content)
        return len(content)

    @property
    def digest(self) -> str:
        """Digest of what came through so far."""
        return "sha256:" + self._hash.hexdigest()


class Layout:
    """A layout on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> "Layout":
        """Start a layout in a folder, or take up the one that is there."""
        (path / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        write_text(path / "oci-layout", '{"imageLayoutVersion":"1.0.0"}')
        return cls(path)

    def blob(self, digest: str) -> Path:
        """Return where a blob lies."""
        return self.path / "blobs" / "sha256" / checked_digest(digest).removeprefix("sha256:")

    def has(self, digest: str) -> bool:
        """Tell whether a blob is there."""
        return self.blob(digest).is_file()

    def read(self, descriptor: Descriptor) -> bytes:
        """Return a blob's bytes, checked against its digest.

        Raises:
            DataError: it is missing or has another digest.
        """
        self.check(descriptor)
        return self.blob(descriptor.digest).read_bytes()

    def read_json(self, descriptor: Descriptor) -> Any:
        """Return a blob's JSON.

        Raises:
            DataError: it is missing, has another digest, or is not JSON.
        """
        try:
            return json.loads(self.read(descriptor))
        except ValueError:
            raise DataError(f"The blob {descriptor.digest} is not JSON.", why="the image is damaged.") from None

    def check(self, descriptor: Descriptor) -> None:
        """Check that a blob is there and is what its digest says.

        Raises:
            DataError: it is missing or has another digest.
        """
        path = self.blob(descriptor.digest)
        found = sha256_file(path) if path.is_file() else "missing"
        if found != descriptor.digest:
            raise DataError(
                f"The blob {descriptor.digest[:19]} of {self.path} is {found[:19]}.",
                why="the image was changed or only partly copied.",
                fix="build it again.",
            )

    def add(self, content: bytes, media_type: str) -> Descriptor:
        """Add bytes as a blob."""
        descriptor = Descriptor.of(content, media_type)
        with self.adding() as sink:
            sink.write(content)
        return descriptor

    def add_json(self, content: Any, media_type: str) -> Descriptor:
        """Add JSON in one fixed spelling, so that equal content has an equal digest."""
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return self.add(text.encode(), media_type)

    @contextlib.contextmanager
    def adding(self) -> Iterator[HashingSink]:
        """Yield a sink; when the block ends well, what was written becomes a blob."""
        folder = self.path / "blobs" / "sha256"
        descriptor, aside = tempfile.mkstemp(dir=folder, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                sink = HashingSink(stream)
                yield sink
            Path(aside).chmod(0o644)
            Path(aside).replace(self.blob(sink.digest))
        finally:
            Path(aside).unlink(missing_ok=True)

    def take(self, descriptor: Descriptor, other: "Layout") -> None:
        """Copy a blob from another layout, unless it is here."""
        if self.has(descriptor.digest):
            return
        other.check(descriptor)
        with other.blob(descriptor.digest).open("rb") as source, self.adding() as sink:
            shutil.copyfileobj(source, sink, 1 << 20)

    def write_index(self, manifest: Descriptor) -> None:
        """Write index.json, naming one manifest."""
        content = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest.to_json()]}
        write_text(self.path / "index.json", json.dumps(content, sort_keys=True, separators=(",", ":")))

    def index(self) -> list[Descriptor]:
        """Return the manifests (or further indexes) that index.json names.

        Raises:
            DataError: this is no layout.
        """
        try:
            content = json.loads((self.path / "index.json").read_text(encoding="utf-8"))
            return [Descriptor.from_json(item) for item in content["manifests"]]
        except (OSError, ValueError, KeyError, TypeError):
            raise DataError(
                f"{self.path} is not an OCI image layout.",
                why="build-push has not run, or the folder is incomplete.",
                fix="run build-push first.",
            ) from None
