"""A git repository asked about its commits. Only objects are read, never the working tree, so no filter or hook has a say."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mlops_actions.errors import ConfigError, OutsideError

FETCH_SECONDS = 600
FULL_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
LINK, SUBMODULE = "120000", "160000"
_PASSWORD = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True)
class Entry:
    """A file of a commit: `id` is the hash of its content (of a submodule its commit, of a link where it leads)."""

    path: str
    mode: str
    id: str


@dataclass(frozen=True)
class Repository:
    """The repository whose working tree is at `top`."""

    top: Path

    @classmethod
    def around(cls, folder: Path) -> Self:
        """Return the repository that holds a folder.

        Raises:
            ConfigError: there is none, or git cannot read it.
        """
        done = _run(folder, "rev-parse", "--show-toplevel")
        if done.returncode:
            raise ConfigError(
                f"{folder} is in no git repository that can be read: {_said(done)}",
                why="the folder is not below one, or another user owns it.",
                fix="run it inside a git repository; in a workflow, after actions/checkout.",
            )
        return cls(Path(_text(done.stdout).strip("\n")))

    def relative(self, path: Path) -> str:
        """Return a path as git names it, from the top.

        Raises:
            ConfigError: it is outside.
        """
        try:
            return path.resolve().relative_to(self.top.resolve()).as_posix()
        except ValueError:
            raise ConfigError(
                f"{path} is outside of the repository {self.top}.", fix="name a file of the repository."
            ) from None

    def commit(self, name: str) -> str:
        """Return the full hash of a commit that is here; "" if it is not."""
        done = _run(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        return "" if done.returncode else _text(done.stdout).strip()

    def parents(self, commit: str) -> list[str]:
        """Return the parents that a commit names, also those that a shallow clone has left out."""
        header = self._answer("cat-file", "commit", commit).split("\n\n")[0]
        return [line.removeprefix("parent ") for line in header.splitlines() if line.startswith("parent ")]

    def tree(self, commit: str) -> str:
        """Return the hash over all content of a commit."""
        return self._answer("rev-parse", f"{commit}^{{tree}}").strip()

    def entries(self, commit: str) -> list[Entry]:
        """Return the files of a commit, sorted by path; submodules are one entry each."""
        listed = self._answer("ls-tree", "-r", "-z", "--full-tree", commit)
        found = (line.partition("\t") for line in listed.split("\0") if line)
        return [Entry(path, *facts.split()[::2]) for facts, _, path in found]

    def text(self, entry: Entry) -> str:
        """Return the content of a file; what is not UTF-8 becomes surrogates."""
        return self._answer("cat-file", "blob", entry.id)

    def renamed(self, old: str, new: str, path: str) -> str:
        """Return what a file of the commit `new` was called in `old`; "" if it was not renamed."""
        fields = self._answer("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", old, new).split("\0")
        names = dict(zip(fields[2::3], fields[1::3], strict=False))
        return names.get(path, "")

    def changed(self) -> list[str]:
        """Return the paths of the working tree that differ from what is committed, new files included."""
        listed = self._answer("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
        return [line[3:] for line in listed.split("\0") if line]

    def merge_base(self, one: str, other: str) -> str:
        """Return the best common ancestor that is known for certain; "" if there is none, or a shallow clone hides it."""
        found = self._answer("merge-base", one, other, none_is=1).strip()
        # Behind the end of a shallow clone a nearer common ancestor may hide.
        if found and self.shallow() & set(self._answer("rev-list", one, other, f"^{found}").split()):
            return ""
        return found

    def shallow(self) -> set[str]:
        """Return the commits where the clone ends; none of a whole one."""
        file = self.top / self._answer("rev-parse", "--git-path", "shallow").strip("\n")
        return set(file.read_text(encoding="ascii").split()) if file.is_file() else set()

    def remote(self) -> str:
        """Return the remote to fetch from: origin, or the only one; "" if there is none."""
        names = self._answer("remote").split("\n")
        return "origin" if "origin" in names else names[0]

    def remote_branch(self, name: str) -> str:
        """Return the commit of the remote's branch; "" if it has none of that name.

        Raises:
            OutsideError: the remote did not answer, or refused.
        """
        listed = self._talk("ls-remote", "--exit-code", self.remote(), f"refs/heads/{name}", none_is=2)
        return listed.partition("\t")[0]

    def fetch(self, how_far: str, *commits: str) -> None:
        """Fetch objects and change no branch, no tag and not FETCH_HEAD.

        Args:
            how_far: `--depth=1`, `--deepen=8`, `--unshallow`; `--no-tags` for whatever is missing.
            commits: full hashes.

        Raises:
            OutsideError: the remote did not answer, or refused.
        """
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")
        self._talk("fetch", *quiet, how_far, self.remote(), *commits)

    def _talk(self, *arguments: str, none_is: int = 0) -> str:
        try:
            done = _run(self.top, *arguments, seconds=FETCH_SECONDS)
        except subprocess.TimeoutExpired:
            raise OutsideError(f"The remote did not answer `git {arguments[0]}` for {FETCH_SECONDS} s.") from None
        if done.returncode not in {0, none_is}:
            raise OutsideError(f"`git {arguments[0]}` from the remote failed: {_said(done)}")
        return _text(done.stdout)

    def _answer(self, *arguments: str, none_is: int = 0) -> str:
        done = _run(self.top, *arguments)
        if done.returncode not in {0, none_is}:
            raise OutsideError(f"`git {' '.join(arguments)[:100]}` failed: {_said(done)}")
        return _text(done.stdout)


def _run(folder: Path, *arguments: str, seconds: float | None = None) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *arguments],  # noqa: S607 (the git that the caller has on PATH)
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except OSError as error:
        raise OutsideError(f"git cannot be started ({error.strerror}).", fix="install git on the runner.") from None


def _text(output: bytes) -> str:
    return output.decode(errors="surrogateescape")


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
    told = next((line for line in lines if line.startswith("fatal:")), lines[-1])
    # A remote's URL may hold a password.
    return f"git says: {_PASSWORD.sub('//***@', told)[:300]}."
