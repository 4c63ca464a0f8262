"""Writing aside and renaming: a failure leaves the old content."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_actions.errors import OutsideError
from mlops_actions.files import replaced_folder, sha256_file, sha256_text, write_text


def test_text_is_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "file.txt"
    write_text(target, "one")
    write_text(target, "two")
    assert target.read_text() == "two"
    assert [path.name for path in target.parent.iterdir()] == ["file.txt"]


def test_full_disk_keeps_the_old_file_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file.txt"
    write_text(target, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutsideError, match="No space left") as caught:
        write_text(target, "new")
    assert "disk is full" in str(caught.value)
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    for content in ("one", "two"):
        with replaced_folder(target) as aside:
            (aside / content).write_text(content)
    assert [path.name for path in target.iterdir()] == ["two"]
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_folder_of_a_failed_block_never_appears(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    with replaced_folder(target) as aside:
        (aside / "old").touch()

    def stopped_half_way() -> None:
        with replaced_folder(target) as aside:
            (aside / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_half_way()
    assert [path.name for path in target.iterdir()] == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


KILLED = """
import os, signal, sys
from pathlib import Path
from mlops_actions import files

target, known, renames = Path(sys.argv[1]), sys.argv[2] == "known", []
rename, exchanged = Path.rename, files._exchanged

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def counted(self, to):
    renames.append(to)
    if len(renames) == 2:
        die()
    return rename(self, to)

def then_dead(one, other):
    if known:
        assert exchanged(one, other)
        die()
    return False

Path.rename, files._exchanged = counted, then_dead
with files.replaced_folder(target) as aside:
    (aside / "new").touch()
"""


@pytest.mark.parametrize(("how", "kept"), [("known", ["new"]), ("unknown", ["old"])])
def test_killed_between_two_renames_the_old_folder_or_the_new_one_is_there(
    tmp_path: Path, how: str, kept: list[str]
) -> None:
    target = tmp_path / "bundle"
    with replaced_folder(target) as aside:
        (aside / "old").touch()
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), how], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2  # one of them was never seen whole, or is the old one

    with pytest.raises(KeyboardInterrupt), replaced_folder(target):
        raise KeyboardInterrupt
    assert [path.name for path in target.iterdir()] == kept
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_folder_that_somebody_writes_now_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    with replaced_folder(target) as first:
        with replaced_folder(target) as second:
            (second / "second").touch()
        (first / "first").touch()
    assert [path.name for path in target.iterdir()] == ["first"]


def test_file_system_that_cannot_exchange_is_served_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_actions.files._exchanged", lambda *_: False)
    for content in ("one", "two"):
        with replaced_folder(tmp_path / "bundle") as aside:
            (aside / content).touch()
    assert [path.name for path in (tmp_path / "bundle").iterdir()] == ["two"]
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_digests_name_their_algorithm(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    assert sha256_file(tmp_path / "a") == sha256_text("text")
    assert sha256_text("text") == "sha256:982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"
