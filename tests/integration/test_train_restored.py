"""Equal inputs restore, other inputs train; a damaged or half entry is never used. Environments and git, as train meets them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlops_actions import train
from mlops_actions.bundle import Bundle
from mlops_actions.config import load
from mlops_actions.environments import Environments, Interpreter
from mlops_actions.errors import ConfigError, OutsideError
from mlops_actions.git import revision
from mlops_actions.progress import Progress, silent
from mlops_actions.train.workplace import workplace
from support.training import FUNCTION, plain_python, repository, rows, run


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return plain_python(tmp_path_factory.mktemp("plain") / "venv")


def project(folder: Path, python: str, **changes: Any) -> Path:
    repository(folder, rows(120), train={"function": "fitting:fit", "python": python, **changes})
    (folder / "fitting.py").write_text(FUNCTION)
    return folder


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


def test_the_second_run_is_restored_under_its_own_version(tmp_path: Path, plain: str) -> None:
    project(tmp_path, plain)
    (tmp_path / ".gitignore").write_text(".mlops/\n__pycache__/\n")
    first, bundle, lines = run(tmp_path)
    assert first.outputs["cached"] == "false"
    assert first.outputs["version"] == "unversioned"
    assert any("git says" in line for line in lines)
    kept, seal = bundle.predictions.read_bytes(), bundle.config().bundle_digest
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "x")
    git(tmp_path, "tag", "v1.2.3")
    second, bundle, _ = run(tmp_path)
    assert (second.verdict.reason, second.outputs["cached"]) == ("restored", "true")
    assert second.outputs["version"] == bundle.config().version == "v1.2.3"
    assert second.outputs["input-digest"] == first.outputs["input-digest"]
    assert bundle.predictions.read_bytes() == kept
    assert bundle.verify().bundle_digest == seal


def test_any_other_input_trains_again(tmp_path: Path, plain: str) -> None:
    changes: list[Callable[[], object]] = [
        lambda: rows(121).write_parquet(tmp_path / "data.parquet"),
        lambda: (tmp_path / "fitting.py").write_text(FUNCTION.replace("0.25, 0.75", "0.75, 0.25")),
        lambda: (tmp_path / "settings.toml").write_text("depth = 3\n"),
        lambda: project(tmp_path, plain, parameters={"a": 1}),
        lambda: project(tmp_path, plain, seed=1),
        lambda: (tmp_path / "mlops.yaml").write_text(
            (tmp_path / "mlops.yaml").read_text().replace("label:", "exclude: [x]\n  label:")
        ),
    ]
    run(project(tmp_path, plain))
    for change in changes:
        change()
        assert run(tmp_path)[0].outputs["cached"] == "false"
    assert run(tmp_path)[0].outputs["cached"] == "true"


def test_code_beside_the_folder_of_mlops_yaml_and_hidden_code_train_again(tmp_path: Path, plain: str) -> None:
    model = tmp_path / "models" / "x"
    model.mkdir(parents=True)
    project(model, plain)
    git(tmp_path, "init")
    for path in (tmp_path / "shared" / "clean.py", model / ".steps" / "clean.py", model / "prompt.md"):
        path.parent.mkdir(exist_ok=True)
        path.write_text("one")
        assert run(model)[0].outputs["cached"] == "false"
    assert run(model)[0].outputs["cached"] == "true"


def test_prose_and_other_sections_do_not(tmp_path: Path, plain: str) -> None:
    run(project(tmp_path, plain))
    (tmp_path / "README.md").write_text("# Toy\n")
    with (tmp_path / "mlops.yaml").open("a") as stream:
        stream.write("evaluate: {accuracy: {min: 0.5}}\n")
    assert run(tmp_path)[0].outputs["cached"] == "true"


def test_a_damaged_entry_is_not_used(tmp_path: Path, plain: str) -> None:
    run(project(tmp_path, plain))
    entry = next((tmp_path / ".mlops" / "toy" / "cache").iterdir())
    damages: list[Callable[[], object]] = [
        lambda: (entry / "contract.json").write_text("{}"),
        (entry / "test_rows.parquet").unlink,
        lambda: (entry / "model" / "extra").write_text(""),
        lambda: (entry / "model_config.yaml").write_text("id: ["),
    ]
    for damage in damages:
        damage()
        report, _, lines = run(tmp_path)
        assert report.outputs["cached"] == "false"
        assert any("damaged" in line for line in lines)
        assert run(tmp_path)[0].outputs["cached"] == "true"


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stopped_stage_leaves_the_old_bundle_and_no_process(tmp_path: Path, plain: str, blow: signal.Signals) -> None:
    run(project(tmp_path, plain))
    before = Bundle(tmp_path / ".mlops" / "toy" / "bundle").config()
    started = tmp_path / "started"
    wait = f"    import os, time\n    open({str(started)!r}, 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
    (tmp_path / "fitting.py").write_text(FUNCTION.replace("    return Model()\n", wait))
    command = [sys.executable, "-I", "-m", "mlops_actions", "train", "--config", str(tmp_path)]
    stage = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(tmp_path)})
    wait_for(lambda: started.exists() and started.read_text() != "")
    worker = int(started.read_text())
    stage.send_signal(blow)
    assert stage.wait() == (-blow if blow is signal.SIGKILL else 130)
    wait_for(lambda: not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE)
    bundle = Bundle(tmp_path / ".mlops" / "toy" / "bundle")
    assert bundle.config() == before
    assert bundle.changed_files() == []
    assert len(list((tmp_path / ".mlops" / "toy" / "cache").iterdir())) == 1


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen within 30 seconds")


def test_hostile_surroundings_change_nothing(tmp_path: Path) -> None:
    repository(tmp_path, rows(60), train={"function": "fitting:fit"})
    (tmp_path / "fitting.py").write_text(FUNCTION)
    for name in ("click", "sklearn", "pandas", "polars", "yaml", "mlops_actions", "json", "worker"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong module')\n")
    surroundings = {
        **os.environ,
        "UV_PROJECT_ENVIRONMENT": "/nowhere",
        "UV_PYTHON": "2.7",
        "UV_CONFIG_FILE": "/nowhere",
    }
    surroundings["PYTHONPATH"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-m", "mlops_actions", "train"],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert Environments.of_caller({"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]}).ours().packages


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_leaves_the_old_bundle(tmp_path: Path, small_disk: Path, plain: str) -> None:
    run(project(small_disk, plain))
    bundle = Bundle(small_disk / ".mlops" / "toy" / "bundle")
    before = bundle.config()
    (small_disk / "fitting.py").write_text(
        FUNCTION.replace("    return Model()", "    (output / 'w').write_bytes(b'0' * 3_000_000)\n    return Model()")
    )
    with pytest.raises(OutsideError, match=r"disk is full|No space left") as caught:
        run(small_disk)
    assert "disk is full" in str(caught.value)
    assert bundle.config() == before
    assert bundle.changed_files() == []
    assert sorted(path.name for path in (small_disk / ".mlops" / "toy").iterdir()) == ["bundle", "cache"]


@pytest.mark.parametrize("numbers", [200_000, 20_000])
def test_a_full_disk_under_the_worker(tmp_path: Path, small_disk: Path, plain: str, numbers: int) -> None:
    write = "    (output / 'w').write_bytes(b'0' * 3_000_000)\n    return Model()"
    frame = rows(numbers)
    repository(tmp_path, frame, train={"function": "fitting:fit", "python": plain})
    (tmp_path / "fitting.py").write_text(FUNCTION.replace("    return Model()", write))
    (tmp_path / ".mlops").symlink_to(small_disk)
    with pytest.raises(OutsideError, match=r"disk is full|No space left"):
        run(tmp_path)
    assert list((small_disk / "toy").iterdir()) == []


KILLED = """
import os
from pathlib import Path
from mlops_actions.train.workplace import workplace
with workplace(Path("work")) as folder:
    (folder / "rows").touch()
    print(folder, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_what_a_killed_training_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, capture_output=True, text=True, check=False)
    left = Path(done.stdout.strip())
    assert done.returncode == -signal.SIGKILL
    assert (left / "rows").exists()
    with workplace(tmp_path / "work") as one:
        assert not left.exists()
        with workplace(tmp_path / "work") as another:  # a training that runs keeps what it has
            assert one.is_dir()
            assert another != one
    assert list((tmp_path / "work").iterdir()) == []


