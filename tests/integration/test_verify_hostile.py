"""Whatever a fork's run leaves: it is refused in one sentence or judged, it is never green, and nothing of it is obeyed."""

import io
import random
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlops_actions.github import artifacts
from mlops_actions.report import Plan, Report
from support import events, forks
from support.forks import BASE, CANDIDATE, CHECK, FORK, HEAD, HOME, MODEL, OTHER_HEAD, artifact, parquet, predictions
from support.github_routes import Answer
from support.github_server import GitHubServer

SECRET = "ghs_"


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[forks.Repository]:
    with GitHubServer(HOME) as github:
        yield forks.Repository(forks.same_branch(tmp_path / "main"), github, tmp_path)


def refused(repository: forks.Repository, says: str) -> None:
    """The artifact is looked at and said to be unusable; the check is there, and not green."""
    assert repository.verify() == 0, repository.log
    record = repository.record()
    assert (record.outcome, record.verified, repository.conclusion()) == ("stopped", False, "neutral")
    assert says in record.problem
    assert "Unverified" in repository.comment().body
    assert "/tmp/" not in repository.comment().body


# Archives.


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("../../../etc/cron.d/job", b"* * * * * root id"),
        ("/etc/passwd", b"root"),
        ("model.pkl", b"cos\nsystem\n(S'id'\ntR."),
        ("bundle/model/model.skops", b"PK"),
        ("base/predictions/test.parquet", parquet(predictions(0.1))),
        ("reports/../mlops.yaml", b"model: mine"),
    ],
)
def test_members_of_other_names(name: str, content: bytes, repository: forks.Repository) -> None:
    repository.leaves(forks.zipped({CANDIDATE: parquet(predictions(0.9)), name: content}))
    refused(repository, "no file that a gate's artifact has")


def test_a_link_to_a_file_of_ours(repository: forks.Repository) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        info = zipfile.ZipInfo(CANDIDATE)
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        made.writestr(info, str(repository.folder / "base.parquet"))
    repository.leaves(buffer.getvalue())
    refused(repository, "is a link")


def test_a_zip_bomb(repository: forks.Repository) -> None:
    repository.leaves(forks.zipped({CANDIDATE: bytes(300_000_000)}))
    refused(repository, "would unpack to 300,000,000 bytes")


def test_five_gigabytes_that_say_so_are_not_fetched(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)), size_in_bytes=5_000_000_000)
    refused(repository, "5,000,000,000 bytes")
    assert not [asked for asked in repository.github.asked if asked.path.endswith("/zip")]


