"""What an image is made of, and where things lie in it."""

import re
from dataclasses import dataclass
from pathlib import Path

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.oci.image import Image
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.reference import Reference

PACKAGES = "app/site-packages"
SERVER = "app/server"
MODEL = "app/model"
USER = 65532
PORT = 8080
PYTHON_VERSION = re.compile(r"3\.(11|12|13)")


@dataclass(frozen=True)
class Base:
    """What the image stands on.

    Attributes:
        image, layout: None for `none`.
        reference: where its blobs may be mounted from, if it came from a registry.
        python: version such as `3.11`; interpreter: how the image starts it.
    """

    python: str
    interpreter: str
    image: Image | None = None
    layout: Layout | None = None
    reference: Reference | None = None


@dataclass(frozen=True)
class Recipe:
    """A sealed bundle on a base."""

    bundle: Bundle
    identity: ModelConfig
    base: Base
    architecture: str


@dataclass(frozen=True)
class BuiltLayer:
    """A layer with its name for people, and whether it was made now or taken from the base or a cache."""

    name: str
    digest: str
    size: int
    made: bool


@dataclass(frozen=True)
class Built:
    """An image in a layout folder."""

    folder: Path
    image: Image
    layers: list[BuiltLayer]
    notes: list[str]
