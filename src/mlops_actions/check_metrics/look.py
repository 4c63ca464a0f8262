"""A look: what was read at one moment, typed. Nothing but OK can pass, and none of the others alone can fail."""

from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator


class LookKind(StrEnum):
    """How a look came out."""

    OK = "OK"
    EMPTY = "EMPTY"
    NAN = "NAN"
    STALE = "STALE"
    MULTI_SERIES = "MULTI_SERIES"
    PARTIAL = "PARTIAL"
    QUERY_ERROR = "QUERY_ERROR"


class Part(BaseModel):
    """A part of a look."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Arm(Part):
    """Counts of one track between two looks: requests and, of these, bad ones (errors)."""

    requests: int = Field(ge=0)
    errors: int = Field(ge=0)

    @model_validator(mode="after")
    def _errors_are_requests(self) -> "Arm":
        if self.errors > self.requests:
            raise ValueError(f"{self.errors} errors of {self.requests} requests")
        return self

    def __add__(self, other: "Arm") -> "Arm":
        """Return the counts of both together."""
        return Arm(requests=self.requests + other.requests, errors=self.errors + other.errors)


class Reading(Part):
    """The value of one fixed limit's query; None unless its kind is OK."""

    kind: LookKind
    value: float | None = None
    detail: str = ""


class Look(Part):
    """Counts of both arms over one and the same interval, within one canary weight.

    Attributes:
        kind: OK, or why there are no counts.
        start, end: the interval, Unix seconds.
        canary_weight: percent; constant over the interval.
        stable: None on a first release, which has no stable.
        limits: what the fixed limits' queries said, by name; typed on their own.
        detail: what was wrong, one sentence.
    """

    kind: LookKind
    start: float
    end: float
    canary_weight: int
    canary: Arm | None = None
    stable: Arm | None = None
    limits: dict[str, Reading] = {}
    detail: str = ""

    @model_validator(mode="after")
    def _ok_has_counts(self) -> "Look":
        if (self.kind is LookKind.OK) != (self.canary is not None):
            raise ValueError("a look has counts if, and only if, it is OK")
        return self


class Source(Protocol):
    """Reads counters. Two methods, so that a new source is one class."""

    def begin(self, canary_weight: int) -> None:
        """Start a new interval here: called at every change of weight, so that no look spans one."""

    def look(self) -> Look:
        """Return the counts since the last look or `begin`; trouble is a kind, never an exception."""
