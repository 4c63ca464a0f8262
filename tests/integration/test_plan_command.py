"""`mlops plan` in a job: GitHub's event in, outputs and files out, and the base's record read from its check run."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlops_actions.github import checks
from mlops_actions.github.client import GitHub
from mlops_actions.report import GateRecord, Plan, read_plan
from support import events
from support.github_server import GitHubServer
from support.records import no_worse
from support.repositories import MLOPS, Origin

HOME = "owner/flights"
PERMISSIONS = {"contents": "read", "checks": "read"}


@dataclass(frozen=True)
class Done:
    """What a run of the command left."""

    code: int
    log: str
    outputs: dict[str, str]


@dataclass(frozen=True)
class Text:
    """What people would read on a check run."""

    title: str = "t"
    summary: str = "s"
    text: str = ""


@dataclass(frozen=True)
class Job:
    """A job on a pull request of one commit: the repository, the merge that is checked out, and GitHub's API."""

    github: GitHubServer
    origin: Origin
    folder: Path
    checkout: Path
    head: str
    main: str

    @property
    def event(self) -> events.Payload:
        """The payload of the pull request."""
        pull = self.github.state.pulls[1]
        return events.pull_request(pull, HOME, self.origin.head, self.main)

    def run(self, *options: str, event: str = "pull_request", payload: events.Payload | None = None) -> Done:
        """Run `mlops plan` as a step of the job."""
        output, file = self.folder / "output", self.folder / "event.json"
        output.unlink(missing_ok=True)
        file.write_text(json.dumps(payload or self.event))
        done = subprocess.run(
            [sys.executable, "-P", "-m", "mlops_actions", "plan", *options],
            cwd=self.checkout,
            env={
                **os.environ,
                "GITHUB_ACTIONS": "true",
                "GITHUB_EVENT_NAME": event,
                "GITHUB_EVENT_PATH": str(file),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_API_URL": self.github.url,
                "GITHUB_REPOSITORY": HOME,
                "GITHUB_SHA": self.head,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        text = output.read_text() if output.exists() else ""
        found = re.findall(r"^([\w-]+)<<(\w+)\n(.*?)\n\2$", text, re.MULTILINE | re.DOTALL)
        return Done(done.returncode, done.stdout + done.stderr, {name: value for name, _, value in found})

    def plan(self) -> Plan:
        """Return the plan that was written."""
        return read_plan(self.checkout / ".mlops" / "flights" / "plan.json")

    def post(self, **changes: object) -> GateRecord:
        """Put a record on the base commit, as the run on main does."""
        posted = no_worse().model_copy(update={"model": "flights", "head": self.main, **changes})
        token = self.github.token(checks="write")
        checks.publish(GitHub(self.github.url, token), HOME, posted, lambda _: Text())
        return posted


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    origin = Origin.create(tmp_path / "origin")
    head = origin.commit({"mlops.yaml": MLOPS.replace("LogisticRegression", "RidgeClassifier")}, on="better")
    main = origin.commit({"README.md": "Other words."})
    merge = origin.merge(main, head)
    origin.head = merge
    checkout = origin.checkout(tmp_path / "work", merge, depth=2)
    with GitHubServer(HOME) as github:
        github.add_pull(head=head, base=main)
        yield Job(github, origin, tmp_path, checkout, head, main)


def test_a_pull_request_gets_a_plan_and_its_outputs(job: Job) -> None:
    done = job.run()
    assert done.code == 0, done.log
    plan = job.plan()
    assert (plan.head, plan.tested, plan.base, plan.base_kind) == (job.head, job.origin.head, job.main, "first_parent")
    assert not plan.identical
    assert done.outputs == {
        "model": "flights",
        "work": ".mlops/flights",
        "plan": ".mlops/flights/plan.json",
        "head": job.head,
        "tested": job.origin.head,
        "base": job.main,
        "base-kind": "first_parent",
        "base-config": "mlops.yaml",
        "identical": "false",
        "candidate-key": plan.candidate_key,
        "base-key": plan.base_key,
        "record": "",
        "uses": "0",
    }
    assert "there is no token" in done.log


def test_the_record_of_the_base_is_kept_with_its_uses(job: Job) -> None:
    posted = job.post(uses=7)
    done = job.run("--token", job.github.token(**PERMISSIONS))
    assert (done.code, done.outputs["uses"]) == (0, "7"), done.log
    assert GateRecord.model_validate_json((job.checkout / done.outputs["record"]).read_text()) == posted
    assert job.plan().uses == 7


def test_the_record_of_another_model_or_base_is_not_taken(job: Job) -> None:
    job.post(model="trains")
    record_of_before = job.checkout / ".mlops" / "flights" / "base-record.json"
    record_of_before.parent.mkdir(parents=True)
    record_of_before.write_text("{}")
    done = job.run("--token", job.github.token(**PERMISSIONS))
    assert (done.code, done.outputs["record"], done.outputs["uses"]) == (0, "", "0")
    assert "No check run `mlops / flights` is on the base" in done.log
    assert not record_of_before.exists()


def test_a_token_that_may_not_read_checks_costs_the_record_alone(job: Job) -> None:
    job.post(uses=7)
    done = job.run("--token", job.github.token(contents="read"))
    assert (done.code, done.outputs["record"], done.outputs["base"]) == (0, "", job.main)
    assert "checks: read" in done.log
    assert "its numbers are not known here" in done.log


def test_behind_commits_that_changed_nothing_are_the_numbers(job: Job) -> None:
    evaluated, between = job.post(head="1" * 40, uses=7), "2" * 40
    job.post(head=between, base="1" * 40, outcome="identical", evaluation=None, uses=7)
    job.post(base=between, outcome="identical", evaluation=None, uses=7)
    done = job.run("--token", job.github.token(**PERMISSIONS))
    assert GateRecord.model_validate_json((job.checkout / done.outputs["record"]).read_text()) == evaluated


def test_where_that_ends_without_numbers_the_count_is_kept(job: Job) -> None:
    job.post(base="1" * 40, outcome="identical", evaluation=None, uses=7)
    done = job.run("--token", job.github.token(**PERMISSIONS))
    assert (done.code, done.outputs["record"], done.outputs["uses"]) == (0, "", "7"), done.log


def test_numbers_of_a_forks_job_are_not_believed(job: Job) -> None:
    job.post(verified=False, uses=7)
    done = job.run("--token", job.github.token(**PERMISSIONS))
    assert (done.code, done.outputs["record"], done.outputs["uses"]) == (0, "", "0")
    assert "not believed" in done.log


def test_a_damaged_record_is_not_taken(job: Job) -> None:
    job.post(uses=7)
    check = job.github.checks(job.main)["mlops / flights"]
    check.text = str(check.text).replace("H4sI", "H4sX")
    done = job.run("--token", job.github.token(**PERMISSIONS))
    assert (done.code, done.outputs["record"], done.outputs["uses"]) == (0, "", "0")
    assert "is not used" in done.log


def test_a_push_is_compared_with_its_parent(job: Job) -> None:
    checkout = job.origin.checkout(job.folder / "pushed", job.main, depth=2)
    pushed = Job(job.github, job.origin, job.folder, checkout, job.main, job.main)
    done = pushed.run(event="push", payload=events.push(HOME, "0" * 40, job.main, "refs/heads/main"))
    assert (done.code, done.outputs["base-kind"], done.outputs["identical"]) == (0, "parent", "true"), done.log
    assert done.outputs["head"] == job.main


def test_options_say_what_no_event_does(job: Job) -> None:
    done = job.run("--head", job.head, "--base", "main", event="")
    assert (done.code, done.outputs["base"], done.outputs["base-kind"]) == (0, job.main, "first_parent"), done.log


def test_the_base_branch_that_pull_request_target_checks_out_is_refused(job: Job) -> None:
    checkout = job.origin.checkout(job.folder / "target", job.main, depth=1)
    target = Job(job.github, job.origin, job.folder, checkout, job.head, job.main)
    done = target.run(event="pull_request_target")
    assert done.code == 2
    assert "pull_request_target checked out the base" in done.log
    assert done.outputs == {}


def test_history_that_cannot_be_fetched_says_which_depth(job: Job) -> None:
    checkout = job.origin.checkout(job.folder / "shallow", job.origin.head, depth=1)
    (job.folder / "origin").rename(job.folder / "private")
    shallow = Job(job.github, job.origin, job.folder, checkout, job.head, job.main)
    done = shallow.run()
    assert done.code == 3
    assert "fetch-depth: 2" in done.log


def test_nothing_heavy_is_imported(job: Job) -> None:
    program = (
        "import json, sys\nfrom click.testing import CliRunner\nfrom mlops_actions.cli.main import mlops\n"
        f"result = CliRunner().invoke(mlops, ['plan', '--head', '{job.head}'])\nassert result.exit_code == 0, result.output\n"
        "print(json.dumps([name.split('.')[0] for name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=job.checkout, capture_output=True, text=True, check=True)
    assert {"polars", "numpy", "scipy", "pandas", "sklearn", "requests"} & set(json.loads(done.stdout)) == set()
