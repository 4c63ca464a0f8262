"""The one comment: found by marker and author on any page, edited, never doubled, never about a commit that is gone."""

from collections.abc import Callable, Iterator

import pytest

from mlops_actions.github.refusal import GitHubError
from mlops_actions.github.sticky import END, Done, marker, upsert
from support.gates import HOME, Gate
from support.github_routes import Answer
from support.github_server import GitHubServer
from support.records import BASE, HEAD

OURS, COMMENTS = "github-actions", "/issues/1/comments$"
OTHER = "c" * 40


@pytest.fixture
def gate() -> Iterator[Gate]:
    with GitHubServer(HOME) as server:
        yield Gate.on(server)


def body(words: str, head: str = HEAD) -> str:
    return f"{marker(head)}\n{words}\n\n{END}"


def write(gate: Gate, words: str, head: str = HEAD) -> Done:
    github = gate.github(pull_requests="write")
    return upsert(github, HOME, 1, f"{marker(head)}\n{words}\n", head=head, progress=gate.said.append)


def bodies(gate: Gate) -> list[str]:
    return [comment.body for comment in gate.server.comments(1)]


def test_it_is_made_then_edited_then_left_alone(gate: Gate) -> None:
    assert [write(gate, "one"), write(gate, "two"), write(gate, "two")] == ["created", "edited", "unchanged"]
    assert bodies(gate) == [body("two")]
    assert len(gate.server.written()) == 2


def test_it_is_found_behind_a_hundred_others(gate: Gate) -> None:
    for number in range(130):
        gate.server.add_comment(1, f"thought {number}", author="someone")
    ours = gate.server.add_comment(1, body("old", OTHER), author=f"{OURS}[bot]", app=OURS)
    for number in range(130):
        gate.server.add_comment(1, f"answer {number}", author="someone")
    assert write(gate, "new") == "edited"
    assert ours.body == body("new")
    assert len(bodies(gate)) == 261


@pytest.mark.parametrize(
    ("words", "author", "app"),
    [
        (body("forged"), "mallory", ""),
        ("\n".join(f"> {line}" for line in body("quoted").splitlines()) + "\n\nI disagree.", "someone", ""),
        (body("repeated"), "mirror[bot]", "mirror"),
        (f"See:\n{body('further down')}", f"{OURS}[bot]", OURS),
        (f"<!-- mlops-actions -->\nno commit\n\n{END}", f"{OURS}[bot]", OURS),
        (f"{marker(HEAD)}\nwhat somebody wrote, shown by another workflow", f"{OURS}[bot]", OURS),
        (f"{body('quoted in full')}\n— seen in another pull request", f"{OURS}[bot]", OURS),
        (body("not the bot, only its name"), f"{OURS}[bot]", ""),
        ("", f"{OURS}[bot]", OURS),
    ],
)
def test_what_is_not_ours_is_not_touched(gate: Gate, words: str, author: str, app: str) -> None:
    gate.server.add_comment(1, words, author=author, app=app)
    assert write(gate, "ours") == "created"
    assert bodies(gate) == [words, body("ours")]


def test_the_oldest_is_kept_and_later_ones_go(gate: Gate) -> None:
    first, *_ = [gate.server.add_comment(1, body(words), author=f"{OURS}[bot]", app=OURS) for words in ("a", "b", "c")]
    write(gate, "new")
    assert [comment.id for comment in gate.server.comments(1)] == [first.id]
    assert bodies(gate) == [body("new")]


def test_a_head_that_moves_meanwhile_is_not_written_about(gate: Gate) -> None:
    write(gate, "old")
    gate.server.after("GET", COMMENTS, lambda: gate.server.push(1, OTHER))
    assert write(gate, "new") == "stale"
    assert bodies(gate) == [body("old")]
    assert gate.said == [f"Pull request 1 is at {OTHER[:12]} now: nothing more is said about {HEAD[:12]}."]


