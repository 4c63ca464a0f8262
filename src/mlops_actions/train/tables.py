"""The rows that a job brings, as the worker's interpreter can read them: pandas if it is there, plain rows otherwise."""

import array
import csv
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NUMPY_DTYPES = {"float": "float32", "value": "float64", "integer": "int64", "boolean": "bool", "string": "str"}


def read(path: Path, columns: dict[str, str]) -> Any:
    """Return a pandas.DataFrame, or a list of dicts where there is no pandas.

    Args:
        path: a Parquet file, or a CSV file where this interpreter has no pyarrow.
        columns: name to kind: float (32 bits), value (64 bits), integer, boolean, string. A missing number is NaN, a missing text is "".
    """
    if path.suffix == ".parquet":
        import pandas as pd

        return pd.read_parquet(path, columns=list(columns), engine="pyarrow")
    return _csv_with_pandas(path, columns) if find_spec("pandas") else _plain_rows(path, columns)


def _csv_with_pandas(path: Path, columns: dict[str, str]) -> Any:
    import pandas as pd

    numbers = {name: [""] for name, kind in columns.items() if kind in {"float", "value"}}
    kinds = {name: NUMPY_DTYPES[kind] for name, kind in columns.items()}
    return pd.read_csv(path, dtype=kinds, na_values=numbers, keep_default_na=False)


def _plain_rows(path: Path, columns: dict[str, str]) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return [{name: _plain(row[name], kind) for name, kind in columns.items()} for row in csv.DictReader(stream)]


def _plain(text: str, kind: str) -> Any:
    if kind in {"float", "value"}:
        return float(text) if text else float("nan")
    if kind == "integer":
        return int(text)
    return text == "true" if kind == "boolean" else text


def raw(path: Path, code: str) -> Any:
    """Return raw numbers as `array.array`: code q is int64, d is float64."""
    numbers = array.array(code)
    numbers.frombytes(path.read_bytes())
    return numbers
