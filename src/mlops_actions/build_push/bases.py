"""Find the base: an image from a registry, an OCI layout, or none; and the Python in it."""

import re
import sys
import tarfile
from pathlib import Path

from mlops_actions.build_push.recipe import PYTHON_VERSION, Base
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError
from mlops_actions.oci.descriptor import LAYER_GZIP
from mlops_actions.oci.image import Image, read_image
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.pull import pull_image
from mlops_actions.oci.reference import Reference, parse
from mlops_actions.oci.registry import Registry
from mlops_actions.progress import Progress

KEY = "build_push.base"
_INTERPRETER = re.compile(r"(?:\./)?((?:usr/local|usr|opt/[^/]+)/bin)/python(3\.\d+)")


def find_base(config: Config, credentials: tuple[str, str], cache: Path, progress: Progress) -> Base:
    """Return the base that build_push.base names.

    Args:
        config: the whole configuration.
        credentials: user and password; they go to the base's registry only if that is the one to push to, or none is.
        cache: folder for pulled blobs.
        progress: told of each blob.

    Raises:
        ConfigError: no such image, or no Python in it.
        OutsideError: the registry does not answer.
    """
    section = config.build_push
    if section.base == "none":
        version = section.python or f"{sys.version_info.major}.{sys.version_info.minor}"
        return Base(_supported(version), "python3")
    if section.base.startswith("oci:"):
        layout = Layout(config.resolve(section.base.removeprefix("oci:")))
        return _with_python(read_image(layout), layout, None, section.python)
    reference = parse(section.base, key=KEY)
    ours = (
        not section.repository or parse(section.repository, key="build_push.repository").registry == reference.registry
    )
    registry = Registry(
        reference.registry,
        reference.repository,
        credentials=credentials if ours else ("", ""),
        plain_http=section.plain_http and ours,
    )
    layout = Layout.create(cache / "base")
    progress(f"base {section.base}")
    return _with_python(pull_image(registry, reference.version, layout, progress), layout, reference, section.python)


def _with_python(image: Image, layout: Layout, reference: Reference | None, wanted: str | None) -> Base:
    found = _interpreters(image, layout)
    version = _supported(wanted or max(found, key=_order, default=""))
    return Base(version, found.get(version, f"python{version}"), image, layout, reference)


def _interpreters(image: Image, layout: Layout) -> dict[str, str]:
    """Return the base's Pythons by version: `3.11` -> `/usr/bin/python3.11`; /usr/local wins over /usr."""
    found: dict[str, str] = {}
    for descriptor in image.layers:
        layout.check(descriptor)
        mode = "r|gz" if descriptor.media_type == LAYER_GZIP else "r|"
        with tarfile.open(layout.blob(descriptor.digest), mode=mode) as archive:  # type: ignore[call-overload]
            for name in (entry.name for entry in archive):
                match = _INTERPRETER.fullmatch(name)
                if match and (match[2] not in found or match[1] == "usr/local/bin"):
                    found[match[2]] = f"/{match[1]}/python{match[2]}"
    return found


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _supported(version: str) -> str:
    if PYTHON_VERSION.fullmatch(version):
        return version
    raise ConfigError(
        f"The base has Python {version}." if version else "There is no Python in the base image.",
        why="the server runs on Python 3.11 to 3.13.",
        fix="choose another build_push.base, or say build_push.python where it lies at an unusual place.",
    )
