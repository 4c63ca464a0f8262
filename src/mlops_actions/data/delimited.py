"""The structure of CSV and TSV files, in one pass before Polars reads them.

Polars fills a row that is too short with nulls, makes a row of nulls from a blank line, renames a repeated header and
replaces bytes of a header that are not UTF-8: each hides a truncated or broken file. Here each is an error with its line.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from mlops_actions.data.names import shown
from mlops_actions.errors import DataError

LONGEST_RECORD = 100_000  # lines; a longer one is a quotation mark that was never closed
_QUOTED = re.compile(rb'"[^"]*"')


def check_structure(path: Path, separator: str) -> list[str]:
    """Read a delimited file (RFC 4180) to its end and return its column names.

    Raises:
        DataError: not UTF-8, a repeated column name, a row with more or fewer fields than the header, a blank line, or a
            quotation mark that is never closed; with the line.
    """
    records = _records(path)
    first = next(records, (1, b""))
    names = _header(path, first[1], separator)
    for number, record in records:
        if not record.isascii():
            _decoded(path, number, record)
        _same_width(path, number, record, separator.encode(), len(names))
    return names


def _records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield each record with the number of its first line; a quoted field may span lines."""
    opened: list[bytes] = []  # the lines of a record whose quotation mark is not closed yet
    start = 1
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            start = start if opened else number
            odd = b'"' in line and line.count(b'"') % 2 == 1
            if odd == bool(opened):
                yield start, b"".join([*opened, line]) if opened else line
                opened = []
            else:
                opened.append(line)
            if len(opened) > LONGEST_RECORD:
                break
    if opened:
        raise _broken(path, start, "opens a quotation mark that is never closed")


def _header(path: Path, record: bytes, separator: str) -> list[str]:
    text = _decoded(path, 1, record).removeprefix("\ufeff").rstrip("\r\n")
    try:
        names = next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error as error:
        raise _broken(path, 1, f"is no header: {error}") from None
    if not names:
        raise _broken(path, 1, "is blank, where the header belongs")
    repeated = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if repeated is not None:
        raise DataError(
            f"{path} has {names.count(repeated)} columns named {shown(repeated)}.", fix="rename or drop one."
        )
    return names


def _decoded(path: Path, number: int, record: bytes) -> str:
    try:
        return record.decode()
    except UnicodeDecodeError:
        raise DataError(
            f"{path} is not UTF-8 text (line {number}).",
            why="it was exported in another encoding, such as Latin-1 or UTF-16, or is compressed.",
            fix="export it as UTF-8, or write Parquet.",
        ) from None


def _same_width(path: Path, number: int, record: bytes, separator: bytes, width: int) -> None:
    unquoted = _QUOTED.sub(b"", record) if b'"' in record else record
    fields = unquoted.count(separator) + 1
    blank = record in {b"\n", b"\r\n"} and width > 1
    if fields != width or blank:
        raise _broken(path, number, "is blank" if blank else f"has {fields} fields, the header {width}")


def _broken(path: Path, number: int, what: str) -> DataError:
    return DataError(
        f"{path}: line {number} {what}.",
        why="the file was cut off, or a value holds a separator, a quotation mark or a line break without quotes.",
        fix="export it again with quoted values, or write Parquet.",
        file=str(path),
        line=number,
    )
