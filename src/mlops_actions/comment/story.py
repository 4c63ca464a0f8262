"""What is told of one model, in order, and what may be left out first where room is short."""

from dataclasses import dataclass

from mlops_actions.comment import advice, changed, tables
from mlops_actions.comment.blocks import Block, Bullets, Heading, Line, Paragraph, Part
from mlops_actions.comment.trust import trust
from mlops_actions.comment.words import mark, title
from mlops_actions.report.evaluation import Evaluation
from mlops_actions.report.gate import GateRecord

MOST_NOTES = 20
MOST_ALSO = 5


@dataclass(frozen=True)
class Room:
    """The most lines of each kind; a comment is short, a page is not."""

    slices: int
    flips: int
    examples: int
    differences: int


COMMENT = Room(slices=30, flips=8, examples=10, differences=20)
SUMMARY = Room(slices=300, flips=100, examples=100, differences=200)
PAGE = Room(slices=1000, flips=1000, examples=100, differences=1000)


def headline(record: GateRecord, level: int) -> Part:
    """Return the verdict, and everything that a reader needs who reads no further."""
    also = advice.also_worse(record.evaluation) if record.evaluation else []
    step = advice.next_step(record)
    blocks: list[Block] = [
        Heading(level, f"{mark(record)} {title(record)}"),
        *([Paragraph((record.sentence,))] if record.sentence else []),
        *([_listed(also)] if also else []),
        *(Paragraph(line, quoted=True) for line in advice.cautions(record)),
        *([Paragraph(step)] if step else []),
    ]
    return Part("the verdict", 0, tuple(blocks))


def _listed(lines: list[Line]) -> Bullets:
    more: list[Line] = [(f"and {len(lines) - MOST_ALSO} more",)] if len(lines) > MOST_ALSO else []
    return Bullets((*lines[:MOST_ALSO], *more))


def details(record: GateRecord, room: Room) -> list[Part]:
    """Return everything behind the headline."""
    notes = list(dict.fromkeys([*record.notes, *(record.evaluation.notices if record.evaluation else [])]))
    said = [Bullets(tuple((f"Note: {note}",) for note in notes[:MOST_NOTES]))] if notes else []
    parts = [Part("notes", 1, tuple(said)), *(_found(record, record.evaluation, room) if record.evaluation else [])]
    return [part for part in parts if part.blocks]


def _found(record: GateRecord, evaluation: Evaluation, room: Room) -> list[Part]:
    found = evaluation.flips
    return [
        Part("metrics", 2, tables.metrics(evaluation) if evaluation.comparisons else ()),
        Part("limits", 2, tables.limits(evaluation)),
        Part("slices", 3, tables.slices(evaluation, room.slices)),
        Part("flips", 4, changed.flips(found) if found else ()),
        Part("rows that became wrong", 9, changed.examples(found, room.examples) if found else ()),
        Part("flips by class and slice", 8, changed.flipped(found, room.flips) if found else ()),
        Part("calibration and scores", 7, changed.scores(evaluation)),
        Part("confusion matrices", 10, changed.confusion(evaluation)),
        Part("the two models", 11, changed.models(evaluation)),
        Part("what differs", 6, changed.differences(evaluation, room.differences)),
        Part("why trust this", 5, trust(record, evaluation)),
    ]
