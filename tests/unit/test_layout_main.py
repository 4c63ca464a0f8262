"""The command line before any stage is reached: what cannot start still says why, by exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_actions.cli import main


def leave(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["mlops", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


def test_a_package_that_is_not_installed(tmp_path: Path) -> None:
    """In a process of its own, which has imported nothing yet."""
    program = "import sys; sys.modules['polars'] = None; from mlops_actions.cli import main; main()"
    command = [sys.executable, "-P", "-c", program, "init"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "needs the package polars" in done.stderr


def test_a_module_of_ours_that_cannot_be_imported_is_our_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "mlops_actions.cli.init", None)
    assert leave(monkeypatch, "init") == 4
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"), [([], 2), (["--help"], 0), (["nonsense"], 2), (["init", "--nonsense"], 2)]
)
def test_usage(monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int) -> None:
    assert leave(monkeypatch, *arguments) == code


@pytest.mark.parametrize("words", [["--help"], ["schema"], ["status"], ["evaluate"]])
def test_output_on_a_full_disk_is_explained_without_a_traceback(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "mlops.yaml").write_text("model: toy")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "mlops_actions", *words],
            cwd=tmp_path,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_gone_is_no_full_disk(tmp_path: Path) -> None:
    """As in `mlops report | head`; what was asked for was not said in full, so it is no pass either."""
    reads, writes = os.pipe()
    os.close(reads)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "mlops_actions", "evaluate"],
        cwd=tmp_path,
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writes)
    assert done.returncode == 3
    assert "whoever read it has gone" in done.stderr
    assert "free some space" not in done.stderr
    assert "Traceback" not in done.stderr