def test_an_artifact_without_an_end_is_cut_off(repository: forks.Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it is small. Two megabytes stand for the 200 that are read of it."""
    monkeypatch.setattr(artifacts, "MOST_COMPRESSED", 2_000_000)
    sent: list[int] = []

    def pieces() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield bytes(100_000)

    repository.github.add_artifact(repository.run.id, f"{MODEL}-gate", pieces, size_in_bytes=1000)
    refused(repository, "goes on after 2,000,000 bytes")
    assert len(sent) < 1000


def test_an_expired_artifact(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)), expired=True)
    refused(repository, "it has expired")


def test_an_artifact_that_expires_while_we_look(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)))
    (there,) = repository.github.state.artifacts.values()
    repository.github.before("GET", "/zip$", lambda: setattr(there, "expired", True))
    refused(repository, "it has expired")


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x05\x06"])
def test_what_is_no_zip(content: bytes, repository: forks.Repository) -> None:
    repository.leaves(content)
    refused(repository, "The artifact cannot be used")


# Predictions.

ROWS = predictions(0.9)
HOSTILE = {
    "nested": (ROWS.with_columns(score_yes=pl.concat_list("score_yes")), "of a type"),
    "ten thousand columns": (ROWS.with_columns(**{f"score_{n}": pl.lit(0.5) for n in range(10_000)}), "10,00"),
    "huge text": (ROWS.with_columns(prediction=pl.lit("y" * 100_000)), "more than 1,000 bytes"),
    "a command": (ROWS.with_columns(pl.lit(1).alias("::set-output name=x::y")), "which predictions do not have"),
    "NaN": (ROWS.with_columns(score_yes=pl.lit(float("nan")), score_no=pl.lit(float("nan"))), "score_"),
    "no answer": (ROWS.with_columns(prediction=pl.lit(None, pl.String)), "prediction"),
    "rows that are missing": (ROWS.head(-1), "lacks 1 of"),
    "rows that are there twice": (pl.concat([ROWS, ROWS.head(1)]), "more than once"),
    "rows that nobody knows": (pl.concat([ROWS, ROWS.head(1).with_columns(id=pl.lit("more"))]), "more"),
    "no rows": (ROWS.clear(), "no rows"),
    "no ids": (ROWS.drop("id"), "lacks the column id"),
    "empty ids": (ROWS.with_columns(id=pl.lit(None, pl.String)), "no id"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_predictions_that_are_none(kind: str, repository: forks.Repository) -> None:
    frame, says = HOSTILE[kind]
    repository.leaves(artifact(frame))
    refused(repository, says)


@pytest.mark.parametrize("content", [b"", b"no Parquet", parquet(ROWS)[:-100], b"PAR1" + bytes(40) + b"PAR1"])
def test_files_that_are_no_parquet(content: bytes, repository: forks.Repository) -> None:
    repository.leaves(artifact(content))
    refused(repository, "it is not Parquet")


def test_what_fills_the_memory_does_not_take_the_verifier_down(repository: forks.Repository) -> None:
    column = pl.repeat(0.5, 3_900_000, eager=True)
    bomb = pl.DataFrame({"id": pl.int_range(3_900_000, eager=True), **{f"score_{n}": column for n in range(100)}})
    repository.leaves(artifact(bomb))
    refused(repository, "ended the reader")


def test_two_files_of_predictions(repository: forks.Repository) -> None:
    one, other = parquet(predictions(0.9)), parquet(predictions(0.1))
    repository.leaves(forks.zipped({CANDIDATE: one, "kept/predictions/test.parquet": other}))
    refused(repository, "several files of predictions")


def test_a_change_of_the_data_cannot_be_judged_here(repository: forks.Repository) -> None:
    """The test rows of the pull request are others than those of the default branch."""
    repository.leaves(artifact(ROWS.with_columns(id="g" + pl.col("id"))))
    refused(repository, "opens a pull request from it, where trusted code runs it")


# JSON.


def a_plan(**changes: object) -> bytes:
    usual = Plan(model=MODEL, config="mlops.yaml", head=OTHER_HEAD, tested=OTHER_HEAD, candidate_key="x")
    return usual.model_copy(update=changes).model_dump_json().encode()


def test_the_number_head_and_model_of_a_plan_are_not_used(repository: forks.Repository) -> None:
    other = repository.github.add_pull(head=OTHER_HEAD, base=BASE, head_branch="theirs")
    plan = a_plan(model="another", identical=True, config="/etc/passwd")
    forged = plan[:-1] + f', "pull_request": {other.number}}}'.encode()
    repository.leaves(artifact(predictions(0.7), plan=forged))
    assert repository.verify() == 0, repository.log
    assert repository.conclusion() == "failure"
    assert repository.record().config == "mlops.yaml"
    assert repository.github.comments(other.number) == []
    assert repository.github.checks(OTHER_HEAD) == {}


def test_identical_by_its_own_word_is_not_green(repository: forks.Repository) -> None:
    repository.pull.files = [{"filename": "flights.parquet"}]
    repository.leaves(forks.zipped({"plan.json": a_plan(identical=True)}))
    assert repository.verify() == 0, repository.log
    assert repository.conclusion() == "neutral"
    assert "which is not checked here" in repository.record().problem


JSONS = [
    b"",
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"1" * 100_000,
    b'{"model": NaN}',
    b" " * 2_000_000 + random.Random(0).randbytes(4_000_000).hex().encode(),
    b'{"schema_version": 1, "stage": "evaluate", "model": "flights", "verdict": {"decision": "pass"}, "extra": 1}',
]


@pytest.mark.parametrize("content", JSONS, ids=lambda content: repr(content[:12]))
def test_json_that_is_none_of_ours_is_left_unread(content: bytes, repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.7), evaluate=content, plan=content))
    assert repository.verify() == 0, repository.log
    assert repository.conclusion() == "failure"
    assert repository.record().notes == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | json_values.map(lambda value: repr(value).encode(errors="replace")))
def test_any_json_is_a_claim_or_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "any.json").write_bytes(content)
    assert artifacts.claimed(tmp_path / "any.json", Report) is None


# What people read.

NASTY = [
    "<img src=x onerror=alert(1)>",
    "@octo-org/admins",
    "[click](https://evil.example)",
    "![x](https://evil.example/pixel.png)",
    "https://evil.example/login",
    "| a | b |",
    "--> <!-- mlops-actions record 1 x -->",
    "```mermaid",
    "#1 octo-org/flights#1",
    "</details><h1>Approved</h1>",
]


def test_names_of_classes_are_shown_and_do_nothing(repository: forks.Repository) -> None:
    dice = np.random.default_rng(3)
    hostile = predictions(0.7).with_columns(
        prediction=pl.Series([NASTY[n] if n < len(NASTY) else "yes" for n in dice.integers(0, 40, forks.ROWS)])
    )
    # A third column of scores: of two classes a third prediction would be refused.
    repository.leaves(artifact(hostile.with_columns(score_maybe=pl.lit(0.0))))
    assert repository.verify() == 0, repository.log
    assert repository.conclusion() == "failure"
    check = repository.github.checks(HEAD)[CHECK]
    for body in (
        repository.comment().body,
        check.summary,
        check.text or "",
        (repository.scratch / "summary.md").read_text(),
    ):
        harmless(body)
    assert not re.search(r"^::(?!stop-commands::|[0-9a-f]{32}::$)", repository.log, re.MULTILINE)


def harmless(markdown: str) -> None:
    """No link to elsewhere, no picture, no element and no mention, as a reader of GitHub's Markdown would see it."""
    rendered = MarkdownIt("gfm-like", {"html": True, "linkify": True}).render(markdown)
    assert "evil.example" not in " ".join(re.findall(r'(?:href|src)="([^"]*)"', rendered))
    assert not re.search(r"<(img|script|iframe|h1)\b", rendered)
    text = re.sub(r"<[^>]*>", "", re.sub(r"<code.*?</code>", "", rendered, flags=re.DOTALL))
    assert "@octo-org" not in text


@pytest.mark.parametrize("name", ["::error::x", "${{ github.token }}", "$(id)", "`id`", "score_\u202egnp.exe"])
def test_columns_named_like_commands(name: str, repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.7).with_columns(pl.lit(0.5).alias(name))))
    assert repository.verify() == 0, repository.log
    assert repository.conclusion() in {"neutral", "failure"}
    assert not re.search(r"^::(?!stop-commands::|[0-9a-f]{32}::$)", repository.log, re.MULTILINE)
    harmless(repository.comment().body)


