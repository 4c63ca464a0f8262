"""What a gate says: a decision, the stage's own word for it, and the evidence."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Decision(StrEnum):
    """The three answers. Undecided is not harm, and never a pass."""

    PASS = "pass"  # noqa: S105 (a decision, not a password)
    FAIL = "fail"
    UNDECIDED = "undecided"


class Verdict(BaseModel):
    """A decision with its reason.

    Attributes:
        decision: pass, fail or undecided.
        reason: the stage's own word (`regressed`, `rows_missing`, `no_harm`, …): stable, for machines.
        sentence: the same for people, one sentence with its numbers.
        evidence: raw numbers behind it, JSON-ready.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    decision: Decision
    reason: str
    sentence: str = ""
    evidence: dict[str, Any] = Field(default_factory=dict)


def worst(decisions: list[Decision]) -> Decision:
    """Return fail over undecided over pass; a list without a decision is undecided, since nothing was looked at."""
    for decision in (Decision.FAIL, Decision.UNDECIDED):
        if decision in decisions:
            return decision
    return Decision.PASS if decisions else Decision.UNDECIDED
