"""Pull requests of the flights example, from push to comment: what the comment says, how the check ends, what was run."""

import json
from collections.abc import Callable

import polars as pl
import pytest

from support.act import Act, Run
from support.consumer import Consumer
from support.github_server import GitHubServer
from support.github_state import Pull

Make = Callable[[str], Consumer]
Keep = Callable[[str, str], None]
ESTIMATOR = "estimator: sklearn.ensemble.HistGradientBoostingClassifier"
CHECK = "mlops / flights"


@pytest.fixture
def flights(consumer: Make) -> Consumer:
    return consumer("flights")


def trained_with(repository: Consumer, parameters: str) -> None:
    """Give the estimator parameters; the floor goes, so that the comparison alone speaks."""
    repository.edit(ESTIMATOR, f"{ESTIMATOR}, parameters: {{{parameters}}}")
    repository.edit("min: 0.6, ", "")


def proposed(act: Act, github: GitHubServer, repository: Consumer, message: str) -> tuple[Pull, Run]:
    """Commit what was changed, push it to the pull request, and run."""
    repository.commit(message)
    pull = repository.propose(github)
    return pull, act.pull_request(repository, github, pull)


def said(github: GitHubServer, pull: Pull) -> str:
    """Return the one comment."""
    (comment,) = github.comments(pull.number)
    return comment.body


def conclusion(github: GitHubServer, pull: Pull) -> str | None:
    return github.checks(pull.head)[CHECK].conclusion


def test_nothing_that_the_model_sees(act: Act, flights: Consumer, github: GitHubServer, keep_comment: Keep) -> None:
    (flights.folder / "NOTES.md").write_text("nothing that the model sees\n")
    pull, run = proposed(act, github, flights, "Notes")
    assert run.code == 0, run.log
    assert run.succeeded_jobs == {"Plan", "Comment", "Model"}, "nothing is validated, trained or evaluated"
    assert "identical by construction" in said(github, pull)
    keep_comment("changes-nothing", said(github, pull))
    assert conclusion(github, pull) == "success"


def test_better_and_the_base_comes_from_the_default_branch(
    act: Act, flights: Consumer, github: GitHubServer, keep_comment: Keep
) -> None:
    """A push to main leaves its predictions, which no pull request has to train again."""
    flights.branch("main")
    trained_with(flights, "max_iter: 10")
    flights.commit("A hasty model")
    pushed = act.push(flights, github)
    assert pushed.code == 0, pushed.log
    assert github.checks(flights.commit_of("main"))[CHECK].conclusion == "failure", "it was worse than its parent"
    flights.branch("change")
    flights.edit("max_iter: 10", "max_iter: 100")
    pull, run = proposed(act, github, flights, "A patient model")
    assert run.code == 0, run.log
    assert "Candidate" in run.succeeded_jobs
    assert "Base" not in run.succeeded_jobs
    assert "better" in said(github, pull).splitlines()[1]
    keep_comment("improves", said(github, pull))
    assert conclusion(github, pull) == "success"


def test_worse_then_accepted_then_another_push(
    act: Act, flights: Consumer, github: GitHubServer, keep_comment: Keep
) -> None:
    trained_with(flights, "max_iter: 1, max_leaf_nodes: 2")
    pull, run = proposed(act, github, flights, "A model that learns next to nothing")
    assert run.code != 0
    assert run.failed_jobs == {"Evaluate", "Model"}
    assert run.exit_codes["Evaluate"] == {1}
    assert "worse" in said(github, pull).splitlines()[1]
    assert conclusion(github, pull) == "failure"
    keep_comment("worse", said(github, pull))
    (annotation,) = [one for one in github.checks(pull.head)[CHECK].annotations if "ROC AUC" in str(one["message"])][:1]
    assert annotation["path"] == "mlops.yaml"

    github.add_person("lead", "write")
    asked = github.add_comment(pull.number, "/mlops accept the new labels are harder", author="lead")
    accepted = act.comment(flights, github, asked)
    assert accepted.code == 0, accepted.log
    assert conclusion(github, pull) == "success"
    record = json.loads((accepted.artifact("accepted") / "accepted-flights.json").read_text())
    assert record["accepted"]["by"] == "lead"
    (ours, _) = github.comments(pull.number)
    assert "the new labels are harder" in ours.body
    keep_comment("accepted", ours.body)

    again = act.pull_request(flights, github, pull)
    assert again.failed_jobs == {"Evaluate", "Model"}, "the jobs stay red; the check is what counts"
    assert not {"Candidate", "Base"} & again.succeeded_jobs, "the same content is not trained again"
    assert conclusion(github, pull) == "success", "a run again on the same commit keeps the acceptance"

    flights.edit("max_iter: 1, max_leaf_nodes: 2", "learning_rate: 0.11")
    pull, changed = proposed(act, github, flights, "Another model")
    assert changed.code == 0, changed.log
    assert conclusion(github, pull) == "neutral", "another commit is judged by itself"
    (updated, _) = github.comments(pull.number)
    assert updated.id == ours.id
    assert "cannot tell" in updated.body.splitlines()[1]
    keep_comment("too-small-to-tell", updated.body)


def test_worse_at_one_airport_only(act: Act, flights: Consumer, github: GitHubServer, keep_comment: Keep) -> None:
    """Half of one airport's labels are turned around, in the rows to learn from alone."""
    path = flights.folder / "data/flights.parquet"
    learned = (pl.col("origin") == "JFK") & (pl.col("month") < 10) & (pl.int_range(pl.len()) % 100 < 50)
    late = pl.when(learned).then(~pl.col("late")).otherwise(pl.col("late"))
    pl.read_parquet(path).with_columns(late=late).write_parquet(path)
    flights.edit("min: 0.6, ", "")
    pull, run = proposed(act, github, flights, "New labels")
    assert run.failed_jobs == {"Evaluate", "Model"}
    assert conclusion(github, pull) == "failure"
    found = json.loads((run.artifact("flights-reports") / "evaluate.json").read_text())["evaluation"]
    assert [part["name"] for part in found["slices"] if part["word"] == "regressed"] == ["origin = JFK"]
    assert "origin = JFK" in said(github, pull)
    keep_comment("one-airport", said(github, pull))
    assert "origin = EWR" not in said(github, pull).split("|")[0], (
        "the verdict names the airport that was hurt, and no other"
    )


def test_bad_data_stops_before_training_and_the_check_says_so(
    act: Act, flights: Consumer, github: GitHubServer
) -> None:
    flights.edit("min: -20, max: 120", "min: -20, max: 50")
    pull, run = proposed(act, github, flights, "A range that the data leave")
    assert run.failed_jobs == {"Validate data", "Model"}
    assert run.exit_codes["Validate data"] == {1}
    assert any(error.startswith("file=mlops.yaml,line=7,title=mlops::") for error in run.errors), run.errors
    assert "❌ validate-data" in run.summary
    assert conclusion(github, pull) == "failure"
    assert "temp" in said(github, pull)
