"""Locks: no host, hashes for all, and one version of everything."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)( ; .*)? \\$", re.IGNORECASE | re.MULTILINE)


def pins(path: Path) -> set[tuple[str, str]]:
    """Return (name, version); a package may have several versions for several Pythons."""
    return {(name, version) for name, version, _ in PIN.findall(path.read_text(encoding="utf-8"))}


def test_there_is_a_lock_for_every_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {path.stem for path in LOCKS} == {*extras, "dev"}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_a_lock_names_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text


def test_the_lock_of_npm_names_no_host() -> None:
    assert "://" not in (ROOT / "tests/support/standins/cache/package-lock.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_line_is_a_pin_with_hashes(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [line for line in lines if not line.startswith(" ")]
    assert len(starts) == len(PIN.findall("\n".join(lines)))
    assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in lines if line.startswith(" "))
    assert pins(path)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_every_lock_agrees_with_the_lock_of_everything(path: Path) -> None:
    assert pins(path) <= pins(ROOT / "requirements/dev.txt")


def test_stages_do_not_carry_what_they_do_not_need() -> None:
    heavy = {"tensorflow", "tensorflow-cpu", "scikit-learn", "onnxruntime"}
    for stage in ("validate-data", "evaluate", "build-push", "deploy", "check-metrics"):
        assert {name for name, _ in pins(ROOT / "requirements" / f"{stage}.txt")} & heavy == set()
    for lock in ("train", "quantize", "serve", "run"):
        assert "tensorflow" not in {name for name, _ in pins(ROOT / "requirements" / f"{lock}.txt")}
