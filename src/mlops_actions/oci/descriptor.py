"""Descriptors and media types."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from mlops_actions.errors import DataError

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"

# The same bytes under Docker's older names.
FROM_DOCKER = {
    "application/vnd.docker.distribution.manifest.list.v2+json": INDEX,
    "application/vnd.docker.distribution.manifest.v2+json": MANIFEST,
    "application/vnd.docker.container.image.v1+json": CONFIG,
    "application/vnd.docker.image.rootfs.diff.tar": LAYER,
    "application/vnd.docker.image.rootfs.diff.tar.gzip": LAYER_GZIP,
}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Descriptor:
    """A blob by content.

    Attributes:
        media_type: what the blob is.
        digest: `sha256:` and 64 hex digits.
        size: bytes.
        platform: `{"os": …, "architecture": …}` of a manifest in an index.
    """

    media_type: str
    digest: str
    size: int
    annotations: dict[str, str] = field(default_factory=dict)
    platform: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the descriptor as JSON; what is empty is left out."""
        content: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        optional = {"annotations": self.annotations, "platform": self.platform}
        return content | {key: value for key, value in optional.items() if value}

    @classmethod
    def from_json(cls, content: Any) -> "Descriptor":
        """Read a descriptor; Docker's media types become OCI's.

        Raises:
            DataError: a part is missing, or the digest is not sha256.
        """
        try:
            media_type, digest, size = content["mediaType"], content["digest"], int(content["size"])
            annotations, platform = content.get("annotations") or {}, content.get("platform") or {}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"This is no OCI descriptor: {error!r}.") from None
        return cls(FROM_DOCKER.get(media_type, media_type), checked_digest(digest), size, annotations, platform)

    @classmethod
    def of(cls, content: bytes, media_type: str) -> "Descriptor":
        """Describe bytes."""
        return cls(media_type, "sha256:" + hashlib.sha256(content).hexdigest(), len(content))


def checked_digest(digest: object) -> str:
    """Return a digest that is safe as a file name.

    Raises:
        DataError: it is not `sha256:` and 64 hex digits.
    """
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise DataError(f"{str(digest)[:80]!r} is not a sha256 digest.", why="the image is damaged or made by hand.")
    return digest
