"""What is told of one model, in order, and what may be left out first where room is short."""

from dataclasses import dataclass

from mlops_actions.comment import advice, changed, tables
from mlops_actions.comment.blocks import Block, Bullets, Heading, Paragraph, Part
from mlops_actions.comment.trust import trust
from mlops_actions.comment.words import mark, title
from mlops_actions.report.gate import GateRecord


@dataclass(frozen=True)
class Room:
    """The most lines of each kind; a comment is short, a page is not."""

    slices: int
    flips: int
    examples: int
    differences: int
    also: int = 5


COMMENT = Room(slices=30, flips=8, examples=10, differences=20)
SUMMARY = Room(slices=300, flips=100, examples=100, differences=200)
PAGE = Room(slices=1000, flips=1000, examples=100, differences=1000, also=50)


def headline(record: GateRecord, level: int) -> Part:
    """Return the verdict, and everything that a reader needs who reads no further."""
    also = advice.also_worse(record.evaluation) if record.evaluation else []
    step = advice.next_step(record)
    blocks: list[Block] = [
        Heading(level, f"{mark(record)} {title(record)}"),
        *([Paragraph((record.sentence,))] if record.sentence else []),
        *([Bullets(tuple(also[: COMMENT.also]))] if also else []),
        *([Paragraph((record.problem,))] if record.problem and record.problem != record.sentence else []),
        *(Paragraph(line, quoted=True) for line in advice.cautions(record)),
        *([Paragraph(step)] if step else []),
    ]
    return Part("the verdict", 0, tuple(blocks))


def details(record: GateRecord, room: Room) -> list[Part]:
    """Return everything behind the headline; a model that was not evaluated has nothing there."""
    evaluation = record.evaluation
    if evaluation is None:
        return []
    found = evaluation.flips
    parts = [
        Part("notices", 1, (Bullets(tuple((line,) for line in evaluation.notices)),) if evaluation.notices else ()),
        Part("metrics", 2, tables.metrics(evaluation) if evaluation.comparisons else ()),
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
    return [part for part in parts if part.blocks]
