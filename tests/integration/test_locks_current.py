"""The locks are what pyproject.toml asks for: compiling them again, with their versions kept, changes nothing."""

import shutil
from pathlib import Path

import lock

ROOT = Path(__file__).resolve().parents[2]


def test_locks_are_current(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "requirements", tmp_path / "locks")
    lock.write_locks(tmp_path / "locks")
    changed = [
        path.name
        for path in sorted((ROOT / "requirements").glob("*.txt"))
        if path.read_text() != (tmp_path / "locks" / path.name).read_text()
    ]
    assert changed == [], "run `make lock`"
