"""The short form for a terminal: verdict, metrics, slices."""

from collections.abc import Sequence

from mlops_actions.comment.story import COMMENT, details, headline
from mlops_actions.comment.words import worst_first
from mlops_actions.comment.write_text import plain_text
from mlops_actions.report.gate import GateRecord

SHOWN = 4  # parts up to this rank


def brief(records: Sequence[GateRecord]) -> str:
    """Return what a terminal shows of some models."""
    parts = [
        part
        for record in worst_first(list(records))
        for part in (headline(record, 1), *details(record, COMMENT))
        if part.rank <= SHOWN
    ]
    return plain_text(tuple(block for part in parts for block in part.blocks))
