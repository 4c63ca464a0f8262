"""The record of one gate on one commit: it lives in the commit's check run, and the pull-request comment is a view of such records.

One record for each model. A later run reads it as the base's numbers where no predictions are left, to count how often a test
set has decided, and to know what a person accepted.
"""

from typing import Literal

from pydantic import Field

from mlops_actions.report.evaluation import Absolute, Evaluation, Word
from mlops_actions.report.part import Part
from mlops_actions.report.plan import BaseKind

Conclusion = Literal["success", "failure", "neutral"]
Outcome = Literal["evaluated", "identical", "skipped", "stopped"]


class Accepted(Part):
    """A person with write access turned this commit green.

    Attributes:
        by: login.
        reason: in their words.
        at: ISO 8601, UTC.
        url: of their comment.
        outcome, word, conclusion: what was accepted: an acceptance holds for a verdict that is no worse than this one.
    """

    by: str
    reason: str
    at: str
    url: str
    outcome: Outcome | None = None
    word: Word | Absolute | None = None
    conclusion: Conclusion | None = None


class Annotation(Part):
    """A message on a line of mlops.yaml."""

    level: Literal["failure", "warning", "notice"]
    path: str
    line: int
    title: str
    message: str


class GateRecord(Part):
    """What the gate said of one model at one commit.

    Attributes:
        head: commit that the check is on: the head of the pull request, or a commit of the default branch.
        base: commit that was compared with; "" where there is none.
        base_kind: how the base was found, as in the plan.
        base_branch: that the pull request wants to go into; "" where there is none.
        outcome: evaluated; identical (by construction, nothing was run); skipped (nothing that the model sees changed);
            stopped (a stage before the evaluation failed, `problem` says which and why).
        conclusion: of the check run.
        unenforced: what the conclusion would have been with `enforce: true` and without acceptance.
        sentence: one, that a product manager understands.
        verified: false when predictions come from a job that runs code of a fork.
        config: path of mlops.yaml in the repository.
        notes: sentences that nobody may overlook: of the plan, and of jobs that failed beside the evaluation.
        uses: at least how often this test set has decided on the way to this commit.
        reduced: what was left out of the copy that the check run holds, so that it fits.
    """

    schema_version: Literal[1] = 1
    model: str
    config: str
    head: str
    base: str = ""
    base_kind: BaseKind = "none"
    base_branch: str = ""
    pull_request: int | None = None
    outcome: Outcome
    conclusion: Conclusion
    unenforced: Conclusion
    enforce: bool = True
    sentence: str
    problem: str = ""
    verified: bool = True
    evaluation: Evaluation | None = None
    accepted: Accepted | None = None
    notes: list[str] = Field(default=[])
    annotations: list[Annotation] = Field(default=[])
    uses: int = 0
    run_url: str = ""
    reduced: list[str] = Field(default=[])
