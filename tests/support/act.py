"""Run a consumer's workflows with act: its repository, our staged copy, GitHub on loopback, act's own artifacts and caches."""

import json
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

import act as staging
import npm
from servers import free_port
from support import events
from support.consumer import Consumer, git
from support.github_server import GitHubServer
from support.github_state import Comment, Pull
from support.github_state import Run as WorkflowRun

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PINNED = re.compile(rf"{staging.OWNER}/\S+@([0-9a-f]{{40}})")
MODEL, COMMENT = "pull-request.yml", "model-comment.yml"
# What the jobs of a workflow may do together, as its caller grants it; on a fork's pull request nobody may write.
MAY_WRITE = {"contents": "read", "checks": "write", "pull_requests": "write"}
MAY_FETCH = {**MAY_WRITE, "actions": "read"}
MAY_READ = {"contents": "read", "checks": "read", "pull_requests": "read"}


@dataclass(frozen=True)
class Start:
    """What makes a workflow start: a run at GitHub, the event's payload, the commit that is checked out, the job's token."""

    workflow: str
    run: WorkflowRun
    payload: dict[str, Any]
    commit: str
    token: str


@dataclass(frozen=True)
class Run:
    """What a run of act ended with, printed, and uploaded.

    Attributes:
        artifacts: folder of the run in act's artifact server: NAME/NAME.zip.
        id: of the run, as the workflow knew it.
    """

    code: int
    log: str
    artifacts: Path
    id: int

    @property
    def failed_jobs(self) -> set[str]:
        """Names of the jobs that failed, without those of the calling workflow."""
        return self._ended("failed")

    @property
    def succeeded_jobs(self) -> set[str]:
        """Names of the jobs that ran and succeeded; what was skipped is in neither."""
        return self._ended("succeeded")

    def _ended(self, how: str) -> set[str]:
        ended = re.findall(rf"^\[(.*?)\] +🏁  Job {how}$", self.log, flags=re.MULTILINE)
        return {name.rpartition("/")[2].strip() for name in ended}

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

    @property
    def artifact_names(self) -> set[str]:
        """Names of what was uploaded."""
        return {path.name for path in self.artifacts.iterdir()} if self.artifacts.exists() else set()

    def artifact(self, name: str) -> zipfile.Path:
        """Return an artifact's content."""
        return zipfile.Path(self.artifacts / name / f"{name}.zip")


