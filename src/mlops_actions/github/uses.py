"""How often a test set has decided. Each look at the same rows tells whoever tunes the model a little about them."""

from collections.abc import Iterable

from mlops_actions.report.gate import GateRecord


def counted(
    record: GateRecord, *, earlier: Iterable[GateRecord], same_commit: GateRecord | None, decides: bool
) -> GateRecord:
    """Return the record with its count: one more than the most that any earlier record of the same test set says.

    Args:
        record: what is to be published.
        earlier: of the base, and of heads that this pull request had before.
        same_commit: of an earlier run on this very commit: no new look if it came to the same numbers, such as from the cache.
        decides: whether this verdict gates anything; one on the default branch comes after the fact.
    """
    if record.evaluation is None:
        return record
    test_set = record.evaluation.test_set
    known = [one.uses for one in earlier if one.evaluation and one.evaluation.test_set == test_set]
    uses = max(known, default=0) + decides
    if same_commit and same_commit.evaluation and same_commit.evaluation.test_set == test_set:
        # Comparisons are never left out of the copy in a check run.
        looked = decides and same_commit.evaluation.comparisons != record.evaluation.comparisons
        uses = max(uses, same_commit.uses + looked)
    evaluation = record.evaluation.model_copy(update={"uses": uses or None})
    return record.model_copy(update={"uses": uses, "evaluation": evaluation})
