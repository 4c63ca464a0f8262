"""The report: one shape for all stages. Its JSON Schema is published in docs/schemas/report.schema.json."""

from typing import Any, Literal

from pydantic import Field

from mlops_actions.report.evaluation import Evaluation
from mlops_actions.report.part import Part
from mlops_actions.verdict import Decision, Verdict

StageName = Literal["validate-data", "train", "evaluate", "quantize", "build-push", "deploy", "check-metrics"]


class Finding(Part):
    """One check or comparison with its answer.

    Attributes:
        name: what was looked at (`rows`, `dep_delay.max_null_share`, `roc_auc`).
        verdict: the answer.
        key: dotted key of mlops.yaml that asked for it; the edge annotates its line.
    """

    name: str
    verdict: Verdict
    key: str | None = None


class Table(Part):
    """A table for people; every cell is text or a number, and is escaped when rendered."""

    title: str
    columns: list[str]
    rows: list[list[str | int | float | None]]


class Report(Part):
    """What a stage found.

    Attributes:
        stage: which of the seven.
        model: id of the model.
        verdict: the answer of the whole stage.
        findings: its parts, the worst first.
        tables: pictures in rows, for people.
        facts: digests, counts, seconds: JSON-ready, for later stages and for people with jq.
        outputs: what the action offers under `outputs:`; names are fixed by each action.yml.
        evaluation: of evaluate: the comparison, typed.
    """

    schema_version: Literal[1] = 1
    stage: StageName
    model: str
    verdict: Verdict
    findings: list[Finding] = Field(default=[])
    tables: list[Table] = Field(default=[])
    facts: dict[str, Any] = Field(default={})
    outputs: dict[str, str] = Field(default={})
    evaluation: Evaluation | None = None

    @property
    def decision(self) -> Decision:
        """The decision of the whole stage."""
        return self.verdict.decision

    seconds: float = Field(default=0.0, description="Wall time of the stage, in seconds.")
