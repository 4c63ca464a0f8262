"""Judge a fork's model again from its predictions, by the default branch's limits, labels and base. It is never a success."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlops_actions import evaluate
from mlops_actions.comment import gather
from mlops_actions.comment.words import WORDS
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.untrusted import cleaned
from mlops_actions.files import write_text
from mlops_actions.github.artifacts import Gate, claimed, fetch, find
from mlops_actions.github.client import GitHub
from mlops_actions.github.event import WorkflowRunEvent
from mlops_actions.progress import Progress
from mlops_actions.report import Evaluation, GateRecord, Plan, Report
from mlops_actions.report.gate import Conclusion

ELSEWHERE = (
    "A change of the data, the split or mlops.yaml can be judged only once a maintainer pushes it to a branch of this"
    " repository and opens a pull request from it, where trusted code runs it."
)
UNTOUCHED = (
    "Nothing that this model is made of is among the files that the change touches, so there was nothing to run."
)
MOST_FILES = 3000  # GitHub lists no more
FAILED_RUNS = {"failure", "timed_out", "startup_failure"}


@dataclass(frozen=True)
class Trusted:
    """What the default branch says of one model.

    Attributes:
        config: its mlops.yaml.
        path: of that file in the repository.
        commit: that is checked out: whose labels these are, and whose model the base is.
        base: bundle of its predictions, from the cache; None where there is none.
        record: what the gate said of the base; used where there are no predictions.
        counts: whether a change of a file may change the model.
    """

    config: Config
    path: str
    commit: str
    base: Path | None
    record: GateRecord | None
    counts: Callable[[str], bool]

    @property
    def model(self) -> str:
        """Id of the model."""
        return self.config.model.id


def judge(
    github: GitHub,
    event: WorkflowRunEvent,
    trusted: Trusted,
    *,
    changed: Callable[[], list[set[str]]],
    progress: Progress,
) -> GateRecord | None:
    """Return the record of one model; None where the run left no artifact for it.

    Whatever is wrong with the artifact is in the record and no error of ours.

    Args:
        github: with `actions: read`.
        event: the run that ended.
        trusted: what the default branch says of the model.
        changed: asks GitHub for the files that each of the pull requests changes.
        progress: told what is done.

    Raises:
        GitHubError: GitHub refused or did not answer.
    """
    artifact = find(github, event.repository, event.run, trusted.model)
    if artifact is None:
        return None
    progress(f"{trusted.model}: fetching artifact {artifact['id']}, {artifact['size_in_bytes']:,} bytes")
    with tempfile.TemporaryDirectory() as name:
        try:
            gate = fetch(github, event.repository, artifact, Path(name))
            clean = cleaned(gate.predictions, Path(name) / "clean.parquet") if gate.predictions else None
        except DataError as error:
            return _stopped(event, trusted, "neutral", error.what)
        if clean is None:
            return _untouched(event, trusted, gate, changed) or without_predictions(event, trusted, gate)
        return _judged(event, trusted, gate, clean, progress)


def _judged(event: WorkflowRunEvent, trusted: Trusted, gate: Gate, clean: Path, progress: Progress) -> GateRecord:
    progress(f"{trusted.model}: evaluating its predictions with the labels of {trusted.commit[:12]}")
    try:
        return _record(event, trusted, _evaluated(trusted, clean, progress), gate)
    except (DataError, ConfigError) as error:
        what = error.what.replace(str(clean), "The file of predictions")
        return _stopped(event, trusted, "neutral", f"{what} {ELSEWHERE}")


def _untouched(
    event: WorkflowRunEvent, trusted: Trusted, gate: Gate, changed: Callable[[], list[set[str]]]
) -> GateRecord | None:
    """Return the record of a change that GitHub itself lists no file of that the model is made of, as its run says too."""
    plan = claimed(gate.folder / "plan.json", Plan)
    if plan is None or not plan.identical or event.conclusion != "success":
        return None
    if any(len(files) >= MOST_FILES or any(map(trusted.counts, files)) for files in changed()):
        return None
    stopped = _stopped(event, trusted, "neutral", UNTOUCHED)
    return stopped.model_copy(update={"outcome": "skipped", "problem": ""})


def without_predictions(event: WorkflowRunEvent, trusted: Trusted, gate: Gate | None = None) -> GateRecord:
    """Return the record of a run that ended before it had predictions."""
    failed = event.conclusion in FAILED_RUNS
    ended = f"ended ({event.conclusion or 'without a conclusion'})"
    stages = [stage for stage in ("validate-data", "train") if gate and _claims_failure(gate, stage)]
    said = f" Its own report says that {stages[0]} failed." if stages else ""
    plan = claimed(gate.folder / "plan.json", Plan) if gate else None
    same = " It says that nothing that the model sees was changed, which is not checked here."
    unchanged = same if plan and plan.identical and not failed else ""
    problem = f"The run {ended} and left no predictions to judge.{said}{unchanged}"
    return _stopped(event, trusted, "failure" if failed else "neutral", problem)


def _claims_failure(gate: Gate, stage: str) -> bool:
    report = claimed(gate.folder / "reports" / f"{stage}.json", Report)
    return report is not None and report.decision == "fail"


def _stopped(event: WorkflowRunEvent, trusted: Trusted, conclusion: Conclusion, problem: str) -> GateRecord:
    return GateRecord(
        model=trusted.model,
        config=trusted.path,
        head=event.head,
        outcome="stopped",
        conclusion=conclusion,
        unenforced=conclusion,
        enforce=trusted.config.enforce,
        sentence=problem,
        problem=problem,
        verified=False,
        run_url=event.run_url,
    )


def _evaluated(trusted: Trusted, predictions: Path, progress: Progress) -> Report:
    """Evaluate as the gate does. Nothing of the artifact comes in but ids, predictions and scores."""
    record = None
    if trusted.base is None and trusted.record is not None:
        record = predictions.with_name("base-record.json")
        write_text(record, trusted.record.model_dump_json())
    return evaluate.run(
        trusted.config,
        candidate=predictions,
        base=trusted.base,
        # Files of labels that mlops.yaml names are those of the default branch, too.
        labels=None if trusted.config.evaluate.files else "data",
        record=record,
        base_from="cache",
        progress=progress,
    )


def _record(event: WorkflowRunEvent, trusted: Trusted, report: Report, gate: Gate) -> GateRecord:
    found = gather.record(
        trusted.config, head=event.head, reports={"evaluate": report}, needs={}, run_url=event.run_url, verified=False
    )
    assert found.evaluation is not None
    compared = trusted.base is not None or trusted.record is not None
    base = trusted.record.head if trusted.base is None and trusted.record else trusted.commit
    claim = claimed(gate.folder / "reports" / "evaluate.json", Report)
    return found.model_copy(
        update={
            "config": trusted.path,
            "base": base if compared else "",
            "notes": [*found.notes, *_other_claim(found.evaluation, claim), *_perfect(found.evaluation)],
            "annotations": [one.model_copy(update={"path": trusted.path}) for one in found.annotations],
        }
    )


def _other_claim(evaluation: Evaluation, claim: Report | None) -> list[str]:
    if claim is None or claim.evaluation is None or claim.evaluation.word == evaluation.word:
        return []
    said, found = (WORDS[word][1] for word in (claim.evaluation.word, evaluation.word))
    return [
        f"The run claimed “{said}”; its predictions, judged here with the labels of the default branch, say “{found}”."
    ]


def _perfect(evaluation: Evaluation) -> list[str]:
    """Say that predictions equal the labels, which anybody can read in a public repository."""
    best = {"accuracy": 1.0, "mae": 0.0}
    if not any(best.get(one.metric) == one.candidate.value for one in evaluation.comparisons):
        return []
    return [
        f"All {evaluation.rows:,} predictions equal the labels. Labels of the default branch can be read by whoever wrote this change: look at how it predicts."
    ]
