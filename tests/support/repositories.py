"""Git repositories as GitHub keeps them: branches, pull requests with their merge, and checkouts as actions/checkout makes them."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from mlops_actions.config import load
from mlops_actions.pipeline.ancestry import PullRequest
from mlops_actions.pipeline.plan import Surroundings
from mlops_actions.pipeline.plan import plan as make_plan
from mlops_actions.report import Plan

IDENTITY = ["-c", "user.name=ann", "-c", "user.email=ann@example.org"]
MLOPS = """model: flights
data: {path: data/rows.csv, label: late}
train: {estimator: sklearn.linear_model.LogisticRegression}
evaluate: {roc_auc: {max_drop_abs: 0.005}}
"""
FILES = {"mlops.yaml": MLOPS, "data/rows.csv": "x,late\n1,0\n2,1\n", "README.md": "A model.\n"}
LINUX = Surroundings(locks=None, requirements=None, platform="Linux x86_64 Python 3.11")


def git(folder: Path, *words: str) -> str:
    """Run git and return what it prints."""
    done = subprocess.run(["git", "-C", folder, *IDENTITY, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Origin:
    """A repository with a working tree of its own, where commits are made."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.head, self._branch = folder, "", "main"

    @classmethod
    def create(cls, folder: Path, files: dict[str, str] | None = None) -> "Origin":
        """Make one with a first commit on main."""
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "-b", "main", "--template=")
        origin = cls(folder)
        origin.commit(FILES if files is None else files)
        return origin

    def commit(self, files: Mapping[str, str | None], *, on: str = "main") -> str:
        """Write files (None removes one) on a branch, which begins where HEAD is, and return the commit."""
        if on != self._branch:
            known = git(self.folder, "branch", "--list", on)
            git(self.folder, "checkout", "-q", *([] if known else ["-b"]), on)
            self._branch = on
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True) if text is None else path.write_text(text)
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "-q", "--allow-empty", "-m", f"Commit on {on}")
        self.head = git(self.folder, "rev-parse", "HEAD")
        return self.head

    def merge(self, base: str, head: str) -> str:
        """Make GitHub's merge of a pull request at refs/pull/1/merge: first parent the base, second the head."""
        git(self.folder, "checkout", "-q", "--detach", base)
        git(self.folder, "merge", "-q", "--no-ff", "-m", "Merge", head)
        merged = git(self.folder, "rev-parse", "HEAD")
        git(self.folder, "update-ref", "refs/pull/1/merge", merged)
        git(self.folder, "update-ref", "refs/pull/1/head", head)
        git(self.folder, "checkout", "-q", "main")
        self._branch = "main"
        return merged

    def checkout(self, folder: Path, commit: str, *, depth: int = 0) -> Path:
        """Check a commit out as actions/checkout does; `depth` is its fetch-depth."""
        folder.mkdir(parents=True)
        git(folder, "init", "-q")
        git(folder, "remote", "add", "origin", f"file://{self.folder}")
        limit = [f"--depth={depth}"] if depth else []
        every = [] if depth else ["+refs/heads/*:refs/remotes/origin/*"]
        git(folder, "fetch", "-q", "--no-tags", *limit, "origin", *every, f"+{commit}:refs/remotes/pull/1/merge")
        git(folder, "checkout", "-q", "--detach", commit)
        return folder


def plan(
    folder: Path, pull: PullRequest | None = None, *, config: str = "mlops.yaml", surroundings: Surroundings = LINUX
) -> tuple[Plan, str]:
    """Return the plan of a checkout and what was said."""
    said: list[str] = []
    made = make_plan(load(folder / config), pull=pull, surroundings=surroundings, progress=said.append)
    return made, "\n".join(said)
