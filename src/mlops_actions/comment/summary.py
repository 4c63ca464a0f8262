"""The job summary: the long form, in Markdown."""

from collections.abc import Sequence

from mlops_actions.comment.compose import composed
from mlops_actions.comment.story import SUMMARY
from mlops_actions.report.gate import GateRecord

MOST_BYTES = 900_000  # GitHub drops a summary over 1 MiB whole, and other steps write into it too


def summary(records: Sequence[GateRecord]) -> str:
    """Return the summary of some models of one head commit, less than 1,000,000 bytes as UTF-8."""
    return composed(records, SUMMARY, MOST_BYTES, lambda text: len(text.encode())) + "\n"