def test_the_token_is_nowhere(repository: forks.Repository) -> None:
    """The server's store of artifacts complains by itself if it sees the token."""
    repository.leaves(artifact(predictions(0.7)))
    repository.verify()
    assert SECRET not in repository.log + repository.comment().body + (repository.scratch / "summary.md").read_text()


# Who it is about.


def test_artifacts_of_models_that_nobody_knows_are_not_fetched(repository: forks.Repository) -> None:
    repository.github.add_artifact(repository.run.id, "payroll-gate", artifact(predictions(0.9)))
    repository.github.add_artifact(repository.run.id, "flights-gate-2", artifact(predictions(0.9)))
    assert repository.verify() == 0, repository.log
    assert repository.wrote_nothing()
    assert not [asked for asked in repository.github.asked if asked.path.endswith("/zip")]


def test_the_newest_of_several_attempts_counts(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)))
    repository.leaves(artifact(predictions(0.7)))
    repository.verify()
    assert repository.conclusion() == "failure"


def test_artifacts_of_another_run_are_not_used(repository: forks.Repository) -> None:
    other = repository.github.add_run(head=OTHER_HEAD, head_branch="theirs")
    repository.github.add_artifact(other.id, f"{MODEL}-gate", artifact(predictions(0.9)))
    repository.verify()
    assert repository.record().outcome == "stopped"