def test_a_head_that_moves_while_github_is_down_is_not_written_about(gate: Gate) -> None:
    """The edit is not repeated by itself: before each attempt the head is read again."""
    write(gate, "old")
    gate.server.fail("PATCH", "/issues/comments/", Answer(502, {"message": "Server Error"}))
    gate.server.before("PATCH", "/issues/comments/", lambda: gate.server.push(1, OTHER))
    assert write(gate, "new") == "stale"
    assert bodies(gate) == [body("old")]


def test_a_head_that_moves_while_it_is_written_is_said(gate: Gate) -> None:
    write(gate, "old")
    gate.server.after("PATCH", "/issues/comments/", lambda: gate.server.push(1, OTHER))
    assert write(gate, "new") == "stale"
    assert OTHER[:12] in gate.said[0]


def test_an_edit_waits_for_a_limit(gate: Gate) -> None:
    write(gate, "old")
    gate.server.fail("PATCH", "/issues/comments/", Answer(429, {"message": "rate limit"}, {"Retry-After": "30"}))
    assert write(gate, "new") == "edited"
    assert gate.waited == [30.0]


@pytest.mark.parametrize("merged", [None, BASE])
def test_a_closed_or_merged_pull_request_is_written_to_while_its_head_is_the_same(gate: Gate, merged: str) -> None:
    gate.server.close(1, merge_commit=merged)
    assert write(gate, "last words") == "created"
    gate.server.push(1, OTHER)
    assert write(gate, "too late") == "stale"
    assert bodies(gate) == [body("last words")]


def remove(gate: Gate) -> Callable[[], None]:
    return lambda: gate.server.remove_comment(gate.server.comments(1)[0].id)


def test_a_comment_that_is_deleted_at_that_moment_is_made_anew(gate: Gate) -> None:
    write(gate, "old")
    gate.server.before("PATCH", "/comments/", remove(gate))
    assert write(gate, "new") == "created"
    assert bodies(gate) == [body("new")]


def test_a_duplicate_that_another_job_removed_first_is_fine(gate: Gate) -> None:
    for words in ("a", "b"):
        gate.server.add_comment(1, body(words), author=f"{OURS}[bot]", app=OURS)
    gate.server.before("DELETE", "/comments/", lambda: gate.server.remove_comment(gate.server.comments(1)[1].id))
    write(gate, "new")
    assert bodies(gate) == [body("new")]


def test_a_comment_that_arrived_without_an_answer_is_not_written_twice(gate: Gate) -> None:
    gate.server.before(
        "POST", COMMENTS, lambda: gate.server.add_comment(1, body("new"), author=f"{OURS}[bot]", app=OURS)
    )
    gate.server.fail("POST", COMMENTS, Answer(502, {"message": "Server Error"}))
    assert write(gate, "new") == "unchanged"
    assert bodies(gate) == [body("new")]


def test_limits_are_waited_out(gate: Gate) -> None:
    gate.server.fail("POST", COMMENTS, Answer(403, {"message": "secondary rate limit"}, {"Retry-After": "30"}))
    gate.server.fail("GET", COMMENTS, Answer(429, {"message": "rate limit"}, {"Retry-After": "9"}))
    assert write(gate, "new") == "created"
    assert gate.waited == [9.0, 30.0]


def test_without_permission_the_yaml_to_add_is_said(gate: Gate) -> None:
    github = gate.github(pull_requests="read", checks="write")
    with pytest.raises(GitHubError) as refused:
        upsert(github, HOME, 1, body("x"), head=HEAD, progress=gate.said.append)
    assert "permissions:" in refused.value.fix
    assert bodies(gate) == []


def test_a_body_without_the_marker_could_never_be_found_again(gate: Gate) -> None:
    with pytest.raises(ValueError, match="not a body of ours"):
        upsert(gate.github(), HOME, 1, "no marker", head=HEAD, progress=gate.said.append)
