"""What the server counts. Every series carries the labels model, release and track; docs/serving.md lists them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from mlops_actions.serve.inputs import Column, nulls
from mlops_actions.serve.runtimes import Scores
from mlops_actions.serve.signature import Signature

Outcome = Literal["ok", "invalid", "error"]
# Written out: products of floats would give labels such as 4.9999999999999996e-05.
SECONDS = (
    *(0.00005, 0.0001, 0.0002, 0.00035, 0.0005, 0.00075),
    *(0.001, 0.002, 0.0035, 0.005, 0.0075, 0.01, 0.02, 0.035, 0.05, 0.075),
    *(0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0),
)
PROBABILITIES = tuple(round(0.05 * step, 2) for step in range(1, 21))
_DECADES = tuple(10.0**power for power in range(-3, 7))
VALUES = (*(-edge for edge in reversed(_DECADES)), 0.0, *_DECADES)


@dataclass(frozen=True)
class Labels:
    """Which release on which track of which model this process is."""

    model: str
    release: str
    track: str


class Metrics:
    """Metrics of one process, in a registry of their own."""

    def __init__(self, labels: Labels, *, started: float) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._labels = {"model": labels.model, "release": labels.release, "track": labels.track}
        names = tuple(self._labels)
        requests = Counter(
            "mlops_requests", "Inference requests by outcome.", (*names, "outcome"), registry=self._registry
        )
        self._requests = {
            outcome: requests.labels(**self._labels, outcome=outcome) for outcome in ("ok", "invalid", "error")
        }
        self._seconds = Histogram(
            "mlops_request_seconds",
            "Time of an inference request, from its first byte to its answer.",
            names,
            buckets=SECONDS,
            registry=self._registry,
        ).labels(**self._labels)
        start = Gauge(
            "mlops_process_start_time_seconds", "When the process started, Unix time.", names, registry=self._registry
        )
        start.labels(**self._labels).set(started)

    def add_model(self, signature: Signature, bundle_digest: str) -> None:
        """Create the series that need to know the model: scores, classes, nulls, identity."""
        names, registry = tuple(self._labels), self._registry
        buckets = PROBABILITIES if signature.classes else VALUES
        self._score = Histogram(
            "mlops_score", "Winning score (regression: the value).", names, buckets=buckets, registry=registry
        ).labels(**self._labels)
        self._squares = Counter(
            "mlops_score_squares", "Sum of the squares of what mlops_score observed.", names, registry=registry
        ).labels(**self._labels)
        self._confidence = Gauge(
            "mlops_confidence",
            "Winning score of the last prediction (regression: its value).",
            names,
            registry=registry,
        ).labels(**self._labels)
        predictions = Counter(
            "mlops_predictions", "Predictions by predicted class.", (*names, "class"), registry=registry
        )
        self._classes = [predictions.labels(**self._labels, **{"class": name}) for name in signature.classes]
        absent = Counter("mlops_input_nulls", "Null inputs by feature.", (*names, "feature"), registry=registry)
        self._nulls = [
            (index, feature, absent.labels(**self._labels, feature=feature.name))
            for index, feature in enumerate(signature.features)
            if feature.nullable
        ]
        identity = (*names, "version", "bundle_digest")
        info = Gauge("mlops_model_info", "The model that is loaded; always 1.", identity, registry=registry)
        info.labels(**self._labels, version=signature.version, bundle_digest=bundle_digest).set(1)

    def request(self, outcome: Outcome, seconds: float) -> None:
        """Count a request."""
        self._requests[outcome].inc()
        self._seconds.observe(seconds)

    def predictions(self, columns: list[Column], scores: Scores) -> None:
        """Count what was predicted, and from which nulls."""
        winning = scores.max(axis=1).tolist()
        for score in winning:
            self._score.observe(score)
        self._squares.inc(sum(score * score for score in winning))
        self._confidence.set(winning[-1])
        if self._classes:
            counts = np.bincount(scores.argmax(axis=1), minlength=len(self._classes))
            for counter, count in zip(self._classes, counts.tolist(), strict=True):
                if count:
                    counter.inc(count)
        for index, feature, absent in self._nulls:
            if found := nulls(feature, columns[index]):
                absent.inc(found)

    def text(self) -> bytes:
        """Return all series in Prometheus' text format."""
        return generate_latest(self._registry)
