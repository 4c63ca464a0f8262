"""Names of images: `registry/repository[:tag][@digest]`. The registry is always written out."""

import re
from dataclasses import dataclass

from mlops_actions.errors import ConfigError

_NAME = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Reference:
    """A name taken apart.

    Attributes:
        registry: host, with a port if it has one.
        repository: path within the registry.
        tag, digest: empty where not given.
    """

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def version(self) -> str:
        """What to ask the registry for: the digest, else the tag, else `latest`."""
        return self.digest or self.tag or "latest"


def parse(text: str, *, key: str) -> Reference:
    """Read a reference.

    Args:
        text: the reference.
        key: the key of mlops.yaml that holds it, for the message.

    Raises:
        ConfigError: not a reference, or without a registry.
    """
    rest, _, digest = text.partition("@")
    registry, slash, path = rest.partition("/")
    if not slash or not (registry == "localhost" or "." in registry or ":" in registry):
        raise ConfigError(
            f"{key}: {text!r} does not name a registry.",
            why="short names mean a different registry in different tools.",
            fix="write the registry first: registry.example/team/name.",
        )
    repository, _, tag = path.partition(":")
    wrong_tag = path.endswith(":") or (tag and not _TAG.fullmatch(tag))
    wrong_digest = "@" in text and not _DIGEST.fullmatch(digest)
    if not _NAME.fullmatch(repository) or wrong_tag or wrong_digest:
        raise ConfigError(
            f"{key}: {text!r} is not an image reference.",
            why="repositories are written in small letters.",
            fix="write registry/name, registry/name:tag or registry/name@sha256:….",
        )
    return Reference(registry, repository, tag, digest)


def as_tag(version: str) -> str:
    """Return a version as a tag: characters that no tag may have become dashes, at most 128 of them."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", version).lstrip(".-")[:128] or "unversioned"
