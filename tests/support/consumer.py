"""A repository of a team that uses us: a copy of an example, with a history of its own."""

import re
import shutil
import subprocess
from pathlib import Path

import act as staging
from support.github_server import GitHubServer
from support.github_state import Pull

NAMED = ("-c", "user.name=test", "-c", "user.email=test@localhost")


def git(folder: Path, *words: str) -> str:
    """Run git in a folder and return what it printed."""
    done = subprocess.run(["git", "-C", folder, *NAMED, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


class Consumer:
    """A repository with a default branch `main`."""

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

    def commit(self, message: str, tag: str = "") -> str:
        """Commit everything on the branch that is checked out, and tag it; return the commit."""
        commit = staging.commit_all(self.folder, message)
        if tag:
            git(self.folder, "tag", tag)
        return commit

    def branch(self, name: str) -> None:
        """Check a branch out, a new one from here."""
        git(self.folder, "checkout", "--quiet", "-B", name)

    def commit_of(self, name: str) -> str:
        """Return the commit of a name."""
        return git(self.folder, "rev-parse", name)

    def propose(self, github: GitHubServer, *, branch: str = "change", fork: str = "") -> Pull:
        """Open a pull request from a branch to main, of a fork if one is named, or push to the one that there is."""
        head, home = self.commit_of(branch), fork or github.repository
        same = [
            pull for pull in github.state.pulls.values() if (pull.head_branch, pull.head_repository) == (branch, home)
        ]
        if same:
            github.push(same[0].number, head)
            return same[0]
        return github.add_pull(head=head, base=self.commit_of("main"), head_branch=branch, head_repository=fork)

    def parents(self) -> dict[str, list[str]]:
        """Return every commit with its parents."""
        lines = git(self.folder, "rev-list", "--all", "--parents").splitlines()
        return {commit: parents for commit, *parents in map(str.split, lines)}

    def merged(self, number: int, *, head: str, base: str) -> str:
        """Make what GitHub tests of a pull request: the merge of its head into its base, at refs/pull/NUMBER/merge."""
        tree = git(self.folder, "merge-tree", "--write-tree", base, head)
        merge = git(self.folder, "commit-tree", tree, "-p", base, "-p", head, "-m", f"Merge {head} into {base}")
        git(self.folder, "update-ref", f"refs/pull/{number}/merge", merge)
        return merge

    def checkout(self, folder: Path, commit: str) -> Path:
        """Make a checkout of one commit in a new folder."""
        git(folder.parent, "clone", "--quiet", "--shared", "--no-checkout", str(self.folder), folder.name)
        git(folder, "fetch", "--quiet", "origin", "+refs/*:refs/origin/*")
        git(folder, "checkout", "--quiet", "--detach", git(self.folder, "rev-parse", commit))
        return folder
