"""Find the programs that stages start: beside our interpreter first, then on PATH."""

import os
import shutil
import sys
from pathlib import Path

from mlops_actions.build_push import Tools
from mlops_actions.environments import UV_CALLER

_SYSTEM = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def build_tools() -> Tools:
    """Return what build-push needs and this machine has; a caller's own uv settings stay out, its index settings do not."""
    variables = {name: value for name, value in os.environ.items() if name not in UV_CALLER}
    return Tools(uv=_find("uv"), runc=_find("runc"), chroot=_find("chroot"), variables=variables)


def _find(program: str) -> Path | None:
    places = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath), *_SYSTEM]
    found = shutil.which(program, path=os.pathsep.join(places))
    return Path(found) if found else None
