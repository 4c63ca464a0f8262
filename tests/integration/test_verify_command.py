"""`mlops verify` after the run of a fork: the right verdict, published as unverified, and whom it concerns."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from mlops_actions.github.hidden import hide
from mlops_actions.report import Evaluation, GateRecord, Plan, Report
from mlops_actions.verdict import Decision, Verdict
from support import events, forks
from support.forks import BASE, CHECK, FORK, HEAD, HOME, MODEL, OTHER_HEAD, artifact, predictions
from support.github_server import GitHubServer

COMMAND = (
    "import sys; sys.modules.update(dict.fromkeys(['sklearn', 'pandas', 'pyarrow', 'tensorflow', 'onnxruntime', 'statsmodels']));"
    " from mlops_actions.cli import main; main()"
)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[forks.Repository]:
    with GitHubServer(HOME) as github:
        yield forks.Repository(forks.same_branch(tmp_path / "main"), github, tmp_path)


@pytest.mark.parametrize(
    ("right", "word", "conclusion"),
    [(0.90, "improved", "neutral"), (0.70, "regressed", "failure"), (0.795, "undecided", "neutral")],
)
def test_the_verdict_is_computed_here_and_never_a_success(
    right: float, word: str, conclusion: str, repository: forks.Repository
) -> None:
    repository.leaves(artifact(predictions(right, seed=2)))
    assert repository.verify() == 0, repository.log
    record = repository.record()
    assert record.evaluation is not None
    assert (record.evaluation.word, record.conclusion, record.verified) == (word, conclusion, False)
    assert repository.conclusion() == conclusion
    assert "Unverified" in repository.comment().body
    assert MODEL in repository.comment().body


def test_the_record_names_commit_run_file_and_pull_request(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)))
    repository.verify()
    record = repository.record()
    assert (record.head, record.config, record.pull_request) == (HEAD, "mlops.yaml", repository.pull.number)
    assert record.base_branch == "main"
    assert record.run_url == f"https://github.com/{HOME}/actions/runs/1"


def test_a_run_again_changes_the_one_comment(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)))
    repository.verify()
    first = repository.comment().body
    repository.leaves(artifact(predictions(0.7)))
    repository.verify()
    assert repository.comment().body != first
    assert repository.conclusion() == "failure"


def claim(word: str, decision: Decision) -> bytes:
    evaluation = Evaluation(
        evaluator="1",
        task="classification",
        rows=1,
        test_set="sha256:0",
        alpha=0.05,
        power=0.8,
        word=word,  # type: ignore[arg-type]
        comparisons=[],
    )
    verdict = Verdict(decision=decision, reason=word, sentence="ROC AUC rose to 1.000.")
    return Report(stage="evaluate", model=MODEL, verdict=verdict, evaluation=evaluation).model_dump_json().encode()


def test_a_verdict_that_says_pass_is_compared_and_not_believed(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.7), evaluate=claim("improved", Decision.PASS)))
    repository.verify()
    assert repository.conclusion() == "failure"
    assert "claimed “better”" in " ".join(repository.record().notes)
    assert "claimed “better”" in repository.comment().body
    assert "1.000" not in repository.comment().body


def test_a_claim_that_is_true_is_not_mentioned(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.7), evaluate=claim("regressed", Decision.FAIL)))
    repository.verify()
    assert repository.record().notes == []


def test_labels_as_predictions_are_noticed_and_not_green(repository: forks.Repository) -> None:
    known = forks.labels()
    repository.leaves(artifact(known.rename({"label": "prediction"})))
    repository.verify()
    assert repository.conclusion() == "neutral"
    assert "All 2,000 predictions equal the labels" in repository.comment().body


def test_labels_in_the_predictions_are_not_used(repository: forks.Repository) -> None:
    """A file that brings its own labels could make any prediction right."""
    forged = predictions(0.5).with_columns(label=pl.col("prediction"), weight=pl.lit(1e9))
    repository.leaves(artifact(forged))
    repository.verify()
    assert repository.conclusion() == "failure"


def test_without_predictions_of_the_base_its_record_is_compared_with(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)))
    repository.verify()
    measured = repository.record()
    main = measured.model_copy(update={"head": BASE, "verified": True, "conclusion": "success", "pull_request": None})
    publish_at_base(repository, main.model_dump_json())
    assert repository.verify(base=None) == 0, repository.log
    record = repository.record()
    assert record.base == BASE
    assert record.evaluation is not None
    assert record.evaluation.base_from == "record"
    assert record.conclusion == "neutral"


def publish_at_base(repository: forks.Repository, content: str) -> None:
    text, _ = hide(GateRecord.model_validate_json(content), "")
    repository.github.add_check(
        BASE, CHECK, status="completed", conclusion="success", text=text, external_id=f"mlops-actions/1:{MODEL}"
    )


def test_without_any_base_limits_on_drops_say_so(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)))
    assert repository.verify(base=None) == 0, repository.log
    assert repository.record().base == ""
    assert repository.conclusion() == "neutral"


def test_a_dependency_update_goes_the_same_way(repository: forks.Repository) -> None:
    """Dependabot's branches are in the repository itself, and its runs have a token that only reads."""
    branch = "dependabot/pip/scikit-learn-2"
    pull = repository.github.add_pull(head=OTHER_HEAD, base=BASE, head_branch=branch, author="dependabot[bot]")
    repository.run = repository.github.add_run(head=OTHER_HEAD, head_branch=branch)
    repository.leaves(artifact(predictions(0.9)))
    event = events.workflow_run(repository.run, HOME)
    event["workflow_run"]["actor"]["login"] = "dependabot[bot]"
    assert repository.verify(event=event) == 0, repository.log
    record = repository.record(head=OTHER_HEAD)
    assert (record.verified, record.conclusion) == (False, "neutral")
    assert len(repository.github.comments(pull.number)) == 1


