"""Open Parquet and CSV lazily; whatever is wrong with the file is said before anything is computed."""

import hashlib
from pathlib import Path

import polars as pl

from mlops_actions.errors import DataError
from mlops_actions.files import sha256_file


def find(pattern: Path) -> list[Path]:
    """Return the files that a path or glob names, sorted.

    Raises:
        DataError: none there, or a file is empty.
    """
    # A name with brackets is more often a name than a pattern: look for the file itself first.
    paths = (
        [pattern] if pattern.is_file() else sorted(path for path in pattern.parent.glob(pattern.name) if path.is_file())
    )
    if not paths:
        raise DataError(
            f"There is no data at {pattern}.",
            why="it is made by a step that did not run, kept in Git LFS that was not fetched, or the path in mlops.yaml is relative to another folder.",
            fix="check data.path; it starts from the folder of mlops.yaml.",
        )
    for path in paths:
        if path.stat().st_size == 0:
            raise DataError(
                f"{path} is empty (0 bytes).", why="the step that writes it was stopped.", fix="make the file again."
            )
    return paths


def scan(pattern: Path) -> pl.LazyFrame:
    """Open a file, or all files of a glob, without reading the rows.

    Raises:
        DataError: missing, empty, truncated, not UTF-8, or of another kind than Parquet and CSV.
    """
    paths = find(pattern)
    kinds = {_kind(path) for path in paths}
    if len(kinds) != 1:
        raise DataError(f"{pattern} names both Parquet and CSV files.", fix="keep one kind in data.path.")
    return _open(paths, kinds.pop())


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in {".parquet", ".pq"}:
        return "parquet"
    if suffix in {".csv", ".tsv"}:
        return suffix[1:]
    raise DataError(
        f"{path} is neither Parquet nor CSV.", why="the kind is read off the ending.", fix="use .parquet, .csv or .tsv."
    )


def _open(paths: list[Path], kind: str) -> pl.LazyFrame:
    names: list[Path] = list(paths)
    try:
        if kind == "parquet":
            frame = pl.scan_parquet(names, glob=False)
        else:
            frame = pl.scan_csv(
                names,
                separator="\t" if kind == "tsv" else ",",
                glob=False,
                infer_schema_length=10_000,
                try_parse_dates=True,
            )
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(paths[0], error) from None
    return frame


def unreadable(path: Path, error: Exception) -> DataError:
    """Explain why a data file could not be read to its end."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "utf8" in text.lower() or "utf-8" in text.lower():
        return DataError(
            f"{path} is not UTF-8 text.",
            why="it was exported in another encoding, such as Latin-1.",
            fix="export it as UTF-8, or write Parquet.",
        )
    return DataError(
        f"{path} cannot be read: {text}.",
        why="the file is truncated, or is a Git LFS pointer.",
        fix="make or fetch the file again.",
    )


def collect(frame: pl.LazyFrame, path: Path) -> pl.DataFrame:
    """Compute a lazy frame with bounded memory; a file that breaks off half-way is an error, not fewer rows."""
    try:
        return frame.collect(engine="streaming")
    except (pl.exceptions.ComputeError, pl.exceptions.NoDataError, OSError) as error:
        raise unreadable(path, error) from None


def digest(pattern: Path) -> str:
    """Return the sha256 of a data file; of several files, the sha256 over their digests in order of name."""
    digests = [sha256_file(path) for path in find(pattern)]
    if len(digests) == 1:
        return digests[0]
    return "sha256:" + hashlib.sha256("\n".join(digests).encode()).hexdigest()
