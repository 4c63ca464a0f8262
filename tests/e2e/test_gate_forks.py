"""A fork's pull request in act: its own run writes nothing; trusted code judges what it left, and never lets it pass by itself."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support.act import Act, Run
from support.consumer import Consumer
from support.github_server import GitHubServer
from support.github_state import Pull

FORK = "mallory/flights"
CHECK = "mlops / flights"
ESTIMATOR = "estimator: sklearn.ensemble.HistGradientBoostingClassifier"
CLAIM = {"decision": "pass", "reason": "improved", "sentence": "Better, says the fork."}


@pytest.fixture
def flights(act: Act, consumer: Callable[[str], Consumer], github: GitHubServer) -> Consumer:
    """Return a repository whose default branch has left its record and its predictions."""
    repository = consumer("flights")
    (repository.folder / "NOTES.md").write_text("a second commit\n")
    repository.branch("main")
    repository.edit("min: 0.6, ", "")
    repository.commit("No floor")
    assert act.push(repository, github).code == 0
    repository.branch("change")
    return repository


def forked(act: Act, repository: Consumer, github: GitHubServer, parameters: str) -> tuple[Pull, Run]:
    """Push a commit to a fork and run its pull request; nothing may be written."""
    repository.edit(ESTIMATOR, f"{ESTIMATOR}, parameters: {{{parameters}}}")
    repository.commit("From outside")
    pull = repository.propose(github, fork=FORK)
    before = len(github.written())
    run = act.pull_request(repository, github, pull)
    assert len(github.written()) == before
    assert "Comment" in run.succeeded_jobs, run.log
    return pull, run


def forged(artifact: Path) -> bytes:
    """Return an artifact whose report claims to be better, and whose plan names another pull request's commits."""
    changed = io.BytesIO()
    with zipfile.ZipFile(artifact) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "reports/evaluate.json":
                content = json.dumps({**json.loads(content), "verdict": CLAIM, "findings": []}).encode()
            if name == "plan.json":
                content = json.dumps({**json.loads(content), "head": "f" * 40}).encode()
            new.writestr(name, content)
    return changed.getvalue()


def test_forged_artifacts_change_nothing(
    act: Act, flights: Consumer, github: GitHubServer, keep_comment: Callable[[str, str], None]
) -> None:
    """The model is worse; the artifact says that it is better."""
    pull, run = forked(act, flights, github, "max_iter: 1, max_leaf_nodes: 2")
    assert run.code != 0
    artifact = run.artifacts / "flights-gate" / "flights-gate.zip"
    github.add_artifact(run.id, "flights-gate", forged(artifact))
    judged = act.after_upload(flights, github, run.id)
    assert judged.code == 0, judged.log
    check = github.checks(pull.head)[CHECK]
    assert check.conclusion == "failure", "computed here from the predictions, paired with the cached base"
    (comment,) = github.comments(pull.number)
    assert "worse" in comment.body
    assert "nverified" in comment.body
    assert judged.artifact_names == {"flights-verified"}
    keep_comment("forged-by-a-fork", comment.body)
    assert "f" * 40 not in {one.head for one in github.state.checks.values()}


def test_an_honest_fork_is_neutral_until_somebody_accepts(act: Act, flights: Consumer, github: GitHubServer) -> None:
    pull, run = forked(act, flights, github, "learning_rate: 0.11")
    judged = act.after(flights, github, run)
    assert judged.code == 0, judged.log
    assert github.checks(pull.head)[CHECK].conclusion == "neutral"
    (comment,) = github.comments(pull.number)
    assert "nverified" in comment.body
    github.add_person("lead", "maintain")
    github.add_person("mallory", "read")
    refused = act.comment(
        flights, github, github.add_comment(pull.number, "/mlops accept it is fine", author="mallory")
    )
    assert refused.code == 0, refused.log
    assert github.checks(pull.head)[CHECK].conclusion == "neutral"
    accepted = act.comment(flights, github, github.add_comment(pull.number, "/mlops accept I read it", author="lead"))
    assert accepted.code == 0, accepted.log
    assert github.checks(pull.head)[CHECK].conclusion == "success"


def test_a_run_of_our_own_branch_is_left_alone(act: Act, flights: Consumer, github: GitHubServer) -> None:
    (flights.folder / "NOTES.md").write_text("nothing that the model sees\n")
    flights.commit("Notes")
    run = act.pull_request(flights, github, flights.propose(github))
    before = len(github.written())
    after = act.after(flights, github, run)
    assert after.code == 0, after.log
    assert after.succeeded_jobs == set()
    assert len(github.written()) == before