def test_a_run_of_our_own_branch_is_left_alone(repository: forks.Repository) -> None:
    repository.run = repository.github.add_run(head=OTHER_HEAD, head_branch="mine")
    repository.leaves(artifact(predictions(0.7)))
    assert repository.verify() == 0
    assert "published its verdict itself" in repository.log
    assert repository.github.asked == []


@pytest.mark.parametrize(
    ("part", "value"), [("event", "push"), ("event", "pull_request_target"), ("action", "requested")]
)
def test_runs_of_other_kinds_are_left_alone(part: str, value: str, repository: forks.Repository) -> None:
    event = events.workflow_run(repository.run, HOME)
    (event if part == "action" else event["workflow_run"])[part] = value
    assert repository.verify(event=event) == 0
    assert repository.github.asked == []


@pytest.mark.parametrize("what", ["closed", "merged", "pushed"])
def test_a_pull_request_that_went_on_without_us_is_left_alone(what: str, repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.7)))
    if what == "pushed":
        repository.github.push(repository.pull.number, OTHER_HEAD)
    else:
        repository.github.close(repository.pull.number, merge_commit=OTHER_HEAD if what == "merged" else None)
    assert repository.verify() == 0
    assert "nothing is written" in repository.log
    assert repository.wrote_nothing()


def test_a_verdict_of_trusted_code_on_the_same_commit_stays(repository: forks.Repository) -> None:
    """A maintainer pushed the reviewed commit to a branch of the repository; the fork's run ends later."""
    repository.leaves(artifact(predictions(0.9)))
    repository.verify()
    trusted = repository.record().model_copy(update={"verified": True, "conclusion": "success"})
    repository.github.state.checks.clear()
    repository.github.add_check(
        HEAD,
        CHECK,
        status="completed",
        conclusion="success",
        text=hide(trusted, "")[0],
        external_id=f"mlops-actions/1:{MODEL}",
    )
    repository.leaves(artifact(predictions(0.5)))
    assert repository.verify() == 0, repository.log
    assert repository.conclusion() == "success"
    assert repository.record().verified


@pytest.mark.parametrize(
    ("run", "conclusion"), [("failure", "failure"), ("cancelled", "neutral"), ("success", "neutral")]
)
def test_a_run_that_left_nothing_is_a_stopped_record(run: str, conclusion: str, repository: forks.Repository) -> None:
    repository.run.conclusion = run
    assert repository.verify() == 0, repository.log
    record = repository.record()
    assert (record.outcome, record.conclusion, record.verified) == ("stopped", conclusion, False)
    assert f"ended ({run})" in record.problem
    assert record.run_url == f"https://github.com/{HOME}/actions/runs/{repository.run.id}"


@pytest.mark.parametrize("conclusion", ["action_required", "skipped", "stale"])
def test_a_run_that_never_ran_is_left_alone(conclusion: str, repository: forks.Repository) -> None:
    """A run that waits for approval ends as action_required, and begins once it is approved."""
    repository.run.conclusion = conclusion
    assert repository.verify() == 0, repository.log
    assert "has not run" in repository.log
    assert repository.github.asked == []


def test_a_run_without_predictions_tells_which_stage_failed(repository: forks.Repository) -> None:
    repository.run.conclusion = "failure"
    verdict = Verdict(decision=Decision.FAIL, reason="rows", sentence="@everyone look at https://evil.example")
    report = Report(stage="validate-data", model=MODEL, verdict=verdict).model_dump_json().encode()
    repository.leaves(forks.zipped({"reports/validate-data.json": report}))
    assert repository.verify() == 0, repository.log
    assert repository.conclusion() == "failure"
    assert "validate-data failed" in repository.record().problem
    assert "evil" not in repository.comment().body


