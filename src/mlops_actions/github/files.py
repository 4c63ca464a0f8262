"""The runner's files: outputs that cannot be injected, a summary that is never dropped for its size."""

import secrets
from pathlib import Path

from mlops_actions.files import explained

MOST_SUMMARY_BYTES = 1_000_000  # the runner drops a summary over 1 MiB whole
NOTICE = "\n\n_Cut here: the rest is in the report file._\n"
MOST_OUTPUT_BYTES = 100_000  # outputs are names, digests and sentences; payloads travel as files


def write_outputs(path: Path, outputs: dict[str, str]) -> None:
    """Append outputs, each in a heredoc whose random delimiter is not in the value (actions/toolkit, file-command.ts).

    Raises:
        OutsideError: the file cannot be written.
    """
    with explained(path), path.open("a", encoding="utf-8") as stream:
        for name, value in outputs.items():
            stream.write(_entry(name, _clipped(value, MOST_OUTPUT_BYTES)))


def _entry(name: str, value: str) -> str:
    delimiter = f"mlops_{secrets.token_hex(16)}"
    if delimiter in value or not name.isprintable() or "=" in name or "<<" in name:
        raise ValueError(f"output {name!r} cannot be written")
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def append_summary(path: Path, markdown: str) -> None:
    """Append to the job summary; what would pass the runner's limit is cut with a notice, and after that left out.

    Raises:
        OutsideError: the file cannot be written.
    """
    room = MOST_SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
    text = _clipped(markdown, MOST_SUMMARY_BYTES)
    if len(text.encode()) > room - len(NOTICE):
        text = _clipped(text, max(room - len(NOTICE), 0)) + NOTICE if room >= len(NOTICE) else ""
    with explained(path), path.open("ab") as stream:
        stream.write(text.encode())


def _clipped(text: str, most_bytes: int) -> str:
    """Return what fits, as UTF-8; half a surrogate pair, from the name of a file say, becomes a question mark."""
    return text.encode(errors="replace")[:most_bytes].decode(errors="ignore")
