"""Data files: what can be wrong with them is said, with the file's name, before anything is learned from them."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from mlops_actions.data import digest, scan
from mlops_actions.data.read import collect, find
from mlops_actions.errors import DataError, ExitCode

ROWS = pl.DataFrame(
    {"a": list(range(200)), "b": [f"x{at % 7}" for at in range(200)], "c": [at / 2 for at in range(200)]}
)


def refused(path: Path) -> str:
    """Read a file to its end and return what was said against it."""
    with pytest.raises(DataError) as caught:
        collect(scan(path), path)
    assert caught.value.exit_code is ExitCode.UNUSABLE_INPUT
    return str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert f"There is no data at {tmp_path / 'a.parquet'}" in refused(tmp_path / "a.parquet")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.tsv"])
def test_an_empty_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert "is empty (0 bytes)" in refused(tmp_path / name)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_git_lfs_pointer_is_recognised(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")
    assert "is a Git LFS pointer" in refused(tmp_path / name)


@pytest.mark.parametrize("name", ["a.json", "a", "a.csv.gz", "a.xlsx"])
def test_other_kinds_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a,b\n1,2\n")
    assert "is neither Parquet nor CSV" in refused(tmp_path / name)


def test_a_csv_that_says_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("a,b\n1,2\n")
    assert "of another kind than its ending says" in refused(tmp_path / "a.parquet")


def test_a_compressed_csv_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert "is not UTF-8 text" in refused(tmp_path / "a.csv")


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_parquet_file_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "a.parquet"
    ROWS.write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert f"{path} cannot be read" in refused(path)


def test_two_kinds_at_once_are_refused(tmp_path: Path) -> None:
    ROWS.write_parquet(tmp_path / "a.parquet")
    ROWS.write_csv(tmp_path / "b.csv")
    assert "several kinds: csv, parquet" in refused(tmp_path / "*")


def test_files_of_different_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text("b,a\n1,2\n")
    assert "has other columns than" in refused(tmp_path / "*.csv")
    ROWS.write_parquet(tmp_path / "a.parquet")
    ROWS.select(a="b").write_parquet(tmp_path / "b.parquet")
    assert "cannot be read" in refused(tmp_path / "*.parquet")


def test_a_glob_reads_all_files_in_order_of_name(tmp_path: Path) -> None:
    for name in ("2/b", "1/a"):
        (tmp_path / name).parent.mkdir()
        pl.DataFrame({"a": [name]}).write_parquet(tmp_path / f"{name}.parquet")
    assert collect(scan(tmp_path / "*" / "*.parquet"), tmp_path)["a"].to_list() == ["1/a", "2/b"]


@pytest.mark.parametrize("name", ["a [1].csv", "-a.csv", "a\nb.csv", 'it\'s "so".csv', "ä☃.csv", "*.csv", "a b.csv"])
def test_odd_file_names_are_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a\n1\n2\n")
    assert collect(scan(tmp_path / name), tmp_path).height == 2


@pytest.mark.parametrize("name", ["x" * 10_000 + ".csv", "a**b/c.csv", "\0.csv"])
def test_a_path_that_no_system_holds_is_refused(tmp_path: Path, name: str) -> None:
    # Which of the two depends on the version of Python: later ones take the pattern, and find nothing.
    with pytest.raises(DataError, match=r"cannot be a path|There is no data"):
        find(tmp_path / name)


def test_nan_is_null_from_the_start(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1.0, float("nan"), None]}).write_parquet(tmp_path / "a.parquet")
    assert collect(scan(tmp_path / "a.parquet"), tmp_path)["a"].to_list() == [1.0, None, None]


def test_a_column_that_changes_its_type_late_is_named_and_its_value_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,temp\n" + "1,2\n" * 20_000 + "1,secret\n")
    said = refused(path)
    assert "column 'temp' starts as i64, and later holds a value that is none" in said
    assert "secret" not in said


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    assert digest(tmp_path / "a.csv") == "sha256:309b0e45a73d3fc5325e2b6ed0a01ef8b9cde6b05a5633c1f893f970d52bfddc"


def test_the_digest_of_several_files_follows_their_contents_and_order(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    (tmp_path / "b.csv").write_bytes(b"a\n2\n")
    both = digest(tmp_path / "*.csv")
    (tmp_path / "a.csv").write_bytes(b"a\n2\n")
    (tmp_path / "b.csv").write_bytes(b"a\n1\n")
    assert both != digest(tmp_path / "*.csv")