SHIELDED = """
import ctypes, os, subprocess
from mlops_actions.train.shield import PR_SET_DUMPABLE, close_our_environment

def child_sees():
    return b"t0p" in subprocess.run(["cat", f"/proc/{os.getpid()}/environ"], env={}, capture_output=True).stdout

os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # as it is in a process that was started by this user
print(child_sees())
close_our_environment()
print(child_sees())
"""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs root, to become somebody who is not")
def test_user_code_cannot_read_our_environment() -> None:
    environment = {**os.environ, "PASSWORD": "t0p"}
    shown = subprocess.run(
        [sys.executable, "-c", SHIELDED], env=environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout.split() == ["True", "False"]


def test_training_closes_our_environment(tmp_path: Path, plain: str) -> None:
    script = (
        "import sys; from pathlib import Path; from support.training import run; run(Path(sys.argv[1]))\n"
        "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"  # PR_GET_DUMPABLE
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", script, project(tmp_path, plain)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0"


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path: Path, plain: str) -> None:
    project(tmp_path, plain)
    (tmp_path / ".mlops" / "toy").mkdir(parents=True)
    (tmp_path / ".mlops" / "toy" / "cache").write_text("a file where the folder should be")
    report, _, lines = run(tmp_path)
    assert report.decision == "pass"
    assert any("not kept" in line for line in lines)


def test_versions_of_checkouts(tmp_path: Path) -> None:
    assert revision(tmp_path / "nowhere").version == "unversioned"
    git(tmp_path, "init")
    assert (revision(tmp_path).version, revision(tmp_path).commit) == ("unversioned", "")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "x")
    untagged = revision(tmp_path)
    assert untagged.commit.startswith(untagged.version)
    assert "no tag" in untagged.note
    git(tmp_path, "tag", "v2")
    assert (revision(tmp_path).version, revision(tmp_path).note) == ("v2", "")
    (tmp_path / "a").write_text("2")
    assert revision(tmp_path).version == "v2-dirty"


