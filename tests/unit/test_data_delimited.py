"""The structure of CSV: what Polars would quietly repair is an error with its line."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_actions.data import scan
from mlops_actions.data.delimited import check_structure
from mlops_actions.data.read import collect
from mlops_actions.errors import DataError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=8)
NAMES = [
    "::set-output name=passed::true",
    "<script>alert(1)</script>",
    "| a | b |",
    "x" * 10_000,
    "with space",
    "new\nline",
    'qu"ote',
    "-lead",
    "[bracket]",
    "^a.*$",
    "*",
    "",
]


def said(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        scan(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1,2\n3\n", "line 3 has 1 fields, the header 2"),
        (b"a,b\n1,2\n3,4,5\n", "line 3 has 3 fields, the header 2"),
        (b'a,b\n"x,y",2\n"x,y",2,3\n', "line 3 has 3 fields, the header 2"),
        (b'a,b\n"two\nlines",2\n3\n', "line 4 has 1 fields, the header 2"),
        (b"a,b\n1,2\n\n3,4\n", "line 3 is blank"),
        (b"a,b\n1,2\r\n\r\n", "line 3 is blank"),
        (b'a,b\n1,"x\n2,y\n', "line 2 opens a quotation mark that is never closed"),
        (b"\n\n", "line 1 is blank, where the header belongs"),
        (b"a\rb\r1\r2\r", "line 1 is no header"),
        (b"a,b,a\n1,2,3\n", "has 2 columns named 'a'"),
        ("a,b\n1,2\n1,café\n".encode("latin-1"), "is not UTF-8 text (line 3)"),
        ("é,b\n1,2\n".encode("latin-1"), "is not UTF-8 text (line 1)"),
        ("a,b\n1,2\n".encode("utf-16"), "is not UTF-8 text (line 1)"),
    ],
)
def test_a_broken_structure_is_refused_with_its_line(tmp_path: Path, content: bytes, expected: str) -> None:
    assert expected in said(tmp_path / "a.csv", content)


def test_a_file_cut_off_anywhere_inside_a_row_is_refused(tmp_path: Path) -> None:
    whole = b"a,b,c\n" + b"".join(b"%d,%d,%d\n" % (at, at, at) for at in range(9))
    last = whole.rindex(b"\n", 0, -1) + 1
    for end in (last + 1, last + 2):
        assert "line 10 has" in said(tmp_path / "a.csv", whole[:end])


def test_a_quotation_mark_that_swallows_a_large_file_is_found_without_reading_it_all(tmp_path: Path) -> None:
    assert "line 2 opens a quotation mark" in said(tmp_path / "a.csv", b'a,b\n1,"x\n' + b"1,2\n" * 150_000)


def test_what_is_fine_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffa,b\r\n1,"x, ""y"""\r\n2,\r\n'.encode())
    assert collect(scan(path), path).to_dict(as_series=False) == {"a": [1, 2], "b": ['x, "y"', None]}


def test_tsv_is_separated_by_tabs(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("a\tb\n1,5\t2\n")
    assert collect(scan(path), path).to_dict(as_series=False) == {"a": ["1,5"], "b": [2]}


def test_a_header_alone_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n")
    assert collect(scan(path), path).shape == (0, 2)


def test_one_column_may_have_missing_values(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n\n2\n")
    assert collect(scan(path), path)["a"].to_list() == [1, None, 2]


def test_hostile_column_names_stay_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([NAMES, range(len(NAMES))])
    assert collect(scan(path), path).to_dict(as_series=False) == {name: [at] for at, name in enumerate(NAMES)}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), max_size=6)),
)
def test_whatever_a_csv_writer_writes_has_a_sound_structure(tmp_path: Path, rows: list[list[str]]) -> None:
    names = [f"c{at}" for at in range(len(rows[0]) if rows else 2)]
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows([names, *rows])
    path = tmp_path / "a.csv"
    path.write_text(stream.getvalue(), newline="")
    assert check_structure(path, ",") == names
