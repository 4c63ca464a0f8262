"""`mlops demo` on a small repository: the story goes as promised, a broken promise is seen, and a Ctrl-C leaves nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from support.tale import write_repository

COMMON = """
traffic: {per_second: 400, unknown: [known_later]}
changes:
  deploy: {steps: [30], step_seconds: 30}
  check_metrics: {interval_seconds: 0.3}
candidates:
  - {title: the model of mlops.yaml, promise: promoted}
"""
STORY = f"""{COMMON}
  - title: a model without the column that matters
    promise: stopped
    changes: {{data: {{exclude: [known_later, day, wind]}}}}
  - title: a model that knows what nobody knows yet
    promise: rolled_back
    changes: {{data: {{exclude: [day]}}}}
"""


class Repository:
    def __init__(self, root: Path) -> None:
        self.root, self.temporary = root, root / "tmp"
        self.folder = root / ".mlops" / "demo"
        self.temporary.mkdir()
        write_repository(root)

    def start(self, story: str) -> subprocess.Popen[str]:
        (self.root / "demo.yaml").write_text(story)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "mlops_actions", "demo", "--config", str(self.root)],
            env={**kept, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def processes(self) -> list[str]:
        """Return the command lines of whatever runs in this repository."""
        lines = []
        for process in psutil.process_iter():
            try:
                lines.append(" ".join(process.cmdline()))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return [line for line in lines if str(self.root) in line]

    def half_written(self) -> list[Path]:
        """Return what was written aside and not renamed: hidden names with a random end."""
        aside = [path for path in self.folder.rglob(".*") if path.name.count(".") > 1]
        # onnxruntime leaves a session number of its own in the temporary folder.
        return [*aside, *(path for path in self.temporary.iterdir() if path.name != ".ses")]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    repository = Repository(tmp_path_factory.mktemp("repository").resolve())
    yield repository
    assert repository.processes() == []


MOMENTS = [
    ("  train", signal.SIGINT),
    ("    starting it from", signal.SIGTERM),
    ("    Release 1 is version", signal.SIGINT),
    ("    Release 1 gets 100 %", signal.SIGTERM),
    ("    100 %: look 1", signal.SIGINT),
]


@pytest.mark.parametrize(("line", "number"), MOMENTS, ids=[line.strip() for line, _ in MOMENTS])
def test_stopped_at_any_moment_it_leaves_no_process_and_nothing_half_written(
    repository: Repository, line: str, number: signal.Signals
) -> None:
    with repository.start(COMMON) as demo:
        assert demo.stdout is not None
        said = []
        for said_line in demo.stdout:
            said.append(said_line)
            if said_line.startswith(line):
                break
        else:
            pytest.fail("".join(said))
        time.sleep(0.2)  # into the work that the line announces
        os.killpg(demo.pid, number)  # as a terminal does
        rest = demo.stdout.read()
    assert demo.returncode == 130, rest
    assert "Interrupted" in rest
    assert repository.processes() == []
    assert repository.half_written() == []
    assert not (repository.folder / "demo.json").exists()


def test_killed_demonstration_takes_its_servers_along(repository: Repository) -> None:
    with repository.start(COMMON) as demo:
        assert demo.stdout is not None
        assert any(line.startswith("    Release 1 gets") for line in demo.stdout)
        demo.kill()
        demo.stdout.close()
    deadline = time.monotonic() + 20
    while repository.processes():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_story_goes_as_promised(repository: Repository) -> None:
    with repository.start(STORY) as demo:
        output, _ = demo.communicate(timeout=300)
    assert demo.returncode == 0, output
    assert "The story went as promised." in output
    told = json.loads((repository.folder / "demo.json").read_text())
    assert told["as_promised"] is True
    assert [chapter["fate"] for chapter in told["chapters"]] == ["promoted", "stopped", "rolled_back"]
    assert [chapter["reports"][-1]["stage"] for chapter in told["chapters"]] == ["deploy", "evaluate", "deploy"]
    last = told["chapters"][2]
    assert last["reports"][2]["verdict"]["decision"] == "pass"  # offline it is better
    assert "canary failed 100 %" in last["reports"][-1]["verdict"]["sentence"]
    page = (repository.folder / "demo.md").read_text()
    assert "It went as promised." in page
    assert "stopped before the deploy" in page
    assert str(repository.folder / "demo.json") in output
    assert sorted(path.name for path in repository.root.iterdir()) == [
        ".mlops",
        "demo.yaml",
        "mlops.yaml",
        "rows.parquet",
        "tmp",
    ]


def test_broken_promise_is_seen(repository: Repository) -> None:
    unreachable = "promise: promoted, changes: {evaluate: {roc_auc: {min: 0.99}}}"
    with repository.start(COMMON.replace("promise: promoted", unreachable)) as demo:
        output, _ = demo.communicate(timeout=300)
    assert demo.returncode == 1, output
    assert "which was NOT promised" in output
    assert json.loads((repository.folder / "demo.json").read_text())["as_promised"] is False


@pytest.mark.parametrize(
    ("story", "said"),
    [
        ("candidates: []", "is not a story"),
        ("candidates: [", "is not YAML"),
        (COMMON + "  - {title: x, promise: praised}", "promise"),
        (COMMON.replace("promise: promoted", "promise: promoted, changes: {data: {pth: x}}"), "data.pth"),
    ],
)
def test_story_that_cannot_be_told_is_explained(repository: Repository, story: str, said: str) -> None:
    with repository.start(story) as demo:
        output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 2
    assert said in output


def test_two_demonstrations_at_once_are_refused(repository: Repository) -> None:
    with repository.start(COMMON) as first:
        assert first.stdout is not None
        assert any(line.startswith("  validate-data") for line in first.stdout)
        with repository.start(COMMON) as second:
            output, _ = second.communicate(timeout=60)
        first.send_signal(signal.SIGINT)
        first.stdout.read()
    assert second.returncode == 3
    assert "Another demonstration plays" in output


def test_example_without_a_story_is_told_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "mlops.yaml").write_text("model: silent")
    command = [sys.executable, "-P", "-m", "mlops_actions", "demo", "--config", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "mlops run" in done.stdout
