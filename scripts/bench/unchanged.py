"""A pull request that changes nothing the model sees: from the start of `mlops plan` to the comment on GitHub."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Command

if TYPE_CHECKING:
    from support.github_server import GitHubServer

ROOT = Path(__file__).resolve().parent.parent.parent
MLOPS = str(Path(sys.executable).parent / "mlops")
HOME = "owner/flights"
NEEDS = {"plan": {"result": "success"}, "evaluate": {"result": "skipped"}}


def seconds(folder: Path, runs: int = 7) -> list[float]:
    """Return the wall time of plan and comment together, each run on a pull request without a comment.

    GitHub is the server of the tests, on loopback, which holds every request against GitHub's own description.
    """
    sys.path.append(str(ROOT / "tests"))
    from support.github_server import GitHubServer

    base, head, merge = _repository(folder)
    times = []
    for _ in range(runs + 1):
        with GitHubServer(HOME) as github:
            pull = github.add_pull(head=head, base=base)
            environment = _job(folder, github, base, merge)
            token = github.token(checks="write", pull_requests="write", contents="read")
            plan = Command([MLOPS, "plan", "--token", token], environment, str(folder))
            comment = Command(
                [MLOPS, "comment", "--token", token, "--needs", json.dumps(NEEDS)], environment, str(folder)
            )
            times.append(plan.seconds() + comment.seconds())
            if "identical" not in github.comments(pull.number)[0].body.lower():
                raise RuntimeError("the comment does not say that nothing has changed")
    return times[1:]


def _repository(folder: Path) -> tuple[str, str, str]:
    """Make the flights example a repository with a pull request; return its base, its head and GitHub's merge of them."""
    shutil.copytree(ROOT / "examples" / "flights", folder, ignore=shutil.ignore_patterns(".mlops"))
    _git(folder, "init", "-q", "-b", "main")
    base = _commit(folder, "The model")
    _git(folder, "checkout", "-q", "-b", "words")
    (folder / "README.md").write_text("Other words.\n")
    head = _commit(folder, "Other words")
    _git(folder, "checkout", "-q", "--detach", base)
    _git(folder, "merge", "-q", "--no-ff", "-m", "Merge", head)
    return base, head, _git(folder, "rev-parse", "HEAD")


def _commit(folder: Path, message: str) -> str:
    _git(folder, "add", "--all")
    _git(folder, "commit", "-q", "-m", message)
    return _git(folder, "rev-parse", "HEAD")


def _git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"]
    return subprocess.run(
        ["git", "-C", folder, *who, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def _job(folder: Path, github: "GitHubServer", base: str, merge: str) -> dict[str, str]:
    from support import events

    event = folder.parent / "event.json"
    event.write_text(json.dumps(events.pull_request(github.state.pulls[1], HOME, merge, before=base)))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_API_URL": github.url,
        "GITHUB_REPOSITORY": HOME,
        "GITHUB_SHA": merge,
        "GITHUB_OUTPUT": str(folder.parent / "output"),
        "GITHUB_STEP_SUMMARY": str(folder.parent / "summary.md"),
    }
