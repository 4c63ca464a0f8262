"""What a person accepted, and for which verdicts of the same commit that holds: none that is worse than what they saw."""

from mlops_actions.comment.words import SEVERITY, WORDS, lead
from mlops_actions.report.evaluation import Absolute, Word
from mlops_actions.report.gate import Accepted, GateRecord

WORST_FIRST: tuple[Word | Absolute, ...] = tuple(WORDS)


def accepted(record: GateRecord, acceptance: Accepted) -> GateRecord:
    """Return the record as a person turned it green, with what it was that they accepted."""
    what = {"outcome": record.outcome, "word": _word(record), "conclusion": record.conclusion}
    return record.model_copy(update={"conclusion": "success", "accepted": acceptance.model_copy(update=what)})


def covers(acceptance: Accepted, record: GateRecord) -> bool:
    """Say whether a verdict is no worse than the one that was accepted: of the same kind, and neither word nor check is worse."""
    if record.outcome != acceptance.outcome or acceptance.conclusion is None:
        return False
    if SEVERITY.index(record.conclusion) < SEVERITY.index(acceptance.conclusion):
        return False
    word = _word(record)
    if word is None or acceptance.word is None:
        return word == acceptance.word
    return WORST_FIRST.index(word) >= WORST_FIRST.index(acceptance.word)


def kept(record: GateRecord, there: GateRecord | None) -> GateRecord:
    """Return a new verdict with the acceptance of the one before it, or with a note that it does not hold any more."""
    if there is None or there.accepted is None or record.conclusion == "success":
        return record
    was = there.accepted
    if there.base_branch == record.base_branch and covers(was, record):
        return record.model_copy(update={"conclusion": "success", "accepted": was})
    note = f"{was.by} accepted another verdict about this commit; this one is worse or of another kind, so that does not hold for it."
    return record.model_copy(update={"notes": [*record.notes, note]})


def _word(record: GateRecord) -> Word | Absolute | None:
    return lead(record.evaluation).word if record.evaluation else None