def test_keras_is_installed_once_from_the_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_actions.environments.importlib.util.find_spec", lambda _: None)
    locks = tmp_path / "requirements"
    locks.mkdir()
    for name in ("train.txt", "keras.txt"):
        (locks / name).write_text("# nothing\n")
    environments = Environments({"PATH": os.environ["PATH"], "UV_PYTHON": "2.7"}, tmp_path / "kept", locks)
    lines: list[str] = []
    first, second = environments.keras(lines.append), environments.keras(lines.append)
    assert first == second
    assert len(lines) == 1
    assert first.executable.parent.parent.parent == tmp_path / "kept"
    with pytest.raises(ConfigError, match="Keras needs TensorFlow"):
        Environments({"PATH": ""}, tmp_path / "kept", None).keras(silent)
    (locks / "keras.txt").write_text("no-such-lock ===\n")
    with pytest.raises(OutsideError, match="uv pip sync"):
        environments.keras(silent)
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [first.executable.parent.parent.name]


def test_a_function_that_needs_keras_gets_our_python_with_keras(tmp_path: Path, plain: str) -> None:
    with_keras = Path(plain_python(tmp_path / "with keras"))
    next((tmp_path / "with keras" / "lib").glob("python*/site-packages")).joinpath("keras.py").write_text(
        "Model = int\n"
    )

    class Ours(Environments):
        def ours(self) -> Interpreter:
            return self.users(plain, tmp_path)

        def keras(self, progress: Progress) -> Interpreter:  # noqa: ARG002 (as the real one)
            return self.users(str(with_keras), tmp_path)

    folder = repository(tmp_path / "team", rows(60), train={"function": "fitting:fit"})
    (folder / "fitting.py").write_text("import keras\n" + FUNCTION)
    config, lines = load(folder), list[str]()
    environments = Ours(os.environ, tmp_path, None)
    report = train.run(config, cache=tmp_path / "cache", environments=environments, progress=lines.append)
    assert report.verdict.reason == "trained"
    assert sum("needs Keras" in line for line in lines) == 1
