"""The release record: one deployment of one bundle to one environment, and the state of that environment."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from mlops_actions.verdict import Verdict


class Status(StrEnum):
    """Where a release stands. Only a verdict (or a person with a reason) makes it verified."""

    PENDING = "pending"
    CANARY = "canary"
    VERIFIED = "verified"
    ROLLED_BACK = "rolled_back"
    HELD = "held"
    FAILED = "failed"


class Event(BaseModel):
    """Something that happened to a release: kept for ever, never edited."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime
    what: str
    by: str
    reason: str = ""
    verdict: Verdict | None = None


class Release(BaseModel):
    """One deployment.

    Attributes:
        id: number within the environment, counted from 1; higher is newer.
        artifact: what the target runs: an image by digest, or the path of an OCI layout.
        manifests: what was applied, with Secrets by reference only.
        previous_verified: id of the release to go back to; None for the first.
        by: who or what deployed it; run_url: where to read the log.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    id: int
    model: str
    environment: str
    version: str
    bundle_digest: str
    artifact: str
    status: Status
    created: datetime
    by: str
    run_url: str = ""
    git_commit: str = ""
    previous_verified: int | None = None
    manifests: dict[str, Any] = {}
    events: list[Event] = []


class Lease(BaseModel):
    """A canary's promise that somebody is watching it; when it runs out, the verified release is restored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release: int
    holder: str
    expires: datetime


class ReleaseState(BaseModel):
    """State of one environment of one model: small, and changed only by compare-and-swap on `generation`.

    Attributes:
        generation: grows by one with every change.
        stable: release that serves; verified: last release with a passing verdict; canary: the one on trial.
        canary_weight: percent of traffic that the canary gets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    generation: int = 0
    stable: int | None = None
    verified: int | None = None
    canary: int | None = None
    canary_weight: int = 0
    lease: Lease | None = None
