"""Packages of npm that tests need, pinned, fetched once into .cache/npm of the checkout."""

import subprocess
import tempfile
from pathlib import Path

from servers import require

CACHE = Path(__file__).resolve().parent.parent / ".cache" / "npm"


def packed(name: str, version: str) -> Path:
    """Return the package as npm publishes it (a .tgz), without what it depends on."""
    path = CACHE / f"{name.replace('/', '+')}-{version}.tgz"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as aside:
        command = [str(require("npm")), "pack", f"{name}@{version}", "--silent", "--pack-destination", aside]
        subprocess.run(command, check=True, stdout=subprocess.PIPE)
        next(Path(aside).glob("*.tgz")).replace(path)
    return path
