"""The pull-request comment: one for all models of a commit."""

from collections.abc import Sequence

from mlops_actions.comment.compose import composed
from mlops_actions.comment.story import COMMENT
from mlops_actions.report.gate import GateRecord

MOST_CHARACTERS = 60_000  # GitHub refuses bodies over 65,536


def comment(records: Sequence[GateRecord], *, marker: str) -> str:
    """Return the comment's body.

    Args:
        records: at least one, all of one head commit.
        marker: first line, by which the comment is found again.

    Returns:
        GitHub Markdown of less than 60,000 characters. If it gets too long, the least important parts are left out, by name.
    """
    return f"{marker}\n{composed(records, COMMENT, MOST_CHARACTERS - len(marker) - 2)}\n"
