"""What a worker prints is shown, but neither fills the log nor the memory."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.train import process


def shown(content: bytes) -> list[str]:
    lines: list[str] = []
    output = process.Output(lines.append)
    output.follow(io.BytesIO(content))
    output.close()
    return lines


@given(
    st.lists(
        st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=50), max_size=600
    )
)
def test_up_to_six_hundred_lines_are_shown_as_they_are(lines: list[str]) -> None:
    assert shown("".join(f"{line}\n" for line in lines).encode()) == lines


def test_first_and_last_lines_with_what_was_cut_between() -> None:
    lines = shown(b"".join(b"line %d\n" % number for number in range(10_000)))
    assert lines[: process.FIRST_LINES] == [f"line {number}" for number in range(500)]
    assert lines[500] == "… (cut here: 9,400 lines, 0.1 MB) …"
    assert lines[501:] == [f"line {number}" for number in range(9_900, 10_000)]


def test_a_line_without_end_comes_in_pieces() -> None:
    lines = shown(b"x" * 5_000_000)
    assert max(map(len, lines)) == process.LONGEST_LINE
    assert len(lines) == process.FIRST_LINES + 1 + process.LAST_LINES


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert shown(b"\xff\xfe ok\r\n") == ["\ufffd\ufffd ok"]


def test_a_long_training_shows_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter(range(0, 100_000, 10))
    monkeypatch.setattr("mlops_actions.train.process.time.monotonic", lambda: float(next(seconds)))
    lines = shown(b"".join(b"epoch %d\n" % number for number in range(1000)))
    assert "epoch 503" in lines
    assert "epoch 502" not in lines
