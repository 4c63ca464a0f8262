"""A server's own words about requests that it did not answer, read from its log (`serve/complaints.py` writes them)."""

import re
from pathlib import Path

from mlops_actions.deploy.processes import tail

MOST = 5
_COMPLAINT = re.compile(r"^(\d{1,12}) times (\d{3}: .+)$", re.MULTILINE)


def complaints(log: Path) -> list[str]:
    """Return the most frequent complaints of a log, such as `8+ times 422: Row 0 has no column 'x'`; without any, its last lines.

    A count is said again when it has doubled, so there may be up to twice as many.
    """
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    counts = {sentence: int(count) for count, sentence in _COMPLAINT.findall(text)}
    most = sorted(counts, key=lambda sentence: -counts[sentence])[:MOST]
    said = [f"{counts[sentence]}{'+' if counts[sentence] > 1 else ''} times {sentence}" for sentence in most]
    return said or tail(log, lines=3).splitlines()
