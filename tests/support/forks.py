"""A team's repository with its labels, a fork's pull request, and whatever its run may leave: for `mlops verify`."""

import io
import json
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from click.testing import CliRunner

from mlops_actions.cli.main import mlops
from mlops_actions.github.hidden import find
from mlops_actions.report import GateRecord
from support import events
from support.github_server import GitHubServer
from support.github_state import Comment, Pull, Run

MODEL, ROWS = "flights", 2000
HOME, FORK, BRANCH = "octo-org/flights", "mallory/flights", "better"
HEAD, OTHER_HEAD, BASE = "a" * 40, "b" * 40, "c" * 40
CHECK = f"mlops / {MODEL}"
CONFIG = """\
model: flights
data: {path: flights.parquet, id: flight, label: late, test: "part == 'test'"}
train: {estimator: sklearn.linear_model.LogisticRegression}
evaluate:
  accuracy: {max_drop_abs: 0.02}
"""
CANDIDATE = "bundle/predictions/test.parquet"


def labels() -> pl.DataFrame:
    """Return what the default branch knows of the test rows."""
    dice = np.random.default_rng(0)
    late = np.where(dice.random(ROWS) < 0.4, "yes", "no")
    return pl.DataFrame({"id": [f"f{n}" for n in range(ROWS)], "label": late})


def predictions(right: float, seed: int = 1) -> pl.DataFrame:
    """Return predictions that are right on about this share of the rows."""
    known = labels()
    wrong = np.random.default_rng(seed).random(ROWS) >= right
    yes = (known["label"].to_numpy() == "yes") ^ wrong
    score = np.where(yes, 0.9, 0.1)
    predicted = np.where(yes, "yes", "no")
    return pl.DataFrame({"id": known["id"], "prediction": predicted, "score_no": 1 - score, "score_yes": score})


def parquet(frame: pl.DataFrame) -> bytes:
    """Return a frame as a file."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """Return an artifact."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return buffer.getvalue()


def artifact(frame: pl.DataFrame | bytes | None, **files: bytes) -> bytes:
    """Return an artifact with predictions; `plan`, `evaluate`, … are the JSON files of that name."""
    told = {f"{'' if name == 'plan' else 'reports/'}{name}.json": content for name, content in files.items()}
    content = parquet(frame) if isinstance(frame, pl.DataFrame) else frame
    return zipped({**told, **({CANDIDATE: content} if content is not None else {})})


def same_branch(folder: Path, config: str = CONFIG) -> Path:
    """Make the checkout of the default branch."""
    folder.mkdir()
    known = labels().rename({"id": "flight", "label": "late"}).with_columns(part=pl.lit("test"), x=pl.lit(1.0))
    train = pl.DataFrame({"flight": ["t1", "t2"], "late": ["yes", "no"], "part": ["train"] * 2, "x": [0.0, 1.0]})
    pl.concat([known, train.select(known.columns)]).write_parquet(folder / "flights.parquet")
    (folder / "mlops.yaml").write_text(config)
    predictions(0.80).write_parquet(folder / "base.parquet")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "main"]):
        subprocess.run(["git", "-C", folder, "-c", "user.name=t", "-c", "user.email=t@localhost", *words], check=True)
    return folder


@dataclass
class Repository:
    """The default branch's checkout, GitHub, and one fork's pull request with the run that ended."""

    folder: Path
    github: GitHubServer
    scratch: Path
    pull: Pull = field(init=False)
    run: Run = field(init=False)
    log: str = ""

    def __post_init__(self) -> None:
        """Open the pull request of a fork, and end its run."""
        self.pull = self.github.add_pull(head=HEAD, base=BASE, head_branch=BRANCH, head_repository=FORK)
        self.run = self.github.add_run(head=HEAD, head_branch=BRANCH, head_repository=FORK)
        self.token = self.github.token(actions="read", checks="write", pull_requests="write", contents="read")

    def leaves(self, content: bytes, **described: Any) -> None:
        """Let the run have uploaded an artifact."""
        self.github.add_artifact(self.run.id, f"{MODEL}-gate", content, **described)

    def environment(self, event: dict[str, Any] | None = None, name: str = "workflow_run") -> dict[str, str]:
        """Return what the runner would give to the step."""
        payload = self.scratch / "event.json"
        payload.write_text(json.dumps(event or events.workflow_run(self.run, HOME)))
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(payload),
            "GITHUB_REPOSITORY": HOME,
            "GITHUB_API_URL": self.github.url,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_STEP_SUMMARY": str(self.scratch / "summary.md"),
            "GITHUB_RUN_ID": "1",
            "GITHUB_SHA": BASE,
            "MLOPS_VERIFY_TOKEN": self.token,
        }

    def words(self, base: str | None = "base.parquet") -> list[str]:
        """Return the command."""
        based = ["--base", str(self.folder / base)] if base else []
        return ["verify", "--config", str(self.folder), *based]

    def verify(
        self,
        *options: str,
        base: str | None = "base.parquet",
        event: dict[str, Any] | None = None,
        name: str = "workflow_run",
    ) -> int:
        """Run `mlops verify` as model-comment.yml does; return the exit code."""
        done = CliRunner().invoke(
            mlops, [*self.words(base), *options], env=self.environment(event, name), auto_envvar_prefix="MLOPS"
        )
        self.log = done.output
        return done.exit_code

    def record(self, model: str = MODEL, head: str = HEAD) -> GateRecord:
        """Return the record that was published."""
        found = find(self.github.checks(head)[f"mlops / {model}"].text or "")
        assert found is not None
        return found

    def conclusion(self, model: str = MODEL, head: str = HEAD) -> str | None:
        """Return how the check ended; None where there is none."""
        checks = self.github.checks(head)
        return checks[f"mlops / {model}"].conclusion if f"mlops / {model}" in checks else None

    def comment(self) -> Comment:
        """Return the one comment."""
        (only,) = self.github.comments(self.pull.number)
        return only

    def wrote_nothing(self) -> bool:
        """Say whether GitHub was only read."""
        return self.github.written() == []
