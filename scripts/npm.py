"""Packages of npm that tests need, pinned, fetched once into .cache/npm of the checkout."""

import contextlib
import hashlib
import shutil
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


def installed(lock: Path) -> Path:
    """Return a folder whose `node_modules` holds what a package-lock.json names, each by its hash; no install script runs."""
    folder = CACHE / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if folder.exists():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as aside:
        for name in (lock.name, "package.json"):
            shutil.copy(lock.with_name(name), aside)
        command = [str(require("npm")), "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, check=True, cwd=aside, stdout=subprocess.PIPE)
        with contextlib.suppress(OSError):  # somebody else was quicker
            Path(aside).rename(folder)
        Path(aside).mkdir(exist_ok=True)
    return folder