def test_two_forks_with_one_branch_name_and_one_commit(repository: forks.Repository) -> None:
    other = repository.github.add_pull(head=HEAD, base=BASE, head_branch=forks.BRANCH, head_repository="eve/flights")
    twin = repository.github.add_pull(
        head=OTHER_HEAD, base=BASE, head_branch=forks.BRANCH, head_repository="mallory/other"
    )
    repository.leaves(artifact(predictions(0.7)))
    assert repository.verify() == 0, repository.log
    assert repository.record().pull_request == repository.pull.number
    # The check is of the commit, so both pull requests that have it as their head show it; a namesake's does not.
    (shown,) = repository.github.comments(other.number)
    assert f"mlops-actions {HEAD}" in shown.body
    assert repository.github.comments(twin.number) == []


@pytest.mark.parametrize("field", ["head_branch", "head_repository", "head"])
def test_a_run_that_fits_no_pull_request(field: str, repository: forks.Repository) -> None:
    value = {"head_branch": "another", "head_repository": "eve/flights", "head": OTHER_HEAD}[field]
    setattr(repository.run, field, value)
    repository.leaves(artifact(predictions(0.7)))
    assert repository.verify() == 0
    assert repository.wrote_nothing()


def test_a_fork_that_was_deleted(repository: forks.Repository) -> None:
    event = events.workflow_run(repository.run, HOME)
    event["workflow_run"]["head_repository"] = None
    assert repository.verify(event=event) == 0, repository.log
    assert repository.wrote_nothing()


# While we work.


def test_a_head_that_moves_between_reading_and_writing(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.7)))
    repository.github.after("POST", "/check-runs$", lambda: repository.github.push(repository.pull.number, OTHER_HEAD))
    assert repository.verify() == 0, repository.log
    assert repository.github.comments(repository.pull.number) == []
    assert set(repository.github.checks(HEAD)) == {CHECK}


LIMITED = Answer(429, {"message": "You have exceeded a secondary rate limit."}, {"Retry-After": "0"})
BROKEN = Answer(502, {"message": "Server Error"})


@pytest.mark.parametrize(
    ("path", "answer"),
    [("/pulls$", LIMITED), ("/artifacts$", LIMITED), ("/zip$", LIMITED), ("/zip$", BROKEN), ("/check-runs$", LIMITED)],
)
def test_limits_and_failures_in_the_middle_are_waited_out(
    path: str, answer: Answer, repository: forks.Repository
) -> None:
    repository.leaves(artifact(predictions(0.7)))
    repository.github.fail("GET", path, answer)
    assert repository.verify() == 0, repository.log
    assert repository.conclusion() == "failure"


def test_many_pull_requests_of_one_branch(repository: forks.Repository) -> None:
    for _ in range(130):
        old = repository.github.add_pull(head=OTHER_HEAD, base=BASE, head_branch=forks.BRANCH, head_repository=FORK)
        repository.github.close(old.number)
    repository.leaves(artifact(predictions(0.7)))
    assert repository.verify() == 0, repository.log
    assert repository.record().pull_request == repository.pull.number
