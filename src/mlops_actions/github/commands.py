"""Workflow commands. Data is attacker input: everything but our own commands is printed between stop-commands."""

import secrets
from typing import Literal, Self, TextIO

from mlops_actions.errors import OutsideError

Level = Literal["error", "warning", "notice"]
MOST_ANNOTATIONS = 10  # of one level that GitHub shows per step


def escape_data(text: str) -> str:
    """Escape the message of a command (actions/toolkit, packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape a property of a command."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


class Commands:
    """Writes to the step's log.

    While it is open, the runner obeys no command in the log: whatever a header, a label or user code prints stays text.
    Only `annotate` and `group` lift that for their own, escaped, line.
    """

    def __init__(self, stream: TextIO, *, active: bool) -> None:
        self._stream, self._active = stream, active
        self._token = ""
        self._shown: dict[Level, int] = {"error": 0, "warning": 0, "notice": 0}

    def __enter__(self) -> Self:
        self._stop()
        return self

    def __exit__(self, *_: object) -> None:
        self._resume()

    def say(self, line: str) -> None:
        """Print a line that may hold anything."""
        self._write(line)

    def annotate(
        self, level: Level, message: str, *, file: str | None = None, line: int | None = None, title: str = ""
    ) -> None:
        """Show a message on the run's page, on a line of a file if one is given; beyond ten of a level, only in the log."""
        if not self._active or self._shown[level] >= MOST_ANNOTATIONS:
            self.say(f"{level}: {message}")
            return
        self._shown[level] += 1
        named = {"file": file, "line": str(line) if line else None, "title": title or None}
        properties = ",".join(f"{key}={escape_property(value)}" for key, value in named.items() if value)
        self._command(
            f"::{level} {properties}::{escape_data(message)}" if properties else f"::{level}::{escape_data(message)}"
        )

    def group(self, title: str, body: str) -> None:
        """Print a folded block; its body is data."""
        if not self._active:
            self.say(f"{title}\n{body}")
            return
        self._command(f"::group::{escape_data(title)}")
        self.say(body)
        self._command("::endgroup::")

    def _command(self, text: str) -> None:
        self._resume()
        self._write(text)
        self._stop()

    def _stop(self) -> None:
        if self._active:
            self._token = secrets.token_hex(16)
            self._write(f"::stop-commands::{self._token}")

    def _resume(self) -> None:
        if self._active and self._token:
            self._write(f"::{self._token}::")
            self._token = ""

    def _write(self, text: str) -> None:
        # A name of a file may hold bytes that are no text; a log line is not worth failing for.
        try:
            self._stream.write(text.encode(errors="replace").decode() + "\n")
            self._stream.flush()
        except BrokenPipeError as error:
            raise OutsideError(
                "The log cannot be written: whoever read it has gone.",
                why="a command such as `head` reads a part and closes the pipe.",
                fix="read all of it, or write it to a file.",
            ) from error
        except OSError as error:
            raise OutsideError(
                f"The log cannot be written: {error.strerror}.",
                why="the disk is full, or taken away.",
                fix="free some space and run again.",
            ) from error
