"""contract.json: what the release is expected to do. No stage reads it yet; it is there for a judge of scores and latency."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of the contract."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Interval(Part):
    """A value; `low` and `high` are for its two-sided 90 % interval and None so far: train measures values alone."""

    value: float
    low: float | None = None
    high: float | None = None


class Histogram(Part):
    """Counts between edges: `counts[i]` lies in [edges[i], edges[i+1])."""

    edges: list[float]
    counts: list[int]


class Latency(Part):
    """Single-row latency of the chosen serving form on one thread, in microseconds, where it was measured."""

    runtime: str
    p50_us: float
    p99_us: float


class Contract(Part):
    """What the release is expected to do.

    Attributes:
        metrics: offline metric values on the test rows.
        scores: histogram of the winning score (classification) or of the value (regression).
        class_counts: predicted classes on the test rows.
        latency: None until quantize measured it.
    """

    schema_version: int = 1
    metrics: dict[str, Interval]
    scores: Histogram
    class_counts: dict[str, int]
    latency: Latency | None = None
