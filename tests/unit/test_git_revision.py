"""What git says about a version, and what a reader is told about it."""

import subprocess
from pathlib import Path

from mlops_actions.git import files, revision


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def repository(folder: Path) -> Path:
    folder.mkdir()
    git(folder, "init", "-q")
    for number in (1, 2):
        (folder / "file").write_text(str(number))
        git(folder, "add", "file")
        git(folder, "commit", "-q", "-m", f"Commit {number}")
    return folder


def test_shallow_checkout_is_blamed_only_where_there_is_one(tmp_path: Path) -> None:
    whole, shallow = repository(tmp_path / "whole"), tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{whole}", str(shallow))
    assert revision(whole).note == "The model's version is its commit: no tag is in this checkout."
    assert "a shallow checkout brings none" in revision(shallow).note
    git(whole, "tag", "v1")
    assert (revision(whole).version, revision(whole).note) == ("v1", "")


def test_files_of_submodules_are_files_too(tmp_path: Path) -> None:
    outer, inner = repository(tmp_path / "outer"), repository(tmp_path / "inner")
    git(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "part")
    (outer / "new").touch()
    (outer / ".gitignore").write_text("ignored\n")
    (outer / "ignored").touch()
    names = [path.relative_to(outer).as_posix() for path in files(outer) or []]
    assert names == [".gitignore", ".gitmodules", "file", "new", "part/file"]
    git(outer, "submodule", "deinit", "-q", "-f", "part")
    assert outer / "part" / "file" not in (files(outer) or [])
    assert files(tmp_path) is None
