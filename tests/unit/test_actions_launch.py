"""The launcher: what it keeps of the caller's environment, and what it says when it cannot start."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

LAUNCH = Path(__file__).resolve().parents[2] / "actions" / "launch.sh"
Launch = Callable[..., subprocess.CompletedProcess[str]]
# Stands in for uv: makes a "python" that shows how it was called, and writes down its own environment.
FAKE_UV = """#!/bin/sh
pwd >> "$LOG"; env >> "$LOG"; echo "$@" >> "$LOG"
test "$FAIL" = "$1" && exit 2
if test "$1" = venv; then
  for last; do :; done
  mkdir -p "$last/bin"
  printf '#!/bin/sh\\nif test "$2" = -c; then mv "$4" "$5"; else pwd; echo "$@"; env; fi\\n' > "$last/bin/python"
  chmod +x "$last/bin/python"
fi
"""


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """Return a function that runs the launcher in a workspace with the fake uv, and returns the finished process."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uv").write_text(FAKE_UV)
    (tmp_path / "bin/uv").chmod(0o755)
    (tmp_path / "workspace").mkdir()

    def run(*arguments: str, uv: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
        path = f"{tmp_path / 'bin'}:/usr/bin:/bin" if uv else "/usr/bin:/bin"
        known = {"PATH": path, "RUNNER_TOOL_CACHE": str(tmp_path / "tools"), "LOG": str(tmp_path / "log")}
        return subprocess.run(
            ["bash", LAUNCH, *arguments],
            cwd=tmp_path / "workspace",
            env={**known, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_command_runs_isolated_in_the_workspace(launch: Launch, tmp_path: Path) -> None:
    result = launch("validate-data")
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[:2] == [
        str(tmp_path / "workspace"),
        f"-I {LAUNCH.with_suffix('.py')} validate-data",
    ]


def test_the_second_start_installs_nothing(launch: Launch, tmp_path: Path) -> None:
    launch("validate-data")
    (tmp_path / "log").unlink()
    assert launch("validate-data").returncode == 0
    assert not (tmp_path / "log").exists()


def test_each_lock_has_a_folder_and_nothing_else_stays(launch: Launch, tmp_path: Path) -> None:
    for arguments in (["validate-data"], ["rollback", "deploy"], ["promote", "deploy"]):
        assert launch(*arguments).returncode == 0
    names = sorted(path.name.rsplit("-", 1)[0] for path in (tmp_path / "tools/mlops-actions").iterdir())
    assert names == ["deploy", "validate-data"]


def test_the_callers_settings_do_not_reach_our_installation(launch: Launch, tmp_path: Path) -> None:
    hostile = {
        "UV_PYTHON": "3.8",
        "UV_NO_SYNC": "1",
        "UV_CONFIG_FILE": "/nowhere",
        "UV_PROJECT_ENVIRONMENT": "/theirs",
        "UV_TARGET": "/theirs",
        "PYTHONPATH": "/theirs",
        "PYTHONHOME": "/theirs",
    }
    result = launch("validate-data", **hostile)
    assert result.returncode == 0
    for seen in ((tmp_path / "log").read_text(), result.stdout):
        assert {name for name in hostile if f"{name}=" in seen} == set()


def test_a_mirror_reaches_our_installation(launch: Launch, tmp_path: Path) -> None:
    mirror = {"UV_DEFAULT_INDEX": "a", "UV_INDEX_URL": "b", "UV_INDEX_COMPANY_PASSWORD": "c", "UV_NATIVE_TLS": "1"}
    launch("validate-data", **mirror)
    seen = (tmp_path / "log").read_text()
    assert {name for name, value in mirror.items() if f"{name}={value}" in seen} == set(mirror)


def test_the_callers_virtual_environment_reaches_the_command_but_not_uv(launch: Launch, tmp_path: Path) -> None:
    result = launch("train", VIRTUAL_ENV="/theirs")
    assert "VIRTUAL_ENV=/theirs" in result.stdout
    assert "VIRTUAL_ENV" not in (tmp_path / "log").read_text()


def test_uv_works_in_our_folder(launch: Launch, tmp_path: Path) -> None:
    launch("validate-data")
    assert (tmp_path / "log").read_text().splitlines()[0] == str(LAUNCH.parent.parent)


@pytest.mark.parametrize("step", ["venv", "pip"])
def test_a_failed_installation_leaves_nothing_and_exits_3(launch: Launch, tmp_path: Path, step: str) -> None:
    result = launch("validate-data", FAIL=step)
    assert result.returncode == 3
    assert result.stdout.startswith("::error title=mlops::Our environment could not be installed")
    assert list((tmp_path / "tools/mlops-actions").iterdir()) == []
    assert launch("validate-data").returncode == 0


def test_without_uv_it_says_so(launch: Launch) -> None:
    result = launch("validate-data", uv=False)
    assert result.returncode == 3
    assert "There is no uv on PATH." in result.stdout


def test_the_launcher_may_be_executed() -> None:
    assert os.access(LAUNCH, os.X_OK)
