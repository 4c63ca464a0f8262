"""One family of errors; each class carries the exit code that the edge returns (design: exit codes are API)."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a process of ours says when it ends."""

    PASS = 0
    GATE_FAILED = 1
    UNUSABLE_INPUT = 2
    OUTSIDE_UNAVAILABLE = 3
    OUR_BUG = 4
    UNDECIDED = 5


class MlopsError(Exception):
    """Something we can explain.

    Args:
        what: what happened, one sentence.
        why: why this usually happens.
        fix: what to do about it.
        file: the file to annotate, when one is to blame.
        line: its line, counted from 1.
    """

    exit_code = ExitCode.UNUSABLE_INPUT

    def __init__(
        self, what: str, *, why: str = "", fix: str = "", file: str | None = None, line: int | None = None
    ) -> None:
        super().__init__(what)
        self.what, self.why, self.fix, self.file, self.line = what, why, fix, file, line

    def __str__(self) -> str:
        """Say what, why, and what to do, one line each."""
        parts = [self.what, f"Usually: {self.why}" if self.why else "", f"To do: {self.fix}" if self.fix else ""]
        return "\n".join(part for part in parts if part)


class ConfigError(MlopsError):
    """mlops.yaml, an option or an input cannot be used as given (exit 2)."""


class DataError(MlopsError):
    """A data file, a bundle or a prediction file cannot be used as given (exit 2)."""


class UserCodeError(MlopsError):
    """The user's function or command failed or answered with the wrong shape (exit 2)."""


class OutsideError(MlopsError):
    """A server, a registry or the disk did not answer (exit 3)."""

    exit_code = ExitCode.OUTSIDE_UNAVAILABLE


class ReleaseConflictError(MlopsError):
    """Somebody else changed the release since we looked (exit 3): look again before acting."""

    exit_code = ExitCode.OUTSIDE_UNAVAILABLE
