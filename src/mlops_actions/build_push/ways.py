"""Ways to start what is in an image, the strictest that this machine allows: runc, chroot, or our own interpreter."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_actions.build_push.recipe import USER, Base
from mlops_actions.build_push.tools import Tools
from mlops_actions.errors import ConfigError
from mlops_actions.oci.image import Image, host_command

SOCKET = "server.sock"


@dataclass(frozen=True)
class Start:
    """How to start the server.

    Attributes:
        way: for the report.
        socket: where it will listen, as seen from here.
        engine: whether a container engine stands between us and the server.
    """

    way: str
    arguments: list[str]
    socket: Path
    environment: dict[str, str] = field(default_factory=dict)
    engine: bool = False


def choose_way(base: Base, tools: Tools) -> Callable[[Image, Path, Path], Start]:
    """Return a function of (image, unpacked root, folder for our files) that says how to start the server.

    Raises:
        ConfigError: another Python than ours can only be run from a base, as root.
    """
    contained = base.image is not None and os.geteuid() == 0
    if contained and tools.runc:
        return lambda image, unpacked, folder: _with_runc(tools.runc, image, unpacked, folder)
    if contained and tools.chroot:
        return lambda image, unpacked, folder: _with_chroot(tools.chroot, image, unpacked, folder)
    if base.python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return _with_our_interpreter
    raise ConfigError(
        f"The image's Python {base.python} cannot be started here, so nothing proves that the image answers.",
        why="build-push runs on another Python, and runc or chroot need root and a base with a Python of its own.",
        fix=f"run build-push with Python {base.python}, or on a base as root.",
    )


def _with_our_interpreter(image: Image, unpacked: Path, folder: Path) -> Start:
    socket = folder / SOCKET
    command = host_command(image, unpacked, sys.executable, ["--uds", str(socket), "--exit-with-parent"])
    way = "from the unpacked layers, by this machine's Python"
    return Start(way, command.arguments, socket, command.environment)


def _with_chroot(chroot: Path | None, image: Image, unpacked: Path, folder: Path) -> Start:  # noqa: ARG001 (one shape for all ways)
    temporary = unpacked / "tmp"
    temporary.mkdir(exist_ok=True)
    temporary.chmod(0o1777)
    arguments = [str(chroot), f"--userspec={USER}:{USER}", str(unpacked), *image.entrypoint, "--uds", f"/tmp/{SOCKET}"]  # noqa: S108 (inside the image)
    return Start("from the unpacked layers, in a chroot", arguments, temporary / SOCKET, image.environment)


def _with_runc(runc: Path | None, image: Image, unpacked: Path, folder: Path) -> Start:
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o777)  # the server is another user
    (folder / "config.json").write_text(json.dumps(container(image, unpacked, shared)), encoding="utf-8")
    arguments = [str(runc), "--root", str(folder / "state"), "run", "--bundle", str(folder), f"mlops-{os.getpid()}"]
    return Start("in a container without network, by runc", arguments, shared / SOCKET, {}, engine=True)


def container(image: Image, unpacked: Path, shared: Path) -> dict[str, Any]:
    """Return a runtime configuration (OCI runtime specification 1.0): no network, read-only root, no privileges.

    The folder `shared` is the container's /tmp, the only place where it can write; its Unix socket is the only way in.
    """
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": USER, "gid": USER},
            "args": [*image.entrypoint, "--uds", f"/tmp/{SOCKET}"],  # noqa: S108 (inside the container)
            "env": [f"{name}={value}" for name, value in image.environment.items()],
            "cwd": "/",
            "noNewPrivileges": True,
        },
        "root": {"path": str(unpacked), "readonly": True},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            {"destination": "/tmp", "type": "bind", "source": str(shared), "options": ["bind", "rw"]},  # noqa: S108 (inside the container)
        ],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")]},
    }