class Act:
    """act with a staged copy of this repository, and a machine's worth of caches to itself."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        workflow = ROOT / "examples/flights/.github/workflows/release.yml"
        (self.ref,) = set(PINNED.findall(workflow.read_text(encoding="utf-8")))
        staged = staging.stage(folder / "staged", self.ref)
        self._repositories = staging.local_repositories(staged, self.ref)
        self._runs = folder / "runs"
        self._heads: dict[tuple[str, int], str] = {}
        uv = subprocess.run([BIN / "uv", "cache", "dir"], check=True, capture_output=True, text=True)
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "MLOPS_"))},
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(folder / "cache"),
            "UV_CACHE_DIR": uv.stdout.strip(),
        }
        self._standins = {
            "STANDINS": str(staging.STANDINS),
            "STANDIN_CACHE": str(npm.installed(staging.STANDINS / "cache/package-lock.json")),
        }

    def pull_request(
        self, consumer: Consumer, github: GitHubServer, pull: Pull, workflow: str = MODEL, **environment: str
    ) -> Run:
        """Run what a push to a pull request starts, on the merge that GitHub tests."""
        merge = consumer.merged(pull.number, head=pull.head, base=pull.base)
        ours = pull.head_repository == github.repository
        run = github.add_run(head=pull.head, head_branch=pull.head_branch, head_repository=pull.head_repository)
        known = (github.url, pull.number)
        payload = events.pull_request(pull, github.repository, merge, self._heads.get(known, pull.base))
        self._heads[known] = pull.head
        github.add_commits(consumer.parents())
        token = github.token(**(MAY_WRITE if ours else MAY_READ))
        return self._on_github(consumer, github, Start(workflow, run, payload, merge, token), **environment)

    def push(self, consumer: Consumer, github: GitHubServer, workflow: str = MODEL, **environment: str) -> Run:
        """Run what a push to the default branch starts."""
        after, before = consumer.commit_of("main"), consumer.commit_of("main~")
        run = github.add_run(head=after, head_branch="main", event="push")
        payload = events.push(github.repository, before, after, "refs/heads/main")
        github.add_commits(consumer.parents())
        token = github.token(**MAY_WRITE)
        return self._on_github(consumer, github, Start(workflow, run, payload, after, token), **environment)

    def after(self, consumer: Consumer, github: GitHubServer, ended: Run, workflow: str = COMMENT) -> Run:
        """Run what the end of another run starts: on the default branch, with what that run uploaded at GitHub."""
        for name in sorted(ended.artifact_names):
            github.add_artifact(ended.id, name, (ended.artifacts / name / f"{name}.zip").read_bytes())
        return self.after_upload(consumer, github, ended.id, workflow)

    def after_upload(self, consumer: Consumer, github: GitHubServer, ended: int, workflow: str = COMMENT) -> Run:
        """The same, when what was uploaded is at GitHub already."""
        main = consumer.commit_of("main")
        payload = events.workflow_run(github.state.runs[ended], github.repository)
        run = github.add_run(head=main, head_branch="main", event="workflow_run")
        return self._on_github(consumer, github, Start(workflow, run, payload, main, github.token(**MAY_FETCH)))

    def comment(self, consumer: Consumer, github: GitHubServer, comment: Comment, workflow: str = COMMENT) -> Run:
        """Run what a comment on a pull request starts: on the default branch."""
        main = consumer.commit_of("main")
        payload = events.issue_comment(comment, github.repository)
        run = github.add_run(head=main, head_branch="main", event="issue_comment")
        return self._on_github(consumer, github, Start(workflow, run, payload, main, github.token(**MAY_FETCH)))

    def _on_github(self, consumer: Consumer, github: GitHubServer, start: Start, **environment: str) -> Run:
        known = {
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": github.repository,
            "GITHUB_RUN_ID": str(start.run.id),
            **environment,
        }
        done = self.run(
            consumer,
            start.workflow,
            start.run.event,
            payload=start.payload,
            commit=start.commit,
            token=start.token,
            **known,
        )
        start.run.conclusion = "success" if done.code == 0 else "failure"
        return done

    def run(
        self,
        consumer: Consumer,
        workflow: str,
        event: str,
        *,
        payload: dict[str, Any] | None = None,
        commit: str = "HEAD",
        token: str = "none",
        **environment: str,
    ) -> Run:
        """Run a workflow of a consumer's commit; `environment` is what the consumer sets for its jobs."""
        folder = self._runs / str(len(list(self._runs.iterdir())) if self._runs.exists() else 0)
        (folder / "ids").mkdir(parents=True)
        (folder / "event.json").write_text(json.dumps(payload or {}))
        checkout = consumer.checkout(folder / "checkout", commit)
        file = checkout / ".github/workflows" / workflow
        file.write_text(staging.understood(file.read_text(encoding="utf-8")), encoding="utf-8")
        known = {
            **self._standins,
            "STANDIN_REPOSITORY": str(consumer.folder),
            "STANDIN_COMMIT": git(checkout, "rev-parse", "HEAD"),
            "STANDIN_IDS": str(folder / "ids"),
            "GITHUB_RUN_ID": "1",
            **environment,
        }
        done = subprocess.run(
            [
                *("act", event, "-W", f".github/workflows/{workflow}", "-e", folder / "event.json"),
                *("-P", "ubuntu-latest=-self-hosted", "--no-skip-checkout", "-a", "developer"),
                *("--artifact-server-path", folder / "artifacts", "--artifact-server-addr", "127.0.0.1"),
                *("--artifact-server-port", str(free_port())),
                *("--cache-server-path", self.folder / "caches", "--cache-server-addr", "127.0.0.1"),
                *("-s", f"GITHUB_TOKEN={token}"),
                *self._repositories,
                *(part for pair in known.items() for part in ("--env", "=".join(pair))),
            ],
            cwd=checkout,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        (folder / "log").write_text(done.stdout)
        number = known["GITHUB_RUN_ID"]
        return Run(done.returncode, done.stdout, folder / "artifacts" / number, int(number))

    def stop_servers(self) -> None:
        """End what deployments left running, as GitHub's runner ends a job's orphans; all of it started from our folder."""
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.folder) in word for word in process.info["cmdline"] or []):
                process.kill()
