"""The judge: looks in, evidence kept, verdict out. It reads no clock, no network and no file."""

import math
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from mlops_actions.check_metrics import words
from mlops_actions.check_metrics.evidence import RATIOS, Floats, log_mean, log_rate, log_split
from mlops_actions.check_metrics.look import Arm, Look, LookKind, Reading
from mlops_actions.config.models import CheckMetricsSection
from mlops_actions.errors import DataError
from mlops_actions.verdict import Decision, Verdict

NOTHING = Arm(requests=0, errors=0)
MOST_WAITING = 1000
LEANING = math.log(2)  # evidence of harm of two to one
RULES = ("alpha", "beta", "r0", "r1", "negligible", "ignore_below", "limits")


class JudgeState(BaseModel):
    """All that a judge knows, as plain JSON.

    Attributes:
        rules: the settings that the log-values were made with.
        harm, no_harm, negligible: one log-value per alternative on the grid; no_harm is not used without a stable.
        canary, stable: counts so far.
        looks: how many looks of each kind.
        waiting: counts of looks, at `weight`, in which one of the arms was silent: judged with the looks after them.
        limits: the newest readings.
        trouble: what was wrong with the newest look that was not OK.
        cursor: end of the newest judged interval, Unix seconds.
        decided: the decision and its reason, once there is one; nothing changes it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    has_stable: bool
    rules: dict[str, Any]
    harm: list[float] = [0.0] * len(RATIOS)
    no_harm: list[float] = [0.0] * len(RATIOS)
    negligible: list[float] = [0.0] * len(RATIOS)
    canary: Arm = NOTHING
    stable: Arm = NOTHING
    waiting: tuple[Arm, Arm] = (NOTHING, NOTHING)
    weight: int = 0
    looks: dict[LookKind, int] = {}
    limits: dict[str, Reading] = {}
    trouble: str = ""
    cursor: float = 0.0
    decided: tuple[Decision, str] | None = None


class Judge:
    """Sequential test of one step of one canary: any number of looks, one decision.

    FAIL when the evidence against "p_canary is at most r0 · p_stable + ignore_below" reaches 1/alpha. PASS when the
    evidence against "p_canary is at least r1 · p_stable and at least negligible" reaches 1/beta. A first release has no
    stable: FAIL and PASS are then about its rate being above or below `negligible`. docs/judge.md has method and proofs.
    """

    def __init__(self, settings: CheckMetricsSection, *, has_stable: bool) -> None:
        self._settings = settings
        self._state = JudgeState(has_stable=has_stable, rules=_rules(settings))

    @classmethod
    def resume(cls, settings: CheckMetricsSection, state: dict[str, Any]) -> "Judge":
        """Go on from what `state` returned; an e-process may be continued at will.

        Raises:
            DataError: not a state of this version, or one made with other settings.
        """
        try:
            earlier = JudgeState.model_validate(state)
        except ValidationError as error:
            raise DataError(f"This is not the state of a judge: {str(error).splitlines()[0]}.") from None
        if earlier.rules != _rules(settings):
            raise DataError(
                "The evidence was collected under other settings of check_metrics.",
                why="mlops.yaml changed between the looks.",
                fix="start a new judgement; evidence cannot be translated.",
            )
        judge = cls(settings, has_stable=earlier.has_stable)
        judge._state = earlier
        return judge

    def state(self) -> dict[str, Any]:
        """Return everything known so far, ready for JSON."""
        return self._state.model_dump(mode="json")

    def observe(self, look: Look) -> None:
        """Take one look into account; after the decision nothing is.

        Raises:
            DataError: the interval overlaps one that was judged: its events would count twice.
        """
        if self._state.decided:
            return
        kind = self._kind(look)
        counted = {**self._state.looks, kind: self._state.looks.get(kind, 0) + 1}
        seen = {"looks": counted, "limits": look.limits or self._state.limits}
        if kind is LookKind.OK:
            self._state = self._state.model_copy(update={**seen, **self._advanced(look)})
        else:
            self._state = self._state.model_copy(update={**seen, "trouble": f"{kind}: {look.detail}"})
        self._state = self._state.model_copy(update={"decided": self._decide(kind)})

    def _kind(self, look: Look) -> LookKind:
        """A comparison without one of its arms is none."""
        lacks_stable = self._state.has_stable and look.stable is None
        return LookKind.EMPTY if look.kind is LookKind.OK and lacks_stable else look.kind

    def _advanced(self, look: Look) -> dict[str, Any]:
        if look.start < self._state.cursor or look.end < look.start:
            raise DataError(
                f"A look from {look.start:.3f} to {look.end:.3f} overlaps what was judged up to {self._state.cursor:.3f}."
            )
        canary, stable = look.canary or NOTHING, look.stable or NOTHING
        together = self._together(canary, stable, look.canary_weight)
        complete = all(arm.requests for arm in together)
        steps = self._steps(canary, *(together if complete else (NOTHING, NOTHING)))
        logs = {name: (np.asarray(getattr(self._state, name)) + step).tolist() for name, step in steps.items()}
        return {
            **logs,
            "canary": self._state.canary + canary,
            "stable": self._state.stable + stable,
            "waiting": (NOTHING, NOTHING) if complete or _too_long(together) else together,
            "weight": look.canary_weight,
            "cursor": look.end,
        }

    def _together(self, canary: Arm, stable: Arm, weight: int) -> tuple[Arm, Arm]:
        """Add what waited, unless the weight changed: with one arm silent it is no evidence, and may be forgotten.

        How long it waits depends on requests alone, never on how they ended, so the counts stay independent given them.
        """
        if weight != self._state.weight:
            return canary, stable
        return self._state.waiting[0] + canary, self._state.waiting[1] + stable

    def _steps(self, alone: Arm, canary: Arm, stable: Arm) -> dict[str, Floats]:
        """Return what a look adds to each process, per alternative.

        Args:
            alone: the canary's counts of this look.
            canary: its counts that stand beside counts of stable.
            stable: stable's counts over the same time.
        """
        rules, rate = self._settings, (alone.requests, alone.errors)
        negligible = log_rate(rate, null=rules.negligible, odds=1 / RATIOS)
        if not self._state.has_stable:
            return {"harm": log_rate(rate, null=rules.negligible, odds=RATIOS), "negligible": negligible}
        arms = (canary.requests, canary.errors), (stable.requests, stable.errors)
        harm = log_split(*arms, null=rules.r0, alternatives=rules.r0 * RATIOS, margin=rules.ignore_below)
        no_harm = log_split(*arms, null=rules.r1, alternatives=rules.r1 / RATIOS)
        return {"harm": harm, "no_harm": no_harm, "negligible": negligible}

    def _decide(self, kind: LookKind) -> tuple[Decision, str] | None:
        if self._violated():
            return Decision.FAIL, "limit"
        if kind is not LookKind.OK:
            return None
        if self._log_harm() >= -math.log(self._settings.alpha):
            return Decision.FAIL, "harm" if self._state.has_stable else "above_negligible"
        if self._safe() and not self._unread():
            ratio, rate = float(log_mean(self._state.no_harm)), float(log_mean(self._state.negligible))
            return Decision.PASS, "no_harm" if self._state.has_stable and ratio >= rate else "negligible"
        return None

    def _safe(self) -> bool:
        """Nothing passes while the evidence leans to harm: a rate that is negligible may still be 50 times stable's."""
        return self._log_safety() >= -math.log(self._settings.beta) and self._log_harm() < LEANING

    def _log_harm(self) -> float:
        return float(log_mean(self._state.harm))

    def _log_safety(self) -> float:
        """The mean of two e-processes is one against both hypotheses holding: no level has to be split."""
        negligible = float(log_mean(self._state.negligible))
        if not self._state.has_stable:
            return negligible
        return float(log_mean([float(log_mean(self._state.no_harm)), negligible]))

    def _violated(self) -> list[str]:
        limits, readings = self._settings.limits, self._state.limits
        values = {name: reading.value for name, reading in readings.items() if name in limits}
        return [
            name
            for name, value in values.items()
            if value is not None and not _low(limits[name].min) <= value <= _high(limits[name].max)
        ]

    def _unread(self) -> list[str]:
        readings = self._state.limits
        return [name for name in self._settings.limits if name not in readings or readings[name].value is None]

    def verdict(self, *, final: bool = False) -> Verdict:
        """Say where things stand.

        Args:
            final: no more looks will come; an open question then gets its reason.
        """
        decision, reason = self._state.decided or (Decision.UNDECIDED, self._open_reason() if final else "watching")
        evidence = self._evidence()
        return Verdict(
            decision=decision, reason=reason, sentence=words.sentence(decision, reason, evidence), evidence=evidence
        )

    def _open_reason(self) -> str:
        if not self._state.looks.get(LookKind.OK):
            return "no_data"
        if self._safe() and self._unread():
            return "limit_unread"
        return "not_enough_evidence" if self._state.canary.requests else "no_traffic"

    def _evidence(self) -> dict[str, Any]:
        """Rounded, so that the same looks give the same bytes on any machine."""
        state, rules = self._state, self._settings
        harm = {"value": _rounded(self._log_harm()), "needed": round(1 / rules.alpha, 3)}
        safety = {"value": _rounded(self._log_safety()), "needed": round(1 / rules.beta, 3)}
        return {
            "canary": state.canary.model_dump(),
            "stable": state.stable.model_dump() if state.has_stable else None,
            "harm": harm,
            "safety": safety,
            "looks": {str(kind): count for kind, count in sorted(state.looks.items())},
            "trouble": state.trouble,
            "negligible": rules.negligible,
            "limits": {name: reading.model_dump(mode="json") for name, reading in sorted(state.limits.items())},
            "violated": self._violated(),
            "unread": self._unread(),
        }


def _rules(settings: CheckMetricsSection) -> dict[str, Any]:
    return settings.model_dump(mode="json", include=set(RULES))


def _too_long(waiting: tuple[Arm, Arm]) -> bool:
    """At a weight of 1 % so many requests of one arm come with ten of the other: it is off, and times are not the same."""
    return sum(arm.requests for arm in waiting) > MOST_WAITING


def _rounded(log_value: float) -> float:
    """Return the evidence with four digits; beyond 10^300 its size says nothing more."""
    return float(f"{math.exp(min(log_value, 690.0)):.4g}")


def _low(limit: float | None) -> float:
    return -math.inf if limit is None else limit


def _high(limit: float | None) -> float:
    return math.inf if limit is None else limit
