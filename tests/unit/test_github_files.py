"""Outputs that data cannot forge, and a summary that the runner never drops for its size."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.github.files import MOST_OUTPUT_BYTES, MOST_SUMMARY_BYTES, append_summary, write_outputs

NAME = st.from_regex(r"[a-z][a-z-]{0,10}", fullmatch=True)
VALUE = st.lists(
    st.sampled_from(["\n", "\r", "=", "<<", "mlops_", "EOF", "passed=true"]) | st.text(max_size=6), max_size=8
).map("".join)


def read_outputs(content: str) -> dict[str, str]:
    """Read the file as the runner does (actions/runner, FileCommandManager.cs): a line ends at \\n or \\r\\n or \\r."""
    outputs: dict[str, str] = {}
    lines = content.replace("\r\n", "\n\x00").replace("\r", "\n\x01").split("\n")
    at = 0
    while at < len(lines) and lines[at]:
        head = lines[at]
        if "=" in head and ("<<" not in head or head.index("=") < head.index("<<")):
            name, _, value = head.partition("=")
            at += 1
        else:
            name, _, delimiter = head.partition("<<")
            end = at + 1
            while lines[end].lstrip("\x00\x01") != delimiter:
                end += 1
            value, at = "\n".join(lines[at + 1 : end]), end + 1
        outputs[name] = value.replace("\n\x00", "\r\n").replace("\n\x01", "\r")
    return outputs


def test_the_reader_is_fooled_by_what_is_written_carelessly() -> None:
    assert read_outputs("reason=x\npassed=true\n") == {"reason": "x", "passed": "true"}
    assert read_outputs("reason<<EOF\nx\nEOF\npassed=true\nEOF\n") | {"passed": "true"} == {
        "reason": "x",
        "passed": "true",
        "EOF": "",
    }


@given(outputs=st.dictionaries(NAME, VALUE.filter(lambda text: "\x00" not in text and "\x01" not in text)))
def test_outputs_are_read_back_as_they_were_and_no_other(outputs: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "output"
        path.touch()
        write_outputs(path, outputs)
        content = path.read_bytes().decode()
    # The runner takes a last carriage return for a part of the line's end.
    assert read_outputs(content) == {name: value.removesuffix("\r") for name, value in outputs.items()}


@pytest.mark.parametrize("name", ["a=b", "a<<b", "a\nb", "a\rb"])
def test_a_name_that_is_no_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        write_outputs(tmp_path / "output", {name: "x"})


def test_a_value_that_is_too_long_is_cut_at_a_character(tmp_path: Path) -> None:
    write_outputs(tmp_path / "output", {"long": "é" * MOST_OUTPUT_BYTES})
    assert read_outputs((tmp_path / "output").read_text())["long"] == "é" * (MOST_OUTPUT_BYTES // 2)


def test_the_name_of_a_file_may_be_no_text(tmp_path: Path) -> None:
    write_outputs(tmp_path / "output", {"path": "caf\udce9"})
    append_summary(tmp_path / "summary", "caf\udce9")
    assert "caf?" in (tmp_path / "output").read_text()
    assert (tmp_path / "summary").read_text() == "caf?"


@given(sizes=st.lists(st.integers(0, 700_000), max_size=6), letter=st.sampled_from("xé🎉"))
def test_the_summary_never_passes_the_runners_limit(sizes: list[int], letter: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "summary"
        path.touch()
        for size in sizes:
            append_summary(path, letter * (size // len(letter.encode())))
        content = path.read_bytes()
    assert len(content) <= MOST_SUMMARY_BYTES
    assert content.decode().count("Cut here") == (sum(sizes) > len(content) + 6 * 4)


def test_what_fits_is_not_cut(tmp_path: Path) -> None:
    append_summary(tmp_path / "summary", "one\n")
    append_summary(tmp_path / "summary", "two\n")
    assert (tmp_path / "summary").read_text() == "one\ntwo\n"