def plan() -> bytes:
    made = {"model": MODEL, "config": "mlops.yaml", "head": HEAD, "tested": HEAD, "candidate_key": "k"}
    return Plan(**made, identical=True).model_dump_json().encode()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        ([{"filename": "README.md"}, {"filename": "docs/a.md", "previous_filename": "docs/b.md"}], "skipped"),
        ([{"filename": "README.md"}, {"filename": "flights.parquet"}], "stopped"),
        ([{"filename": "mlops.yaml"}], "stopped"),
        ([{"filename": "old.yaml", "previous_filename": "mlops.yaml"}], "stopped"),
        ([{"filename": f"docs/{number}.md"} for number in range(3000)], "stopped"),
    ],
)
def test_a_change_of_nothing_that_the_model_sees_is_checked_by_github_s_list(
    files: list[dict[str, str]], outcome: str, repository: forks.Repository
) -> None:
    repository.pull.files = files
    repository.leaves(forks.zipped({"plan.json": plan()}))
    assert repository.verify() == 0, repository.log
    assert (repository.record().outcome, repository.conclusion()) == (outcome, "neutral")
    told = "\N{HEAVY MINUS SIGN} flights: not touched by this change" in repository.comment().body
    assert told is (outcome == "skipped")


def second_model(repository: forks.Repository) -> str:
    folder = repository.folder / "second"
    folder.mkdir()
    config = forks.CONFIG.replace("model: flights", "model: delays").replace("flights.parquet", "../flights.parquet")
    (folder / "mlops.yaml").write_text(config)
    return f"{repository.folder}\n{folder}\n"


def test_two_models_share_one_comment(repository: forks.Repository) -> None:
    configs = second_model(repository)
    repository.leaves(artifact(predictions(0.9)))
    repository.github.add_artifact(repository.run.id, "delays-gate", artifact(predictions(0.85)))
    assert repository.verify("--config", configs, base=None) == 0, repository.log
    assert set(repository.github.checks(HEAD)) == {CHECK, "mlops / delays"}
    assert repository.record("delays").config == "second/mlops.yaml"
    assert "delays" in repository.comment().body
    assert "flights" in repository.comment().body


def test_a_model_that_the_run_left_nothing_of_is_not_mentioned(repository: forks.Repository) -> None:
    """Each model may have a workflow of its own, and each run is about its own."""
    configs = second_model(repository)
    repository.leaves(artifact(predictions(0.9)))
    assert repository.verify("--config", configs, base=None) == 0, repository.log
    assert set(repository.github.checks(HEAD)) == {CHECK}


def test_a_run_of_another_model_says_nothing_of_this_one(repository: forks.Repository) -> None:
    """Each model is verified in a job of its own, which knows nothing of the others."""
    repository.run.conclusion = "failure"
    repository.github.add_artifact(repository.run.id, "delays-gate", artifact(predictions(0.9)))
    assert repository.verify() == 0, repository.log
    assert repository.wrote_nothing()


def test_a_run_that_stopped_early_does_not_touch_what_another_run_said(repository: forks.Repository) -> None:
    configs = second_model(repository)
    repository.leaves(artifact(predictions(0.9)))
    repository.verify("--config", configs, base=None)
    before = repository.record()
    repository.run = repository.github.add_run(
        head=HEAD, head_branch=forks.BRANCH, head_repository=FORK, conclusion="failure"
    )
    assert repository.verify("--config", configs, base=None) == 0, repository.log
    assert repository.record() == before
    assert repository.record("delays").outcome == "stopped"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--config", "\n \n"], "No mlops.yaml"),
        (["--config", "{main}\n{main}"], "Two files are about the model flights"),
    ],
)
def test_configurations_that_do_not_fit_together(options: list[str], says: str, repository: forks.Repository) -> None:
    named = [option.replace("{main}", str(repository.folder)) for option in options]
    assert repository.verify(*named, base=None) == 2
    assert says in repository.log
    assert repository.wrote_nothing()


def test_a_payload_that_is_none_is_refused(repository: forks.Repository) -> None:
    assert repository.verify(event={"action": "completed"}) == 2
    assert "payload of the event workflow_run" in repository.log


def test_another_event_is_refused(repository: forks.Repository) -> None:
    assert (
        repository.verify(event=events.pull_request(repository.pull, HOME, BASE, OTHER_HEAD), name="pull_request") == 2
    )
    assert "runs on workflow_run" in repository.log


def test_missing_permissions_are_named(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.9)))
    repository.token = repository.github.token(checks="write", pull_requests="write", contents="read")
    assert repository.verify() == 2
    assert "actions: read" in repository.log


def test_no_more_permissions_are_needed_than_the_workflow_gives(repository: forks.Repository) -> None:
    repository.token = repository.github.token(actions="read", checks="write", pull_requests="write")
    repository.leaves(artifact(predictions(0.9)))
    assert repository.verify() == 0, repository.log


def test_the_summary_of_the_job_has_the_report(repository: forks.Repository) -> None:
    repository.leaves(artifact(predictions(0.7)))
    repository.verify()
    assert "Unverified" in (repository.scratch / "summary.md").read_text()
    assert "Unverified" in (repository.folder / ".mlops/flights/reports/report.html").read_text()


def test_it_runs_in_its_own_environment(repository: forks.Repository) -> None:
    """The lock of verify has polars, numpy, scipy and requests; importing what trains would fail there."""
    repository.leaves(artifact(predictions(0.7)))
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *repository.words()],
        env={"PATH": os.environ["PATH"], **repository.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert repository.conclusion() == "failure"
