"""Open Parquet and CSV lazily; whatever is wrong with the file is said before anything is computed."""

import contextlib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import polars.selectors as cs

from mlops_actions.data.delimited import check_structure
from mlops_actions.data.names import shown
from mlops_actions.errors import DataError
from mlops_actions.files import sha256_file

SEPARATORS = {"csv": ",", "tsv": "\t"}
INFERRED_ROWS = 10_000
LFS_POINTER = b"version https://git-lfs"
# A corrupt page of a Parquet file can even make Polars panic (seen by fuzzing 2.1).
READ_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
_BAD_VALUE = re.compile(
    r"could not parse `(?P<value>.*?)` as dtype `(?P<type>\w+)` at column '(?P<name>.*?)' \(col", re.DOTALL
)


def find(pattern: Path) -> list[Path]:
    """Return the files that a path or glob names, sorted.

    Raises:
        DataError: none there, or a file is empty, unreadable, or a Git LFS pointer.
    """
    paths = _matches(pattern)
    if not paths:
        raise DataError(
            f"There is no data at {pattern}.",
            why="the step that makes it did not run, or the path is relative to another folder.",
            fix="check data.path; it starts from the folder of mlops.yaml.",
        )
    for path in paths:
        _refuse_placeholder(path)
    return paths


def _matches(pattern: Path) -> list[Path]:
    # A name with brackets is more often a name than a pattern: look for the file itself first.
    try:
        if pattern.is_dir():
            raise DataError(f"{pattern} is a folder.", fix=f"name its files in data.path: {pattern / '*.parquet'}.")
        if pattern.is_file():
            return [pattern]
        base = next(parent for parent in pattern.parents if parent.is_dir())
        return sorted(path for path in base.glob(str(pattern.relative_to(base))) if path.is_file())
    except (OSError, ValueError) as error:
        raise DataError(f"{shown(str(pattern))} cannot be a path of data: {error}.", fix="check data.path.") from None


def _refuse_placeholder(path: Path) -> None:
    with explained(path), path.open("rb") as stream:
        head = stream.read(len(LFS_POINTER))
    if not head:
        raise DataError(
            f"{path} is empty (0 bytes).", why="the step that writes it was stopped.", fix="make the file again."
        )
    if head == LFS_POINTER:
        raise DataError(
            f"{path} is a Git LFS pointer, not the data.",
            why="the checkout did not fetch LFS files.",
            fix="set `lfs: true` on actions/checkout, or run `git lfs pull`.",
        )


def scan(pattern: Path) -> pl.LazyFrame:
    """Open a file, or all files of a glob, without reading the rows; NaN is null from here on.

    Parquet says its types. The types of CSV are inferred from its first 10,000 rows, and its structure is checked to the
    end; a later value of another type is an error when the rows are read, never a null and never another type.

    Raises:
        DataError: missing, empty, truncated, not UTF-8, without columns, or of another kind than Parquet and CSV.
    """
    paths = find(pattern)
    kinds = {_kind(path) for path in paths}
    if len(kinds) != 1:
        raise DataError(f"{pattern} names files of several kinds: {', '.join(sorted(kinds))}.", fix="keep one kind.")
    frame = _open(paths, kinds.pop())
    if not frame.collect_schema():
        raise DataError(f"{paths[0]} has no columns.", fix="make the file again.")
    return frame.with_columns(cs.float().fill_nan(None))


def _kind(path: Path) -> str:
    kind = {".pq": "parquet"}.get(path.suffix.lower(), path.suffix.lower().lstrip("."))
    if kind == "parquet" or kind in SEPARATORS:
        return kind
    raise DataError(
        f"{path} is neither Parquet nor CSV.", why="the kind is read off the ending.", fix="use .parquet, .csv or .tsv."
    )


def _open(paths: list[Path], kind: str) -> pl.LazyFrame:
    with explained(paths[0]):
        frame = pl.scan_parquet(list(paths), glob=False) if kind == "parquet" else _open_delimited(paths, kind)
        frame.collect_schema()
    return frame


def _open_delimited(paths: list[Path], kind: str) -> pl.LazyFrame:
    headers = [check_structure(path, SEPARATORS[kind]) for path in paths]
    for path, header in zip(paths, headers, strict=True):
        if header != headers[0]:
            raise DataError(f"{path} has other columns than {paths[0]}.", fix="keep files of one shape in data.path.")
    return pl.scan_csv(
        list(paths),
        separator=SEPARATORS[kind],
        glob=False,
        new_columns=headers[0],  # Polars 2.1 leaves doubled quotation marks in names
        infer_schema_length=INFERRED_ROWS,
        try_parse_dates=True,
    )


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what Polars and the disk say about a file into a DataError that names it."""
    try:
        yield
    except READ_ERRORS as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: BaseException) -> DataError:
    """Explain why a data file could not be read to its end."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    bad = _BAD_VALUE.search(str(error))
    if bad:
        return DataError(
            f"{path}: column {shown(bad['name'])} starts as {bad['type']}, and later holds a value that is none.",
            why="missing values are spelled out (NA, -, none), or integers become decimals late in the file.",
            fix="leave missing values empty and write all values of a column alike, or write Parquet, which states types.",
        )
    if "utf8" in text.lower() or "utf-8" in text.lower():
        return DataError(
            f"{path} is not UTF-8 text.",
            why="it was exported in another encoding, such as Latin-1.",
            fix="export it as UTF-8, or write Parquet.",
        )
    return DataError(
        f"{path} cannot be read: {text}.",
        why="the file was cut off, is of another kind than its ending says, or differs from the others in its columns.",
        fix="make or fetch the file again.",
    )


def collect(frame: pl.LazyFrame, path: Path) -> pl.DataFrame:
    """Compute a lazy frame with bounded memory; a file that breaks off half-way is an error, not fewer rows."""
    with explained(path):
        return frame.collect(engine="streaming")


def digest(pattern: Path) -> str:
    """Return the sha256 of a data file; of several files, the sha256 over their digests in order of name."""
    with explained(pattern):
        digests = [sha256_file(path) for path in find(pattern)]
    if len(digests) == 1:
        return digests[0]
    return "sha256:" + hashlib.sha256("\n".join(digests).encode()).hexdigest()
