"""One gate record out of what the jobs of a run left: plan, reports, results of the jobs, mlops.yaml."""

import json
from collections.abc import Mapping
from pathlib import Path

from mlops_actions.comment.commits import base_of, of_another_commit
from mlops_actions.comment.words import sentence
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.report import Evaluation, GateRecord, Plan, Report, read_report
from mlops_actions.report.gate import Annotation, Conclusion, Outcome
from mlops_actions.verdict import Decision

CONCLUSIONS: dict[Decision, Conclusion] = {
    Decision.PASS: "success",
    Decision.FAIL: "failure",
    Decision.UNDECIDED: "neutral",
}
# What a job of model-pull-request.yml does, for people; any other job is called by its id.
JOBS = {
    "plan": "looking for the base",
    "validate": "checking the data",
    "candidate": "training the model",
    "base": "training the base's model",
    "evaluate": "comparing the two models",
}
# GitHub calls a job cancelled that ran out of time. Where a person cancels the run, the job that asks here does not run at all.
BROKEN = {"failure": "failed", "cancelled": "was cancelled or ran out of time"}
RESULTS = {"success", "skipped", *BROKEN}
IDENTICAL = "Data, code, parameters, lock and seed are those of the base, so there was nothing to run."
SKIPPED = "Nothing that this model sees was changed, so there was nothing to run."


def results(needs: str) -> dict[str, str]:
    """Read `toJSON(needs)`: the result of each job before this one.

    Raises:
        ConfigError: it is not what GitHub writes.
    """
    try:
        found = {job: facts["result"] for job, facts in json.loads(needs).items()} if needs.strip() else {}
    except (ValueError, AttributeError, KeyError, TypeError):
        found = {"": ""}
    if not all(isinstance(result, str) and result in RESULTS for result in found.values()):
        raise ConfigError(
            'The results of the jobs are not JSON such as {"evaluate": {"result": "success"}}.',
            fix="pass ${{ toJSON(needs) }}.",
        )
    return found


def read_reports(folder: Path) -> dict[str, Report]:
    """Return the reports of a folder by stage; files that other commands put there are none.

    Raises:
        DataError: a stage's report is damaged.
    """
    stages = ("validate-data", "train", "evaluate", "quantize", "build-push", "deploy", "check-metrics")
    return {stage: read_report(path) for stage in stages if (path := folder / f"{stage}.json").is_file()}


def record(
    config: Config,
    *,
    head: str,
    plan: Plan | None = None,
    reports: Mapping[str, Report],
    needs: Mapping[str, str],
    run_url: str = "",
    pull_request: int | None = None,
    verified: bool = True,
) -> GateRecord:
    """Say what the gate says of one model at one commit.

    Args:
        config: mlops.yaml: who the model is, `enforce`, and the lines that annotations stand on.
        head: commit that the check is on.
        plan: what `mlops plan` found; None where it did not come to that.
        reports: of the stages that ran, by stage.
        needs: result by job; empty outside of a workflow.
        run_url: page of the run.
        pull_request: its number.
        verified: false for predictions made by a job that runs code of a fork: such a record is never a success.

    Raises:
        DataError: a report or the plan belongs to another model, or there is nothing at all.
    """
    _same_model(config, plan, reports)
    outcome, problem = _outcome(head, plan, reports, needs)
    report = reports.get("evaluate") if outcome == "evaluated" else None
    evaluation = report.evaluation if report else None
    unenforced = _conclusion(outcome, report)
    base, other_base = base_of(evaluation, plan, needs)
    return GateRecord(
        model=config.model.id,
        config=_path(config, plan),
        head=head,
        base=base,
        base_kind=plan.base_kind if plan and not other_base else "none",
        pull_request=pull_request,
        outcome=outcome,
        conclusion=_enforced(outcome, unenforced, enforce=config.enforce, verified=verified),
        unenforced=unenforced,
        enforce=config.enforce,
        sentence=_sentence(outcome, evaluation, problem),
        problem=problem if outcome == "stopped" else "",
        verified=verified,
        evaluation=evaluation,
        notes=[*other_base, *(plan.notes if plan else []), *([problem] if problem and outcome != "stopped" else [])],
        annotations=_annotations(config, plan, reports),
        uses=_uses(evaluation, plan),
        run_url=run_url,
    )


def _same_model(config: Config, plan: Plan | None, reports: Mapping[str, Report]) -> None:
    named = {report.model for report in reports.values()} | ({plan.model} if plan else set())
    others = named - {config.model.id}
    if others:
        raise DataError(
            f"{config.file} is about the model {config.model.id}, but what was found is about {', '.join(sorted(others))}.",
            why="the folder holds the reports of another model.",
            fix="pass the reports and the plan that belong to this mlops.yaml.",
        )


