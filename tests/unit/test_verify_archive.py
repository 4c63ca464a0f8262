"""Zips that anybody may have made: what is refused, and that nothing lands outside the folder."""

import contextlib
import io
import re
import stat
import struct
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_actions.errors import DataError
from mlops_actions.github import archive
from mlops_actions.github.archive import unpack
from mlops_actions.github.artifacts import GATE, PREDICTIONS
from support.bundles import model_config, predictions, write_bundle

ALLOWED = re.compile(r"plan\.json|reports/[a-z-]{1,20}\.json")


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, content in members.items():
            made.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def unpacked(content: bytes, tmp_path: Path) -> list[str]:
    path, folder = tmp_path / "artifact.zip", tmp_path / "inside"
    path.write_bytes(content)
    folder.mkdir(exist_ok=True)
    return unpack(path, folder, ALLOWED)


def written(tmp_path: Path) -> list[str]:
    return sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())


def test_an_artifact_of_ours_is_unpacked(tmp_path: Path) -> None:
    assert unpacked(zipped({"plan.json": b"{}", "reports/evaluate.json": b"[1]"}), tmp_path) == [
        "plan.json",
        "reports/evaluate.json",
    ]
    assert (tmp_path / "inside/reports/evaluate.json").read_bytes() == b"[1]"


@pytest.mark.parametrize(
    "name",
    [
        "../plan.json",
        "reports/../../plan.json",
        "/plan.json",
        "/etc/passwd",
        "C:\\plan.json",
        "reports\\evaluate.json",
        "reports/",
        "plan.json/",
        "PLAN.json",
        "plan.json\n",
        "reports/evaluate.json::error::x",
        "reports/../evaluate.json",
        "model.pkl",
        "",
    ],
)
def test_a_member_with_another_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file that a gate's artifact has"):
        unpacked(zipped({"plan.json": b"{}", name: b"x"}), tmp_path)
    assert written(tmp_path) == ["artifact.zip"]


def test_a_name_that_hides_its_end_behind_a_zero_byte_is_refused(tmp_path: Path) -> None:
    content = zipped({"plan.json?.exe": b"{}"}).replace(b"plan.json?.exe", b"plan.json\0.exe")
    with pytest.raises(DataError):
        unpacked(content, tmp_path)
    assert written(tmp_path) == ["artifact.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_what_is_no_file_is_refused(kind: int, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        info = zipfile.ZipInfo("plan.json")
        info.create_system, info.external_attr = 3, (kind | 0o777) << 16
        made.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="not a file"):
        unpacked(buffer.getvalue(), tmp_path)


def test_a_member_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("plan.json", "{}")
        with pytest.warns(UserWarning, match="Duplicate name"):
            made.writestr("plan.json", '{"model": "other"}')
    with pytest.raises(DataError, match="more than once"):
        unpacked(buffer.getvalue(), tmp_path)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"plan.json": b"{}"}))
    for signature, offset in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(DataError, match="encrypted"):
        unpacked(bytes(content), tmp_path)


def test_an_unusual_compression_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="unusual way"):
        unpacked(zipped({"plan.json": b"{}"}, zipfile.ZIP_LZMA), tmp_path)


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    many = {f"reports/{'a' * (1 + n % 20)}{'-' * (n // 20)}.json": b"" for n in range(51)}
    with pytest.raises(DataError, match="51 members"):
        unpacked(zipped(many), tmp_path)


def test_a_list_of_a_million_members_is_not_even_read(tmp_path: Path) -> None:
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0) + b"plan.json"
    listing = entry * 100_000
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(listing), 0, 0)
    with pytest.raises(DataError, match="list of members is too long"):
        unpacked(listing + end, tmp_path)


def test_a_bomb_that_says_so_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="would unpack to 20,000,000 bytes"):
        unpacked(zipped({"plan.json": bytes(20_000_000)}), tmp_path)
    assert written(tmp_path) == ["artifact.zip"]


def test_bytes_are_counted_while_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 100_000)
    with pytest.raises(DataError, match="unpacks to more than 100,000 bytes"):
        unpacked(zipped({"plan.json": bytes(60_000), "reports/evaluate.json": bytes(60_000)}), tmp_path)
    assert (
        sum((tmp_path / "inside" / name).stat().st_size for name in ("plan.json", "reports/evaluate.json")) <= 100_000
    )


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped({"plan.json": bytes(5_000_000)}))
    place = content.index(b"PK\1\2") + 24
    content[place : place + 4] = struct.pack("<I", 10)
    with pytest.raises(DataError, match="Bad CRC-32"):
        unpacked(bytes(content), tmp_path)
    assert (tmp_path / "inside/plan.json").stat().st_size <= 10


@pytest.mark.parametrize("content", [b"", b"PK", b"<html>not a zip</html>", zipped({"plan.json": b"x" * 1000})[:-30]])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="artifact cannot be used"):
        unpacked(content, tmp_path)


WHOLE = zipped({"plan.json": b'{"a": 1}' * 50, "reports/evaluate.json": b"[1, 2]"})


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_whatever_bytes_change_nothing_but_allowed_files_is_written(changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, value in changes:
        content[place] = value
    with tempfile.TemporaryDirectory() as name:
        with contextlib.suppress(DataError):
            assert all(ALLOWED.fullmatch(member) for member in unpacked(bytes(content), Path(name)))
        assert set(written(Path(name))) <= {"artifact.zip", "inside/plan.json", "inside/reports/evaluate.json"}


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(max_size=30), st.binary(max_size=50), min_size=1, max_size=4))
def test_whatever_names_members_have_nothing_lands_outside(members: dict[str, bytes]) -> None:
    try:
        content = zipped(members)
    except (UnicodeEncodeError, ValueError, UserWarning):
        return  # zipfile cannot write it either, or ends it at a NUL and finds it twice
    with tempfile.TemporaryDirectory() as name:
        fine = all(ALLOWED.fullmatch(member) for member in members)
        with contextlib.nullcontext() if fine else pytest.raises(DataError):
            unpacked(content, Path(name))
        assert set(written(Path(name))) <= {"artifact.zip", "inside/plan.json"}


def test_what_the_workflow_leaves_is_on_the_list(tmp_path: Path) -> None:
    """The artifact holds what plan, the stages and comment write, and a bundle as `mlops keep` copies it."""
    scores = np.array([[0.9, 0.1], [0.2, 0.8]])
    frame = predictions(["a", "b"], ["no", "yes"], ["no", "yes"], scores)
    kept = write_bundle(tmp_path / "bundle", model_config(), frame).predictions_only(tmp_path / "kept").path
    copied = [f"candidate/{path.relative_to(kept).as_posix()}" for path in kept.rglob("*") if path.is_file()]
    written = ["plan.json", "reports/evaluate.json", "reports/validate-data.json", "reports/train.json"]
    assert [name for name in [*copied, *written, "reports/report.html"] if not GATE.fullmatch(name)] == []
    assert [name for name in copied if name.endswith(PREDICTIONS)] == ["candidate/predictions/test.parquet"]
