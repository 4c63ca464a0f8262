"""Which commit a pull request is compared with, on real repositories: merges, heads, pushes, shallow and broken checkouts."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from mlops_actions.errors import ConfigError, OutsideError
from mlops_actions.pipeline.ancestry import Compared, PullRequest, compared
from mlops_actions.repository import Repository
from support.repositories import Origin, git

DEPTHS = [0, 1, 2]


@dataclass(frozen=True)
class World:
    """A pull request of three commits, begun at `start`; main has moved on since; `merge` is GitHub's merge of the two."""

    origin: Origin
    start: str
    head: str
    main: str
    merge: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    origin = Origin.create(tmp_path_factory.mktemp("base") / "origin")
    start = origin.head
    head = [origin.commit({f"mine{number}": "x"}, on="better") for number in range(3)][-1]
    main = [origin.commit({f"other{number}": "x"}) for number in range(3)][-1]
    return World(origin, start, head, main, origin.merge(main, head))


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin.create(tmp_path / "origin")


def find(checkout: Path, pull: PullRequest | None) -> tuple[Compared, str]:
    said: list[str] = []
    return compared(Repository.around(checkout), pull, said.append), "\n".join(said)


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_base_of_a_tested_merge_is_its_first_parent(tmp_path: Path, world: World, depth: int) -> None:
    checkout = world.origin.checkout(tmp_path / "work", world.merge, depth=depth)
    found, said = find(checkout, PullRequest(world.head, (world.main, "main")))
    assert found == Compared(world.head, world.merge, world.main, "first_parent")
    assert ("Fetching" in said) == (depth == 1)
    assert Repository(checkout).entries(world.main), "its content is here as well"


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("onto", ["commit", "branch"])
def test_the_base_of_a_tested_head_is_the_merge_base(tmp_path: Path, world: World, depth: int, onto: str) -> None:
    checkout = world.origin.checkout(tmp_path / "work", world.head, depth=depth)
    found, _ = find(checkout, PullRequest(world.head, (world.main if onto == "commit" else "main",)))
    assert found == Compared(world.head, world.head, world.start, "merge_base")
    assert Repository(checkout).entries(world.start)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_push_is_compared_with_its_parent(tmp_path: Path, world: World, depth: int) -> None:
    before = git(world.origin.folder, "rev-parse", "main~1")
    found, _ = find(world.origin.checkout(tmp_path / "work", world.main, depth=depth), None)
    assert found == Compared(world.main, world.main, before, "parent")


def test_a_first_commit_has_no_base(tmp_path: Path, world: World) -> None:
    found, said = find(world.origin.checkout(tmp_path / "work", world.start, depth=1), None)
    assert found == Compared(world.start, world.start, "", "none")
    assert "first commit" in said


def test_fetching_changes_no_branch_and_not_what_is_checked_out(tmp_path: Path, world: World) -> None:
    checkout = world.origin.checkout(tmp_path / "work", world.merge, depth=1)
    before = git(checkout, "for-each-ref")
    find(checkout, PullRequest(world.head))
    assert git(checkout, "for-each-ref") == before
    assert git(checkout, "rev-parse", "HEAD") == world.merge


def test_fetching_into_a_whole_clone_keeps_it_whole(tmp_path: Path, origin: Origin) -> None:
    first = origin.head
    whole = origin.checkout(tmp_path / "whole", first)
    later = origin.commit({"later": "x"})
    found, said = find(whole, PullRequest(first, (later,)))
    assert (found.base, Repository(whole).shallow()) == (first, set())
    assert "Fetching" in said


def test_a_nearer_common_ancestor_behind_the_end_of_a_clone_is_not_missed(tmp_path: Path, origin: Origin) -> None:
    """The head reaches `old` in one step and `near` in forty: a clone of three steps shows `old` as common, and no more."""
    folder, old = origin.folder, origin.head
    near = side = origin.commit({"near": "x"})
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    for _ in range(40):
        side = git(folder, "commit-tree", "-m", "Side", "-p", side, tree)
    head = git(folder, "commit-tree", "-m", "Head", "-p", old, "-p", side, tree)
    git(folder, "update-ref", "refs/heads/better", head)
    main = git(folder, "commit-tree", "-m", "Main", "-p", old, "-p", near, tree)
    git(folder, "update-ref", "refs/heads/main", main)
    checkout = origin.checkout(tmp_path / "work", head, depth=3)
    git(checkout, "fetch", "-q", "--depth=3", "origin", main)
    assert git(checkout, "merge-base", head, main) == old
    found, said = find(checkout, PullRequest(head, (main,)))
    assert found.base == near
    assert "deepen=64" in said


