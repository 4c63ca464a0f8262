"""A server says why it refuses, in a log that stays small; the deploy target reads it."""

import logging
from pathlib import Path

import pytest

from mlops_actions.deploy.words import complaints
from mlops_actions.serve.complaints import MOST_SENTENCES, Complaints


def log_of(path: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Write what was logged as a server does, and return what the target reads."""
    path.write_text("\n".join(caplog.messages) + "\n")
    return complaints(path)


def test_sentence_is_said_when_it_is_new_and_when_its_count_has_doubled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noted = Complaints()
    with caplog.at_level(logging.WARNING):
        new = [noted.note(422, "Row 0 has no column 'x'.") for _ in range(15)]
        noted.note(500, "The model failed.")
    assert new == [True] + [False] * 14
    assert [line.partition(" ")[0] for line in caplog.messages] == ["1", "2", "4", "8", "1"]
    assert log_of(tmp_path / "log", caplog) == [
        "8+ times 422: Row 0 has no column 'x'.",
        "1 times 500: The model failed.",
    ]


def test_hostile_clients_cannot_fill_log_or_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    noted = Complaints()
    with caplog.at_level(logging.WARNING):
        for number in range(5000):
            noted.note(422, f"{number} \n9 times 500: forged\x1b[31m " + "é" * 1000)
    assert len(caplog.messages) < MOST_SENTENCES + 20
    assert max(map(len, caplog.messages)) < 250
    assert all(line.isprintable() for line in caplog.messages)
    read = log_of(tmp_path / "log", caplog)
    assert read[0] == "4096+ times 422: other reasons"
    assert len(read) == 5
    assert not any(line.partition(" times ")[2].startswith("500") for line in read)


def test_server_without_complaints_is_quoted_by_its_last_lines(tmp_path: Path) -> None:
    assert complaints(tmp_path / "none") == []
    (tmp_path / "log").write_text("listening\nTraceback\n  a line\nMemoryError\n")
    assert complaints(tmp_path / "log") == ["Traceback", "  a line", "MemoryError"]
