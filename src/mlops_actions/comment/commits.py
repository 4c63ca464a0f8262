"""Which commits an evaluation is of, which need not be those that are asked about."""

from collections.abc import Mapping

from mlops_actions.report import Evaluation, Plan, Report


def of_another_commit(commit: str, report: Report, needs: Mapping[str, str]) -> str:
    """Say that an evaluation is left over from another commit. A workflow's is not: its candidate may be kept by content."""
    judged = report.evaluation.candidate.commit if report.evaluation else None
    if needs or not commit or not judged or judged == commit:
        return ""
    return (
        f"This evaluation is of commit {judged[:7]}, not of {commit[:7]}:"
        " run `mlops train`, which keeps what did not change, and `mlops evaluate` again."
    )


def base_of(evaluation: Evaluation | None, plan: Plan | None, needs: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the commit that was compared with, which is the bundle's own, and a note where another one was planned."""
    bundled = (evaluation.base.commit or "") if evaluation and evaluation.base else ""
    if plan is None:
        return bundled, []
    if evaluation is None or bundled in {"", plan.base} or _kept(evaluation, needs):
        return plan.base, []
    planned = f"the plan names {plan.base[:7]}" if plan.base else "the plan names no base"
    return bundled, [f"The base that was compared with is of commit {bundled[:7]}; {planned}."]


def _kept(evaluation: Evaluation, needs: Mapping[str, str]) -> bool:
    """Return whether the base is one by content: an earlier commit may have made the same model."""
    return evaluation.base_from == "cache" or (evaluation.base_from == "identical" and bool(needs))
