"""The runner's files: outputs that cannot be injected, a summary that is never dropped for its size."""

import secrets
from pathlib import Path

MOST_SUMMARY_BYTES = 1_000_000  # the runner drops a summary over 1 MiB whole
MOST_OUTPUT_BYTES = 100_000  # outputs are names, digests and sentences; payloads travel as files


def write_outputs(path: Path, outputs: dict[str, str]) -> None:
    """Append outputs, each in a heredoc whose random delimiter is not in the value (actions/toolkit, file-command.ts)."""
    with path.open("a", encoding="utf-8") as stream:
        for name, value in outputs.items():
            stream.write(_entry(name, _clipped(value, MOST_OUTPUT_BYTES)))


def _entry(name: str, value: str) -> str:
    delimiter = f"mlops_{secrets.token_hex(16)}"
    if delimiter in value or delimiter in name or "\n" in name or "=" in name or "<<" in name:
        raise ValueError(f"output {name!r} cannot be written")
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def append_summary(path: Path, markdown: str) -> None:
    """Append to the job summary; what would pass the runner's limit is cut with a notice."""
    present = path.stat().st_size if path.exists() else 0
    room = MOST_SUMMARY_BYTES - present
    notice = "\n\n_Cut here: the rest is in the report file._\n"
    text = markdown if len(markdown.encode()) <= room else _clipped(markdown, max(room - len(notice), 0)) + notice
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)


def _clipped(text: str, most_bytes: int) -> str:
    return text if len(text.encode()) <= most_bytes else text.encode()[:most_bytes].decode(errors="ignore")
