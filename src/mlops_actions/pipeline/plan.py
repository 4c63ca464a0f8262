"""The plan of a pull request: what to compare with, and whether there is anything to compare. Runs no code of the user's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_actions.config import Config, loads
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.files import sha256_text
from mlops_actions.pipeline.ancestry import PullRequest, compared
from mlops_actions.pipeline.content import Recipe, Snapshot, differing, digest
from mlops_actions.progress import Progress
from mlops_actions.report.evaluation import EVALUATOR
from mlops_actions.report.plan import Plan
from mlops_actions.repository import Repository

# What the gate of a pull request reads of mlops.yaml, beside what makes the model.
JUDGING = {"model", "validate_data", "evaluate"}


@dataclass(frozen=True)
class Surroundings:
    """What makes a model beside its repository.

    Attributes:
        locks: folder of our own requirements; None where we were installed without them.
        requirements: requirements file of the user's environment.
        platform: system, processor and version of Python.
    """

    locks: Path | None
    requirements: Path | None
    platform: str


@dataclass(frozen=True)
class Side:
    """The model of one commit: its mlops.yaml, if that can be read, and the digest of what it is made of, if that is known."""

    config: Config | None
    file: str
    digest: str


def plan(config: Config, *, pull: PullRequest | None, surroundings: Surroundings, progress: Progress) -> Plan:
    """Find the base, and say whether the two commits can differ at all.

    Args:
        config: mlops.yaml of the checkout.
        pull: the pull request; None to compare the checked-out commit with its own parent.
        surroundings: what makes a model beside its repository.
        progress: told what is fetched, and what a reader should know.

    Raises:
        ConfigError: no repository, or HEAD is not what a pull request tests.
        OutsideError: git, or the remote, did not answer.
    """
    return Planning(config, surroundings, progress).plan(pull)


class Planning:
    """One run: what it was given, and what a reader should know."""

    def __init__(self, config: Config, surroundings: Surroundings, progress: Progress) -> None:
        self._config, self._surroundings, self._progress = config, surroundings, progress
        self._repository = Repository.around(config.root)
        self._requirements = self._repository.relative(surroundings.requirements) if surroundings.requirements else ""
        self._notes: list[str] = []

    def plan(self, pull: PullRequest | None) -> Plan:
        """Return the plan."""
        commits = compared(self._repository, pull, self._progress)
        candidate = self._candidate(commits.tested)
        base = self._base(commits.base, commits.tested, candidate.file) if commits.base else None
        identical = base is not None and _alike(candidate, base)
        if base and not identical:
            self._tell(self._changed(candidate, commits.tested, base, commits.base))
        return Plan(
            model=self._config.model.id,
            config=candidate.file,
            head=commits.head,
            tested=commits.tested,
            base=commits.base if base else "",
            base_kind=commits.kind if base else "none",
            base_config=base.file if base else "",
            identical=identical,
            candidate_key=self._key(candidate),
            base_key=self._key(base) if base else "",
            notes=self._notes,
        )

    def _candidate(self, tested: str) -> Side:
        file = self._repository.relative(self._config.file)
        recipe = Recipe(self._config, file, self._requirements)
        changed = [path for path in self._repository.changed() if recipe.counts(path)]
        if not changed:
            return Side(self._config, file, self._digest(recipe, tested))
        self._note(
            f"The checkout differs from the commit {tested[:12]} in {', '.join(changed)[:200]}: the plan cannot know the model by its commit."
        )
        return Side(self._config, file, "")

    def _base(self, base: str, tested: str, file: str) -> Side | None:
        """Return the base's side; None if it does not have this model."""
        snapshot = Snapshot(self._repository, base)
        found = file if file in snapshot.entries else self._repository.renamed(base, tested, file)
        if not found:
            self._note(f"The base {base[:12]} has no {file}: this model is new, and there is nothing to compare with.")
            return None
        if found != file:
            self._note(f"The base {base[:12]} calls {file} {found}.")
        try:
            config = loads(self._repository.text(snapshot.entries[found]), Path(found))
        except ConfigError as error:
            self._note(f"mlops.yaml of the base {base[:12]} cannot be used by this version: {error.what}")
            return Side(None, found, "")
        if config.model.id != self._config.model.id:
            self._note(f"The base {base[:12]} calls the model {config.model.id}.")
        return Side(config, found, self._digest(Recipe(config, found, self._requirements), base))

    def _tell(self, changed: list[str]) -> None:
        if changed:
            more = f" (files that differ: {len(changed):,})" if len(changed) > 1 else ""
            self._progress(f"The two are to be compared, since {changed[0][:200]} differs{more}.")

    def _changed(self, candidate: Side, tested: str, base: Side, before: str) -> list[str]:
        """Return the files for which the two are not identical, mlops.yaml first; none where a note says what is not known."""
        if candidate.config is None or base.config is None or not candidate.digest or not base.digest:
            return []
        here, there = Snapshot(self._repository, tested), Snapshot(self._repository, before)
        made = Recipe(candidate.config, candidate.file, self._requirements).files(here)
        made_before = Recipe(base.config, base.file, self._requirements).files(there)
        written = [] if _read(candidate.config) == _read(base.config) else [candidate.file]
        # Where a link or a requirements file leads on, any file of the commit counts.
        return written + differing(made, made_before) or differing(here.entries, there.entries)

    def _digest(self, recipe: Recipe, commit: str) -> str:
        try:
            return digest(recipe, Snapshot(self._repository, commit), self._surroundings.locks)
        except DataError as error:
            self._note(error.what)
            return ""

    def _key(self, side: Side) -> str:
        """Return the key of the predictions: hex alone, since caches and file names take it as it is."""
        if not side.digest:
            return ""
        made = f"{side.digest} evaluator {EVALUATOR} {self._surroundings.platform}"
        return sha256_text(made).removeprefix("sha256:")

    def _note(self, sentence: str) -> None:
        if sentence not in self._notes:  # of data that are not in git, both sides have the same to say
            self._progress(sentence)
            self._notes.append(sentence)


def _alike(candidate: Side, base: Side) -> bool:
    """Whether both are the same model and judged the same way: other limits have to be judged again."""
    if candidate.config is None or base.config is None or not candidate.digest or candidate.digest != base.digest:
        return False
    return candidate.config.model_dump(include=JUDGING) == base.config.model_dump(include=JUDGING)


def _read(config: Config) -> dict[str, Any]:
    """Return what making and judging a model reads of mlops.yaml."""
    return config.model_dump(include=JUDGING | {"data", "train"}, exclude={"train": {"timeout_minutes"}})
