"""What git knows about a folder. Without git, a repository or a commit, the answer says so instead of failing."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "unversioned"


@dataclass(frozen=True)
class Revision:
    """Version and commit of a checkout.

    Attributes:
        version: `git describe --tags --always --dirty`, or `unversioned`.
        commit: full hash, or "".
        note: what a reader should know about it; "" when there is a tag.
    """

    version: str
    commit: str
    note: str = ""


def revision(folder: Path) -> Revision:
    """Return the version of the checkout that holds a folder."""
    commit, problem = _git(folder, "rev-parse", "HEAD")
    if problem:
        return Revision(UNKNOWN, "", f"The model's version is {UNKNOWN!r}: {problem}")
    described, problem = _git(folder, "describe", "--tags", "--always", "--dirty")
    if problem:
        return Revision(commit[:12], commit, f"The model's version is its commit: {problem}")
    untagged = described.removesuffix("-dirty") == commit[: len(described.removesuffix("-dirty"))]
    return Revision(described, commit, _no_tag(folder) if untagged else "")


def _no_tag(folder: Path) -> str:
    shallow, _ = _git(folder, "rev-parse", "--is-shallow-repository")
    because = " (a shallow checkout brings none)" if shallow == "true" else ""
    return f"The model's version is its commit: no tag is in this checkout{because}."


def default_branch(folder: Path) -> tuple[str, str]:
    """Return the name of the default branch and, where no origin says it, why it is thought to be that one."""
    named, problem = _git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD")
    if not problem:
        return named.removeprefix("origin/"), ""
    branches, _ = _git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads")
    usual = next((name for name in ("main", "master") if name in branches.splitlines()), "")
    if usual:
        return usual, "by its name"
    current, problem = _git(folder, "symbolic-ref", "--short", "HEAD")
    return ("main", "as nearly everywhere") if problem else (current, "the branch that is checked out")


def top(folder: Path) -> Path | None:
    """Return the top of the repository that holds a folder; None where git cannot tell."""
    named, problem = _git(folder, "rev-parse", "--show-toplevel")
    return None if problem else Path(named)


def files(folder: Path) -> list[Path] | None:
    """Return the files below a folder that git tracks or would add, those of submodules too, sorted; None where git cannot tell."""
    listed, problem = _git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")
    if problem:
        return None
    paths = [folder / name for name in listed.split("\0") if name]
    inside = [file for path in paths if (path / ".git").exists() for file in files(path) or []]
    return sorted([*(path for path in paths if path.is_file()), *inside])


def _git(folder: Path, *arguments: str) -> tuple[str, str]:
    """Run git and return its answer and what kept it from one."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],  # noqa: S607 (the git that the caller has on PATH)
            capture_output=True,
            text=True,
            errors="surrogateescape",
            check=False,
        )
    except OSError as error:
        return "", f"git cannot be started ({error.strerror})."
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return "", f"git says: {lines[0] if lines else f'exit code {done.returncode}'}."
    return done.stdout.strip("\n"), ""
