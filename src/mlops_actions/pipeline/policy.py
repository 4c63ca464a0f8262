"""What follows from a verdict, the same for a rollout and for a person who names a verdict file."""

from typing import Literal

from mlops_actions.config import Config
from mlops_actions.verdict import Decision, Verdict

Action = Literal["promote", "hold", "rollback"]
OBSERVED = "observe mode: the judge was asked and not obeyed"


def action(config: Config, verdict: Verdict) -> Action:
    """Return what to do: pass promotes, fail rolls back, undecided does what `deploy.on_undecided` says; observe mode promotes."""
    if verdict.decision is Decision.PASS or not config.enforce:
        return "promote"
    return "rollback" if verdict.decision is Decision.FAIL else config.deploy.on_undecided


def why_promoted(config: Config, verdict: Verdict | None) -> str:
    """Return why a release is promoted that has no passing verdict; empty when it has one."""
    if verdict is None or verdict.decision is Decision.PASS:
        return ""
    if not config.enforce:
        return OBSERVED
    follows = verdict.decision is Decision.UNDECIDED and config.deploy.on_undecided == "promote"
    return "deploy.on_undecided is promote" if follows else ""
