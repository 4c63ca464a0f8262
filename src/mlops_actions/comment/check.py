"""The check run of one model: title, summary, text, and annotations on lines of mlops.yaml."""

from dataclasses import dataclass

from mlops_actions.comment.blocks import Block, Part
from mlops_actions.comment.fit import fitted
from mlops_actions.comment.story import COMMENT, details, headline
from mlops_actions.comment.words import artifacts, fate, phrase
from mlops_actions.comment.write_markdown import markdown
from mlops_actions.report.gate import Annotation, GateRecord
from mlops_actions.report.markdown import escape

MOST_TITLE = 255
MOST_SUMMARY = 60_000  # bytes; GitHub takes 65,535
MOST_TEXT = 20_000  # bytes of 65,535: the record itself needs the rest
AT_ONCE = 4  # parts up to this rank stand in the summary


@dataclass(frozen=True)
class CheckOutput:
    """What GitHub shows of a check run.

    Attributes:
        title: plain text, 255 characters at most.
        summary: Markdown, 60,000 bytes at most: the verdict and the tables.
        text: Markdown, 20,000 bytes at most: the details.
        annotations: on lines of mlops.yaml.
    """

    title: str
    summary: str
    text: str
    annotations: list[Annotation]


def check(record: GateRecord) -> CheckOutput:
    """Return what the check run of a record shows."""
    head, parts = headline(record, 1), details(record, COMMENT)
    told = Part(head.name, 0, head.blocks[1:])  # the title says it
    return CheckOutput(
        title=_title(record),
        summary=_fit(record, told, [part for part in parts if part.rank <= AT_ONCE], MOST_SUMMARY),
        text=_fit(record, Part("", 0, ()), [part for part in parts if part.rank > AT_ONCE], MOST_TEXT),
        annotations=record.annotations,
    )


def _title(record: GateRecord) -> str:
    words = phrase(record)[1] + fate(record)
    text = " ".join(f"{words[:1].upper()}{words[1:]}: {record.sentence}".split())
    text = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    return text if len(text) <= MOST_TITLE else text[: MOST_TITLE - 1] + "…"


def _fit(record: GateRecord, head: Part, parts: list[Part], most: int) -> str:
    def write(stories: list[tuple[Part, list[Part]]], left_out: list[str]) -> str:
        blocks: list[Block] = [block for first, rest in stories for part in (first, *rest) for block in part.blocks]
        missing = (
            f"\n\nLeft out for length: {', '.join(left_out)}; see report.html in {escape(artifacts([record]))}."
            if left_out
            else ""
        )
        return markdown(tuple(blocks)) + missing

    return fitted([(head, parts)], write, most, lambda text: len(text.encode()))
