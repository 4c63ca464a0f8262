"""The tests' GitHub is what GitHub's own description says, and says so when a caller or itself is not."""

from collections.abc import Iterator

import pytest
import requests

from mlops_actions.github.client import GitHub
from mlops_actions.github.refusal import GitHubError
from support.github_routes import ROUTES, Answer
from support.github_server import GitHubServer

HEAD, BASE, REPOSITORY = "a" * 40, "b" * 40, "repos/owner/flights"
EVERYTHING = {"checks": "write", "pull_requests": "write", "contents": "read", "actions": "read"}


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        server.add_pull(head=HEAD, base=BASE)
        yield server


@pytest.fixture
def github(server: GitHubServer) -> GitHub:
    return GitHub(server.url, server.token(**EVERYTHING), sleep=lambda _: None)


def test_every_answer_is_as_described(server: GitHubServer, github: GitHub) -> None:
    server.add_commits({BASE: [], HEAD: [BASE]})
    run = server.add_run(head=HEAD, head_branch="better")
    artifact = server.add_artifact(run.id, "flights-gate", b"PK")
    check = {"name": "x", "head_sha": HEAD, "conclusion": "success", "output": {"title": "t", "summary": "s"}}
    made = github.send("POST", f"{REPOSITORY}/check-runs", check)
    said = github.send("POST", f"{REPOSITORY}/issues/1/comments", {"body": "hello"})
    github.send("PATCH", f"{REPOSITORY}/check-runs/{made['id']}", {"conclusion": "neutral"})
    github.send("PATCH", f"{REPOSITORY}/issues/comments/{said['id']}", {"body": "again"})
    github.send("POST", f"{REPOSITORY}/issues/comments/{said['id']}/reactions", {"content": "+1"})
    paths = ["", "/pulls", "/pulls/1", f"/commits/{HEAD}/pulls", "/issues/1/comments", f"/issues/comments/{said['id']}"]
    paths += ["/collaborators/someone/permission", f"/check-runs/{made['id']}", f"/commits/{HEAD}/check-runs"]
    paths += [f"/commits/{HEAD}", f"/compare/{BASE}...{HEAD}", f"/actions/runs/{run.id}"]
    paths += [f"/actions/runs/{run.id}/artifacts"]
    server.state.pulls[1].files = [{"filename": "train.py"}]
    paths += ["/pulls/1/files"]
    for path in paths:
        assert github.get(f"{REPOSITORY}{path}")
    requests.get(f"{server.url}/{REPOSITORY}/actions/artifacts/{artifact.id}/zip", timeout=5)
    github.send("DELETE", f"{REPOSITORY}/issues/comments/{said['id']}", {})
    assert len({(asked.method, asked.path) for asked in server.asked}) == len(ROUTES)
    assert server.violations == []


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        ("check-runs", {"name": "x"}, "'head_sha' is a required property"),
        ("check-runs", {"name": "x", "head_sha": HEAD, "status": "done"}, "is not one of"),
        ("check-runs", {"name": "x", "head_sha": HEAD, "sumary": "s"}, "sumary is not described"),
        ("issues/1/comments", {"body": 1}, "is not of type 'string'"),
        ("labels", {"name": "x"}, "not offered"),
    ],
)
def test_a_request_that_is_not_as_described_is_refused_and_remembered(
    path: str, body: dict[str, object], wrong: str
) -> None:
    with pytest.raises(AssertionError, match=wrong):
        ask_wrongly(path, body)


def ask_wrongly(path: str, body: dict[str, object]) -> None:
    with GitHubServer() as server:
        server.add_pull(head=HEAD, base=BASE)
        with pytest.raises(GitHubError):
            GitHub(server.url, server.token(**EVERYTHING)).send("POST", f"{REPOSITORY}/{path}", body)


def test_an_answer_that_is_not_as_described_is_remembered() -> None:
    with pytest.raises(AssertionError, match="is not one of"):
        answer_wrongly()


def answer_wrongly() -> None:
    with GitHubServer() as server:
        server.add_check(HEAD, "x", status="asleep")
        GitHub(server.url, server.token(checks="read")).get(f"{REPOSITORY}/commits/{HEAD}/check-runs")


def test_a_token_may_do_what_it_was_given_and_no_more(server: GitHubServer) -> None:
    reading = GitHub(server.url, server.token(checks="read", pull_requests="read"))
    assert reading.get(f"{REPOSITORY}/pulls/1")["head"]["sha"] == HEAD
    with pytest.raises(GitHubError) as refused:
        reading.send("POST", f"{REPOSITORY}/issues/1/comments", {"body": "x"})
    assert "issues: write" in refused.value.fix
    with pytest.raises(GitHubError) as refused:
        reading.get(f"{REPOSITORY}/commits/{HEAD}")
    assert "contents: read" in refused.value.fix


def test_lists_come_in_pages(server: GitHubServer, github: GitHub) -> None:
    for number in range(250):
        server.add_comment(1, str(number), author="someone")
    bodies = [comment["body"] for comment in github.pages(f"{REPOSITORY}/issues/1/comments")]
    assert bodies == [str(number) for number in range(250)]
    assert len(server.asked) == 3


def test_things_happen_at_requests(server: GitHubServer, github: GitHub) -> None:
    server.before("GET", "/pulls/1$", lambda: server.push(1, "c" * 40))
    server.fail("GET", "/pulls/1$", Answer(503))
    assert github.get(f"{REPOSITORY}/pulls/1")["head"]["sha"] == "c" * 40
    assert len(server.asked) == 2
