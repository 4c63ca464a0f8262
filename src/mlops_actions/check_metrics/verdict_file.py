"""verdict.json: what was judged, the raw counts, the decision. Whoever has the file can judge again and must agree."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from mlops_actions.check_metrics.judge import Judge
from mlops_actions.check_metrics.look import Look
from mlops_actions.config.models import CheckMetricsSection
from mlops_actions.errors import DataError
from mlops_actions.files import write_text
from mlops_actions.verdict import Decision, Verdict


class Subject(BaseModel):
    """What was judged.

    Attributes:
        release: id of the release on trial; a verdict is about this release and no other.
        stable: id of the release it was compared with; None on a first release.
        bundle_digest: of the release on trial.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    environment: str
    release: int
    stable: int | None
    bundle_digest: str


class VerdictFile(BaseModel):
    """Content of verdict.json; `settings` are check_metrics' but for the address of Prometheus."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[1] = 1
    subject: Subject
    decision: Decision
    reason: str
    sentence: str
    evidence: dict[str, Any]
    settings: CheckMetricsSection
    looks: list[Look]

    @property
    def verdict(self) -> Verdict:
        """The verdict as the other rooms know it."""
        return Verdict(decision=self.decision, reason=self.reason, sentence=self.sentence, evidence=self.evidence)


def judged(subject: Subject, settings: CheckMetricsSection, looks: list[Look]) -> VerdictFile:
    """Judge looks from the first to the last; the same looks always give the same file."""
    judge = Judge(settings, has_stable=subject.stable is not None)
    for look in looks:
        judge.observe(look)
    verdict = judge.verdict(final=True)
    return VerdictFile(
        subject=subject,
        settings=settings.model_copy(update={"prometheus": None}),
        looks=looks,
        **verdict.model_dump(),
    )


def write_verdict(path: Path, verdict: VerdictFile) -> None:
    """Write verdict.json."""
    write_text(path, _text(verdict))


def read_verdict(path: Path) -> VerdictFile:
    """Read verdict.json.

    Raises:
        DataError: missing, or not a verdict of this version.
    """
    try:
        return VerdictFile.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"There is no verdict at {path}.",
            why="check-metrics has not run here, or its artifact was not downloaded.",
            fix="run check-metrics first.",
        ) from None
    except (ValidationError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} is not a verdict of this version: {str(error).splitlines()[0]}.", fix="judge again."
        ) from None


def replay(path: Path) -> VerdictFile:
    """Judge the looks of a verdict.json again.

    Raises:
        DataError: the outcome is not, byte for byte, what the file says.
    """
    written = read_verdict(path)
    again = judged(written.subject, written.settings, written.looks)
    if _text(again) != path.read_text(encoding="utf-8"):
        raise DataError(
            f"{path} says {written.decision} ({written.reason}), and its looks give {again.decision} ({again.reason}).",
            why="the file was edited, or written by another version.",
            fix="do not act on it; judge again.",
        )
    return again


def _text(verdict: VerdictFile) -> str:
    return verdict.model_dump_json(indent=2) + "\n"
