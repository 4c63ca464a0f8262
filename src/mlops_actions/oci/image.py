"""An image in a layout: its manifest, its config, and how to run what it holds without a container engine."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_actions.errors import DataError
from mlops_actions.oci.descriptor import INDEX, MANIFEST, Descriptor
from mlops_actions.oci.layout import Layout

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Image:
    """An image.

    Attributes:
        descriptor: of the manifest; its digest names the image.
        config: the config as JSON (`config`, `rootfs`, `history`, `architecture`, `os`).
        layers: from the lowest to the topmost.
    """

    descriptor: Descriptor
    config_descriptor: Descriptor
    config: dict[str, Any] = field(repr=False)
    layers: tuple[Descriptor, ...]
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def diff_ids(self) -> list[str]:
        """Digests of the layers' tars, in the order of `layers`."""
        return list(self.config.get("rootfs", {}).get("diff_ids", []))

    @property
    def environment(self) -> dict[str, str]:
        """Environment that the image asks for."""
        given = self.config.get("config", {}).get("Env") or []
        return dict(item.split("=", 1) for item in given if "=" in item)

    @property
    def entrypoint(self) -> list[str]:
        """Command without the arguments that a user may replace."""
        return list(self.config.get("config", {}).get("Entrypoint") or [])


@dataclass(frozen=True)
class HostCommand:
    """How to start an image's program from its unpacked layers."""

    arguments: list[str]
    environment: dict[str, str]


def this_architecture() -> str:
    """Return this machine's architecture by OCI's name.

    Raises:
        DataError: images are made for amd64 and arm64 only.
    """
    machine = platform.machine().lower()
    if machine not in ARCHITECTURES:
        raise DataError(f"Images are made for amd64 and arm64, and this machine is {machine}.")
    return ARCHITECTURES[machine]


def choose(manifests: Sequence[Descriptor], architecture: str) -> Descriptor:
    """Return the manifest for Linux on an architecture, or the only one there is.

    Raises:
        DataError: there is none.
    """
    wanted = {"os": "linux", "architecture": architecture}
    for descriptor in manifests:
        if wanted.items() <= descriptor.platform.items():
            return descriptor
    if len(manifests) == 1 and not manifests[0].platform:
        return manifests[0]
    there = sorted({f"{item.platform.get('os')}/{item.platform.get('architecture')}" for item in manifests})
    raise DataError(f"The image has no variant for linux/{architecture}; it has: {', '.join(there) or 'none'}.")


def read_image(layout: Layout, architecture: str | None = None) -> Image:
    """Read the image of a layout.

    Raises:
        DataError: damaged, or nothing for this architecture (default: this machine's).
    """
    architecture = architecture or this_architecture()
    descriptor = choose(layout.index(), architecture)
    if descriptor.media_type == INDEX:
        nested = layout.read_json(descriptor)
        descriptor = choose([Descriptor.from_json(item) for item in nested["manifests"]], architecture)
    return read_manifest(layout, descriptor)


def read_manifest(layout: Layout, descriptor: Descriptor) -> Image:
    """Read an image by its manifest.

    Raises:
        DataError: not a manifest, or damaged.
    """
    content = layout.read_json(descriptor)
    if descriptor.media_type != MANIFEST or not isinstance(content, dict) or "layers" not in content:
        raise DataError(f"{descriptor.digest[:19]} is not an image manifest, but {descriptor.media_type}.")
    config = Descriptor.from_json(content.get("config"))
    layers = tuple(Descriptor.from_json(item) for item in content["layers"])
    image = Image(descriptor, config, layout.read_json(config), layers, content.get("annotations") or {})
    if len(image.diff_ids) != len(layers):
        raise DataError(
            f"The image {descriptor.digest[:19]} has {len(layers)} layers and {len(image.diff_ids)} diff_ids."
        )
    return image


def host_command(image: Image, root: Path, interpreter: str, arguments: Sequence[str]) -> HostCommand:
    """Return how to run an image that has no Python of its own with an interpreter of this machine.

    Absolute paths that exist below `root` point there; `-S` keeps the interpreter's own packages out.

    Raises:
        DataError: the image's entry point is not a Python module of it.
    """
    if image.entrypoint[1:2] != ["-m"]:
        raise DataError(f"The image's entry point {image.entrypoint} is not `python -m …`; only an engine can run it.")
    environment = {name: _below(value, root) for name, value in image.environment.items() if name != "PATH"}
    inside = [_below(argument, root) for argument in image.entrypoint[1:]]
    return HostCommand([interpreter, "-S", *inside, *arguments], environment)


def _below(value: str, root: Path) -> str:
    """Move each absolute path of a colon-separated value below the root, where it exists there."""
    moved = [root / part.lstrip("/") if part.startswith("/") else None for part in value.split(":")]
    pairs = zip(value.split(":"), moved, strict=True)
    return ":".join(str(path) if path and path.exists() else part for part, path in pairs)
