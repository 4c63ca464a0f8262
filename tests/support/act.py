"""Run a consumer's workflows with act: its repository, our staged copy, stand-ins for third-party actions."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

import act as staging

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PINNED = re.compile(rf"{staging.OWNER}/\S+@([0-9a-f]{{40}})")


@dataclass(frozen=True)
class Run:
    """What a run of act ended with, printed, and uploaded."""

    code: int
    log: str
    artifacts: Path

    @property
    def failed_jobs(self) -> set[str]:
        """Names of the jobs that failed, without those of the calling workflow."""
        failed = re.findall(r"^\[(.*?)\] +🏁  Job failed$", self.log, flags=re.MULTILINE)
        return {name.rpartition("/")[2].strip() for name in failed}

    @property
    def errors(self) -> list[str]:
        """Our annotations, as the runner was told them."""
        return re.findall(r"::error (.*)$", self.log, flags=re.MULTILINE)

    @property
    def exit_codes(self) -> dict[str, set[int]]:
        """Exit codes of the steps that failed, by job."""
        codes: dict[str, set[int]] = {}
        for name, code in re.findall(r"^\[(.*?)\] exit status (\d+)$", self.log, flags=re.MULTILINE):
            codes.setdefault(name.rpartition("/")[2].strip(), set()).add(int(code))
        return codes

    @property
    def summary(self) -> str:
        """Everything that steps wrote into job summaries."""
        return "\n".join(re.findall(r"⚙  Summary - (.*(?:\n(?!\[).*)*)", self.log))


class Consumer:
    """A repository of a team that uses us: a copy of an example, with a history of its own."""

    def __init__(self, folder: Path, example: Path) -> None:
        self.folder = folder
        shutil.copytree(example, folder, ignore=shutil.ignore_patterns(".mlops", "__pycache__"))

    def edit(self, old: str, new: str, name: str = "mlops.yaml") -> None:
        """Replace a text that is there."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def pin(self, name: str, ref: str) -> None:
        """Point a workflow at the staged copy of this repository."""
        path = self.folder / name
        text, count = re.subn(rf"({staging.OWNER}/\S+@)\S+", rf"\g<1>{ref}", path.read_text(encoding="utf-8"))
        assert count == 1
        path.write_text(text, encoding="utf-8")

    def commit(self, message: str, tag: str = "") -> None:
        """Commit everything, and tag it."""
        staging.commit_all(self.folder, message)
        if tag:
            subprocess.run(["git", "-C", self.folder, "tag", tag], check=True)


class Act:
    """act with a staged copy of this repository, and a machine's worth of caches to itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        workflow = ROOT / "examples/flights/.github/workflows/release.yml"
        (self.ref,) = set(PINNED.findall(workflow.read_text(encoding="utf-8")))
        staged = staging.stage(folder / "staged", self.ref)
        self._repositories = staging.local_repositories(staged, self.ref)
        uv = subprocess.run([BIN / "uv", "cache", "dir"], check=True, capture_output=True, text=True)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "MLOPS_"))},
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(folder / "cache"),
            "UV_CACHE_DIR": uv.stdout.strip(),
        }

    def run(self, consumer: Consumer, workflow: str, event: str, **environment: str) -> Run:
        """Run a workflow of a consumer's last commit; `environment` is what the consumer sets for its jobs."""
        artifacts = Path(self.folder / f"artifacts-{len(list(self.folder.iterdir()))}")
        artifacts.mkdir()
        payload = artifacts.with_suffix(".json")
        payload.write_text(json.dumps({"pull_request": {"number": 7}} if event == "pull_request" else {}))
        head = subprocess.run(
            ["git", "-C", consumer.folder, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
        )
        known = {
            "STANDIN_REPOSITORY": str(consumer.folder),
            "STANDIN_COMMIT": head.stdout.strip(),
            "STANDIN_ARTIFACTS": str(artifacts),
        }
        variables = [part for pair in {**known, **environment}.items() for part in ("--env", "=".join(pair))]
        done = subprocess.run(
            [
                *("act", event, "-W", f".github/workflows/{workflow}", "-e", payload),
                *("-P", "ubuntu-latest=-self-hosted", "--no-skip-checkout", "--no-cache-server"),
                *self._repositories,
                *variables,
            ],
            cwd=consumer.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        (artifacts.with_suffix(".log")).write_text(done.stdout)
        return Run(done.returncode, done.stdout, artifacts)

    def stop_servers(self) -> None:
        """End what deployments left running, as GitHub's runner ends a job's orphans; all of it started from our folder."""
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.folder) in word for word in process.info["cmdline"] or []):
                process.kill()
