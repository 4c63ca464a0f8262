"""What the repository says when git has no answer, and what it never says."""

from pathlib import Path

import pytest

from mlops_actions.errors import ConfigError, OutsideError
from mlops_actions.repository import Repository
from support.repositories import Origin, git


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin.create(tmp_path / "origin")


def test_a_password_in_a_remote_is_not_told(origin: Origin) -> None:
    git(origin.folder, "remote", "add", "origin", "http://ann:secret@127.0.0.1:9/x")
    with pytest.raises(OutsideError) as raised:
        Repository(origin.folder).fetch("--no-tags", "1" * 40)
    assert "git says: fatal:" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_git_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutsideError, match="cannot be started"):
        Repository.around(tmp_path)


def test_a_folder_that_is_in_no_repository(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"run it inside a git repository; in a workflow, after actions/checkout"):
        Repository.around(tmp_path)


def test_a_commit_that_is_not_there(origin: Origin) -> None:
    repository = Repository(origin.folder)
    assert repository.commit("1" * 40) == repository.commit("--help") == repository.commit("no such") == ""
    with pytest.raises(OutsideError, match="git says"):
        repository.entries("1" * 40)
    with pytest.raises(OutsideError, match="git says"):
        repository.merge_base("1" * 40, origin.head)


def test_a_path_outside(origin: Origin, tmp_path: Path) -> None:
    repository = Repository.around(origin.folder / "data")
    assert repository.relative(origin.folder / "data" / "rows.csv") == "data/rows.csv"
    with pytest.raises(ConfigError, match="outside of the repository"):
        repository.relative(tmp_path / "other")


def test_names_of_any_kind(origin: Origin) -> None:
    """Names come from a pull request: line breaks, quotes and what is no UTF-8 stay what they are."""
    names = ["a\nb", "tab\t", '"quoted"', "ünï", b"\xff".decode(errors="surrogateescape"), "-rf"]
    origin.commit(dict.fromkeys(names, "x"))
    repository = Repository(origin.folder)
    found = {entry.path: entry for entry in repository.entries(origin.head)}
    assert set(names) <= set(found)
    assert repository.text(found["a\nb"]) == "x"
    (origin.folder / "a\nb").write_text("y")
    assert repository.changed() == ["a\nb"]


def test_the_only_remote_is_taken_and_origin_first(origin: Origin) -> None:
    repository = Repository(origin.folder)
    assert repository.remote() == ""
    git(origin.folder, "remote", "add", "upstream", "file:///nowhere")
    assert repository.remote() == "upstream"
    git(origin.folder, "remote", "add", "origin", "file:///nowhere")
    assert repository.remote() == "origin"