def test_a_base_that_was_force_pushed_away_is_found_by_its_branch(tmp_path: Path, world: World) -> None:
    gone = "1" * 40
    checkout = world.origin.checkout(tmp_path / "work", world.head, depth=1)
    found, said = find(checkout, PullRequest(world.head, (gone, "main")))
    assert found.base == world.start
    assert gone[:12] in said


def test_a_base_that_is_gone_altogether_says_what_to_set(tmp_path: Path, world: World) -> None:
    checkout = world.origin.checkout(tmp_path / "work", world.head, depth=1)
    with pytest.raises(OutsideError, match="lacks the history") as raised:
        find(checkout, PullRequest(world.head, ("1" * 40,)))
    assert "fetch-depth: 0" in raised.value.fix
    with pytest.raises(ConfigError, match="no branch or commit 'gone'"):
        find(checkout, PullRequest(world.head, ("gone",)))


@pytest.mark.parametrize("words", [["remove", "origin"], ["set-url", "origin", "file:///nowhere"]])
@pytest.mark.parametrize("tested", ["merge", "head"])
def test_a_remote_that_is_not_there_says_which_depth_to_set(
    tmp_path: Path, world: World, words: list[str], tested: str
) -> None:
    checkout = world.origin.checkout(tmp_path / "work", getattr(world, tested), depth=1)
    git(checkout, "remote", *words)
    with pytest.raises(OutsideError) as raised:
        find(checkout, PullRequest(world.head, (world.main, "main")))
    assert f"fetch-depth: {2 if tested == 'merge' else 0}" in raised.value.fix


def test_histories_without_a_common_commit(tmp_path: Path, world: World) -> None:
    tree = git(world.origin.folder, "rev-parse", f"{world.head}^{{tree}}")
    anew = git(world.origin.folder, "commit-tree", "-m", "Anew", tree)
    checkout = world.origin.checkout(tmp_path / "work", anew, depth=1)
    with pytest.raises(ConfigError, match="no commit in common"):
        find(checkout, PullRequest(anew, ("main",)))


def test_another_commit_than_the_head_or_its_merge_is_refused(tmp_path: Path, world: World) -> None:
    with pytest.raises(ConfigError, match="neither the head of the pull request") as raised:
        find(world.origin.checkout(tmp_path / "work", world.main, depth=1), PullRequest(world.head, ("main",)))
    assert "pull_request_target" in raised.value.why


@pytest.mark.parametrize(
    ("parents", "said"), [(["head", "main"], "nor GitHub's merge"), (["main", "head", "start"], "octopus")]
)
def test_a_merge_that_github_did_not_make(tmp_path: Path, world: World, parents: list[str], said: str) -> None:
    tree = git(world.origin.folder, "rev-parse", f"{world.head}^{{tree}}")
    named = [f"-p{getattr(world, name)}" for name in parents]
    merge = git(world.origin.folder, "commit-tree", "-m", "Merge", *named, tree)
    with pytest.raises(ConfigError, match=said):
        find(world.origin.checkout(tmp_path / "work", merge), PullRequest(world.head, ("main",)))


def test_a_head_alone_needs_the_name_of_its_base(tmp_path: Path, world: World) -> None:
    with pytest.raises(ConfigError, match="is not known") as raised:
        find(world.origin.checkout(tmp_path / "work", world.head), PullRequest(world.head))
    assert "--base" in raised.value.fix


def test_no_repository_and_no_commit(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(ConfigError, match="no git repository"):
        Repository.around(tmp_path / "plain")
    git(tmp_path / "plain", "init", "-q")
    with pytest.raises(ConfigError, match="no commit yet"):
        find(tmp_path / "plain", None)


def test_a_branch_that_is_nowhere_is_named_even_without_a_remote(origin: Origin) -> None:
    with pytest.raises(ConfigError, match="no branch or commit 'nonsense'"):
        find(origin.folder, PullRequest(origin.head, ("nonsense",)))
