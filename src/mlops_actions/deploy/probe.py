"""Is a server ready, and does it answer what it should? Asked over HTTP, as a client would."""

import math

import requests

from mlops_actions.bundle.golden import Golden

TIMEOUT_SECONDS = 5


def missing(url: str) -> str:
    """Return what keeps a server from being ready, in a few words; empty when it is ready."""
    try:
        answer = requests.get(f"{url}/v2/health/ready", timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        return f"no answer ({type(error).__name__})"
    return "" if answer.status_code == requests.codes.ok else answer.text[:300]


def mismatch(url: str, golden: Golden) -> str:
    """Return which golden row a server does not reproduce, and by how much; empty when it reproduces all."""
    try:
        answer = requests.post(f"{url}/predict", json={"rows": golden.rows}, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        found = [_values(prediction) for prediction in answer.json()["predictions"]]
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"the golden rows got no usable answer: {error}"
    if len(found) != len(golden.expected):
        return f"{len(golden.expected)} golden rows got {len(found)} answers"
    for index, (expected, values) in enumerate(zip(golden.expected, found, strict=True)):
        if not _close(expected, values, golden.tolerance):
            return f"golden row {index} got {values}, expected {expected} within {golden.tolerance:g}"
    return ""


def _values(prediction: dict[str, dict[str, float] | float]) -> list[float]:
    scores = prediction.get("scores")
    return list(scores.values()) if isinstance(scores, dict) else [float(prediction["value"])]  # type: ignore[arg-type]


def _close(expected: list[float], found: list[float], tolerance: float) -> bool:
    same_length = len(expected) == len(found)
    return same_length and all(
        math.isclose(a, b, rel_tol=0, abs_tol=tolerance) for a, b in zip(expected, found, strict=True)
    )
