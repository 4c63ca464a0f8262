"""Values cut to a length that a table can hold."""

import json
import math
from typing import Any

from mlops_actions.report.evaluation import Cell

MOST_NAME = 80
MOST_VALUE = 40


def short(text: str, most: int = MOST_NAME) -> str:
    """Return a text, cut with `…` where it is longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def cell(value: Any) -> Cell:
    """Return a value of a column for a table: numbers with six digits, everything else as text of 40 characters at most."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.6g}")
    return short(str(value), MOST_VALUE)


def setting(value: Any) -> str | int | float:
    """Return a value of a configuration: numbers as they are, everything else as whole JSON text, so that it can be compared."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return value
    return json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
