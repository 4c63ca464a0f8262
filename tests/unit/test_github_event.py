"""Payloads of events become types, and malformed ones a sentence that names what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.errors import ConfigError, MlopsError
from mlops_actions.github.event import (
    READERS,
    IssueCommentEvent,
    PullRequestEvent,
    PushEvent,
    WorkflowRunEvent,
    _Payload,
    read_event,
)
from mlops_actions.github.runner import Runner
from support import events
from support.github_state import Comment, Pull, Run

HOME, HEAD, BASE, MERGE, NOTHING = "owner/flights", "a" * 40, "b" * 40, "c" * 40, "0" * 40


def runner(tmp_path: Path, event: str, payload: object, **environ: str) -> Runner:
    path = tmp_path / "event.json"
    path.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    names = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(path), "GITHUB_SHA": MERGE}
    return Runner.from_environment(names | environ)


def pull(**more: Any) -> dict[str, Any]:
    given = {"head": HEAD, "head_branch": "better", "head_repository": HOME, "base": BASE}
    return events.pull_request(Pull(7, **{**given, **more}), HOME, MERGE, "d" * 40)


def test_a_pull_request(tmp_path: Path) -> None:
    read = read_event(runner(tmp_path, "pull_request", pull()))
    assert read == PullRequestEvent(7, HEAD, "better", HOME, BASE, "main", MERGE, "d" * 40, HOME)
    assert not read.from_fork


@pytest.mark.parametrize("repository", ["stranger/flights", None])
def test_a_pull_request_of_a_fork_that_may_be_deleted(tmp_path: Path, repository: str | None) -> None:
    payload = pull()
    payload["pull_request"]["head"]["repo"] = repository and events.repository(repository)
    read = read_event(runner(tmp_path, "pull_request", payload))
    assert isinstance(read, PullRequestEvent)
    assert read.from_fork


def test_a_push(tmp_path: Path) -> None:
    read = read_event(runner(tmp_path, "push", events.push(HOME, BASE, HEAD, "refs/heads/a/b")))
    assert read == PushEvent(HEAD, BASE, "a/b", "main", HOME)


def test_the_first_push_of_a_branch_has_nothing_before(tmp_path: Path) -> None:
    read = read_event(runner(tmp_path, "push", events.push(HOME, NOTHING, HEAD, "refs/heads/new")))
    assert isinstance(read, PushEvent)
    assert read.before == ""


def test_a_deleted_branch_has_no_commit(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="deleted"):
        read_event(runner(tmp_path, "push", events.push(HOME, BASE, NOTHING, "refs/heads/old")))


def test_a_merge_queue_is_a_push_of_its_commit(tmp_path: Path) -> None:
    group = {"head_sha": HEAD, "base_sha": BASE, "head_ref": "refs/heads/gh-readonly-queue/main/pr-7"}
    payload = {"merge_group": group, "repository": events.repository(HOME)}
    read = read_event(runner(tmp_path, "merge_group", payload))
    assert read == PushEvent(HEAD, BASE, "gh-readonly-queue/main/pr-7", "main", HOME)


def test_a_run_started_by_hand_is_about_the_checked_out_commit(tmp_path: Path) -> None:
    payload = {"ref": "refs/heads/main", "repository": events.repository(HOME)}
    assert read_event(runner(tmp_path, "workflow_dispatch", payload)) == PushEvent(MERGE, "", "main", "main", HOME)
    with pytest.raises(ConfigError, match="GITHUB_SHA"):
        read_event(runner(tmp_path, "workflow_dispatch", payload, GITHUB_SHA="main"))


def test_the_end_of_another_run(tmp_path: Path) -> None:
    run = Run(5, HEAD, "better", "stranger/flights")
    read = read_event(runner(tmp_path, "workflow_run", events.workflow_run(run, HOME)))
    assert isinstance(read, WorkflowRunEvent)
    assert (read.run, read.head, read.head_branch, read.head_repository) == (5, HEAD, "better", "stranger/flights")
    assert (read.event, read.conclusion, read.path) == ("pull_request", "success", ".github/workflows/model.yml")


def test_a_comment(tmp_path: Path) -> None:
    comment = Comment(3, 7, "/mlops accept x", "mona", created_at="2026-11-24T09:00:00Z")
    read = read_event(runner(tmp_path, "issue_comment", events.issue_comment(comment, HOME)))
    assert isinstance(read, IssueCommentEvent)
    assert (read.number, read.comment, read.author, read.on_pull_request, read.bot) == (7, 3, "mona", True, False)
    assert (read.body, read.created_at) == ("/mlops accept x", "2026-11-24T09:00:00Z")


def test_events_that_are_about_nothing_of_ours_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'star' is none that this command knows"):
        read_event(runner(tmp_path, "star", {}))
    with pytest.raises(ConfigError, match="There is no event"):
        read_event(Runner.from_environment({}))


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ("{", "JSONDecodeError"),
        ([], "pull_request.number is 'None'"),
        (pull() | {"pull_request": {"number": "7"}}, "pull_request.number is '7'"),
        (pull() | {"repository": {"full_name": "a/../b"}}, "repository.full_name"),
        (pull(head="main"), "pull_request.head.sha is 'main'"),
        (pull(base="b" * 39), "pull_request.base.sha"),
    ],
)
def test_a_malformed_payload_is_named(tmp_path: Path, payload: object, named: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_event(runner(tmp_path, "pull_request", payload))
    assert named in str(refused.value)


def test_a_payload_that_is_not_there(tmp_path: Path) -> None:
    here = runner(tmp_path, "push", {})
    (tmp_path / "event.json").unlink()
    with pytest.raises(ConfigError, match="FileNotFoundError"):
        read_event(here)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["pull_request", "number", "head", "sha", "repo", "repository", "full_name", "comment", "id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(event=st.sampled_from(sorted(READERS)), payload=JSON)
def test_no_payload_ends_in_anything_but_a_sentence_of_ours(event: str, payload: object) -> None:
    environ = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": event, "GITHUB_SHA": MERGE}
    with pytest.raises(MlopsError):
        READERS[event](_Payload(event, payload), Runner.from_environment(environ))


def test_the_runner_makes_a_client_of_a_token_that_was_given_and_looks_for_none() -> None:
    names = {"GITHUB_TOKEN": "found", "GITHUB_API_URL": "http://127.0.0.1:1"}
    github = Runner.from_environment(names).github(" given\n")
    assert (github.token, github.api_url) == ("given", "http://127.0.0.1:1")
    with pytest.raises(ConfigError, match="no token"):
        Runner.from_environment(names).github("")