def _outcome(
    head: str, plan: Plan | None, reports: Mapping[str, Report], needs: Mapping[str, str]
) -> tuple[Outcome, str]:
    """Return what happened, and what went wrong. Whatever does not add up is `stopped`: nothing passes by being absent."""
    problem = _problem(plan, reports, needs)
    if _evaluated(plan, reports, needs):
        left_over = of_another_commit(plan.tested if plan else head, reports["evaluate"], needs)
        if not left_over or plan is None:  # without a plan head need not be what was tested: that may be its merge
            return "evaluated", problem or left_over
        problem = "" if plan.identical else left_over
    if problem:
        return "stopped", problem
    if plan and plan.identical:
        return "identical", ""
    if needs and plan is None and set(needs.values()) == {"skipped"}:
        return "skipped", ""
    if not needs and not reports:
        raise DataError(
            "There is no report of an evaluation.",
            why="`mlops evaluate` has not run here, or its reports are in another folder.",
            fix="run `mlops evaluate` first.",
        )
    return "stopped", "The two models were not compared: the evaluation left no report."


def _evaluated(plan: Plan | None, reports: Mapping[str, Report], needs: Mapping[str, str]) -> bool:
    report = reports.get("evaluate")
    if report is None or report.evaluation is None or _lost_its_base(plan, report.evaluation, needs):
        return False
    result = needs.get("evaluate", "success")
    # A gate that fails ends its job red; a job that is red over a report that passes has another reason.
    return result == "success" or (result == "failure" and report.decision is not Decision.PASS)


def _lost_its_base(plan: Plan | None, evaluation: Evaluation, needs: Mapping[str, str]) -> bool:
    """Return whether there is a base and its training broke: an evaluation without it answers another question."""
    return bool(plan and plan.base) and evaluation.base_from == "none" and needs.get("base") in BROKEN


def _problem(plan: Plan | None, reports: Mapping[str, Report], needs: Mapping[str, str]) -> str:
    gate = _evaluated(plan, reports, needs)
    bad = [(job, result) for job, result in needs.items() if result in BROKEN]
    told = [_told(job, result, reports) for job, result in bad if not (gate and job == "evaluate")]
    return " ".join(told[:3])


def _told(job: str, result: str, reports: Mapping[str, Report]) -> str:
    said = f"{JOBS.get(job, f'the job {job}')} {BROKEN[result]}"
    report = reports.get({"validate": "validate-data", "candidate": "train"}.get(job, job))
    if report is not None and report.decision is Decision.FAIL:
        return f"{said[0].upper()}{said[1:]}: {report.verdict.sentence}"
    return f"{said[0].upper()}{said[1:]}."


def _conclusion(outcome: Outcome, report: Report | None) -> Conclusion:
    if report is not None:
        return CONCLUSIONS[report.decision]
    return "failure" if outcome == "stopped" else "success"


def _enforced(outcome: Outcome, unenforced: Conclusion, *, enforce: bool, verified: bool) -> Conclusion:
    if unenforced == "failure" and not enforce and outcome == "evaluated":
        return "neutral"
    return "neutral" if unenforced == "success" and not verified else unenforced


def _sentence(outcome: Outcome, evaluation: Evaluation | None, problem: str) -> str:
    if evaluation is not None:
        return sentence(evaluation)
    return {"identical": IDENTICAL, "skipped": SKIPPED}.get(outcome, problem)


def _path(config: Config, plan: Plan | None) -> str:
    return plan.config if plan else config.file.as_posix()


def _annotations(config: Config, plan: Plan | None, reports: Mapping[str, Report]) -> list[Annotation]:
    """Put what did not pass on the line of mlops.yaml that asked for it."""
    return [
        Annotation(
            level="failure" if finding.verdict.decision is Decision.FAIL and config.enforce else "warning",
            path=_path(config, plan),
            line=config.line(finding.key or report.stage.replace("-", "_")) or 1,
            title=f"{report.model}: {finding.name}",
            message=finding.verdict.sentence,
        )
        for report in reports.values()
        for finding in report.findings
        if finding.verdict.decision is not Decision.PASS
    ]


def _uses(evaluation: Evaluation | None, plan: Plan | None) -> int:
    if evaluation is not None and evaluation.uses is not None:
        return evaluation.uses
    return plan.uses if plan else 0
