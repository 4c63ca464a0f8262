"""golden.json: rows whose answers are known. A server that does not reproduce them is not ready."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from mlops_actions.serve.errors import ModelError, RefusedError
from mlops_actions.serve.inputs import columns_from_rows
from mlops_actions.serve.runtimes import Runtime
from mlops_actions.serve.signature import Signature


@dataclass(frozen=True)
class Golden:
    """Rows, the scores of each (in the order of the classes), and the largest allowed absolute difference."""

    rows: list[dict[str, Any]]
    expected: list[list[float]]
    tolerance: float


def read_golden(folder: Path) -> Golden:
    """Read golden.json of a model folder.

    Raises:
        ModelError: missing, not JSON, or without a row.
    """
    path = folder / "golden.json"
    try:
        content = orjson.loads(path.read_bytes())
        golden = Golden(content["rows"], content["expected"], float(content["tolerance"]))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} holds no golden rows: {error}.") from None
    if not golden.rows or len(golden.rows) != len(golden.expected):
        raise ModelError(f"{path} has {len(golden.rows)} rows and {len(golden.expected)} answers.")
    return golden


def mismatch(golden: Golden, signature: Signature, runtime: Runtime) -> str:
    """Return what differs, one sentence; empty when every row is reproduced within the tolerance."""
    for index, (row, expected) in enumerate(zip(golden.rows, golden.expected, strict=True)):
        try:
            found = runtime.scores(columns_from_rows(signature.features, [row]))[0]
        except (ModelError, RefusedError) as error:
            return f"Golden row {index} has no answer: {error}"
        if len(expected) != len(found):
            return f"Golden row {index}: {len(found)} scores, {len(expected)} expected."
        difference = float(np.max(np.abs(found - np.array(expected))))
        if not difference <= golden.tolerance:
            return f"Golden row {index} differs by {difference:.3g}; {golden.tolerance:.3g} is allowed."
    return ""
