"""What the model of one commit is made of, read off git's own hashes: no file is opened and nothing is installed.

Git names a file by the hash of its content. A Git LFS pointer names the content in its turn, and a submodule its commit: where
those are equal, so are the data.
"""

import fnmatch
import json
import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from mlops_actions import __version__
from mlops_actions.bundle import inputs
from mlops_actions.config import Config
from mlops_actions.errors import DataError
from mlops_actions.files import sha256_file, sha256_text
from mlops_actions.repository import LINK, SUBMODULE, Entry, Repository

LOCKS = ("train.txt", "keras.txt")
# A requirements file may lead to other files.
_LEADS_ON = re.compile(r"^\s*(-r|-c|-e|--requirement|--constraint|--editable|\.|/|\S+\s*@\s*file:)", re.MULTILINE)


@dataclass(frozen=True)
class Snapshot:
    """The files of one commit."""

    repository: Repository
    commit: str

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """All files, by path from the top."""
        return {entry.path: entry for entry in self.repository.entries(self.commit)}

    def named(self, pattern: str) -> list[Entry]:
        """Return the files that a path or glob names; a submodule stands for whatever lies in it."""
        return [entry for entry in self.entries.values() if _names(pattern, entry, self.entries)]


def _names(pattern: str, entry: Entry, entries: dict[str, Entry]) -> bool:
    if entry.mode == SUBMODULE:
        return pattern.startswith(f"{entry.path}/")
    # A name with brackets is more often a name than a pattern.
    return entry.path == pattern or (pattern not in entries and matches(entry.path.split("/"), pattern.split("/")))


def matches(parts: list[str], pattern: list[str]) -> bool:
    """Whether a path fits a glob, both split at slashes; ** is any number of folders (as in `pathlib`)."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return matches(parts, pattern[1:]) or (bool(parts) and matches(parts[1:], pattern))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], pattern[0]) and matches(parts[1:], pattern[1:])


@dataclass(frozen=True)
class Recipe:
    """Which files a model is made of, as its mlops.yaml says.

    Attributes:
        config: what the file says.
        file: its path from the top of the repository.
        requirements: path of the requirements file of the user's environment, from the top; "" where there is none.
    """

    config: Config
    file: str
    requirements: str

    @cached_property
    def named(self) -> dict[str, str]:
        """The files and globs that mlops.yaml names, by key, from the top of the repository."""
        files, data = self.config.evaluate.files, self.config.data
        given = files.model_dump(exclude_none=True) if files else {}
        given |= {"data": data.path} if data else {}
        folder = posixpath.dirname(self.file)
        return {key: posixpath.normpath(posixpath.join(folder, path)) for key, path in given.items()}

    def is_code(self, path: str) -> bool:
        """Whether code of the user's may read a file when it trains."""
        return inputs.is_theirs(self.config.train) and path != self.file and inputs.is_code(PurePosixPath(path))

    def files(self, snapshot: Snapshot) -> dict[str, Entry]:
        """Return the files of a commit that make the model, by path; without mlops.yaml, of which not every line counts."""
        named = {entry.path: entry for pattern in self.named.values() for entry in snapshot.named(pattern)}
        return named | {path: entry for path, entry in snapshot.entries.items() if self.is_code(path)}

    def counts(self, path: str) -> bool:
        """Whether a change of this file may change the model or how it is judged."""
        named = any(matches(path.split("/"), pattern.split("/")) for pattern in self.named.values())
        return named or path in {self.file, self.requirements, *self.named.values()} or self.is_code(path)


def digest(recipe: Recipe, snapshot: Snapshot, locks: Path | None) -> str:
    """Return the digest over data, code, parameters and what says the environment.

    Args:
        recipe: what counts.
        snapshot: the commit.
        locks: folder of our own requirements; None where we were installed without them.

    Raises:
        DataError: the commit does not hold what the model is made of.
    """
    config = recipe.config
    if config.train is None and config.evaluate.files is None:
        raise DataError("mlops.yaml names neither train nor evaluate.files, so what the model is made of is not known.")
    named = {key: _found(key, pattern, snapshot) for key, pattern in recipe.named.items()}
    data = {entry.path for entries in named.values() for entry in entries}
    code = [entry for entry in snapshot.entries.values() if entry.path not in data and recipe.is_code(entry.path)]
    environment = snapshot.entries.get(recipe.requirements) if inputs.is_theirs(config.train) else None
    counted = [entry for entries in named.values() for entry in entries] + code
    covered: dict[str, Any] = {
        "named": {key: [entry.id for entry in entries] for key, entries in named.items()},
        **inputs.settings(config.data, config.train),
        "maker": inputs.maker(),
        "code": {entry.path: entry.id for entry in code},
        "python": config.train.python if config.train else None,
        "locks": {name: sha256_file(locks / name) for name in LOCKS} if locks else __version__,
        "requirements": environment.id if environment else None,
        "everything": _everything(snapshot, counted, environment),
    }
    return sha256_text(json.dumps(covered, sort_keys=True))


def differing(one: dict[str, Entry], other: dict[str, Entry]) -> list[str]:
    """Return the paths of what is new, gone or of another content, sorted."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def _found(key: str, pattern: str, snapshot: Snapshot) -> list[Entry]:
    found = snapshot.named(pattern)
    if not found:
        name = "data.path" if key == "data" else f"evaluate.files.{key}"
        raise DataError(f"Git holds no {pattern}, which {name} names: whether it changed is not known beforehand.")
    return found


def _everything(snapshot: Snapshot, counted: list[Entry], environment: Entry | None) -> str:
    """Return the hash over the whole commit where a link or a line of the requirements may lead to any file of it."""
    leads_on = environment is not None and _LEADS_ON.search(snapshot.repository.text(environment)) is not None
    if leads_on or any(entry.mode == LINK for entry in counted):
        return snapshot.repository.tree(snapshot.commit)
    return ""
