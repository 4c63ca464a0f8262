"""A look: what was read at one moment, typed. Nothing but OK can pass, and none of the others alone can fail."""

from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field


class LookKind(StrEnum):
    """How a look came out."""

    OK = "OK"
    EMPTY = "EMPTY"
    NAN = "NAN"
    STALE = "STALE"
    MULTI_SERIES = "MULTI_SERIES"
    PARTIAL = "PARTIAL"
    QUERY_ERROR = "QUERY_ERROR"


class Arm(BaseModel):
    """Counts of one track between two looks: requests and, of these, bad ones (errors)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests: int = Field(ge=0)
    errors: int = Field(ge=0)


class Look(BaseModel):
    """Counts of both arms over one and the same interval, within one canary weight.

    Attributes:
        kind: OK, or why there are no counts.
        start, end: the interval, Unix seconds.
        canary_weight: percent; constant over the interval.
        stable: None on a first release, which has no stable.
        detail: what was wrong, one sentence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: LookKind
    start: float
    end: float
    canary_weight: int
    canary: Arm | None = None
    stable: Arm | None = None
    detail: str = ""


class Source(Protocol):
    """Reads counters. One method, so that a new source is one class."""

    def begin(self, canary_weight: int) -> None:
        """Start a new interval here: called at every change of weight, so that no look spans one."""

    def look(self) -> Look:
        """Return the counts since the last look or `begin`; trouble is a kind, never an exception."""
