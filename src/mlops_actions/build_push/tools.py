"""Programs that build-push starts. The edge finds them; the stage is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Tools:
    """Programs of this machine; None where there is none.

    Attributes:
        uv: installs the server's packages.
        variables: environment variables that uv gets: its cache, index and proxy settings.
        runc: runs the image in a container of its own before it counts as built; needs root.
        chroot: the next best thing; needs root too.
    """

    uv: Path | None = None
    runc: Path | None = None
    chroot: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
