"""One Markdown view of several models: verdicts first, the worst first, then each model's details, within a limit."""

from collections.abc import Callable, Sequence

from mlops_actions.comment.blocks import Block, Bullets, Commit, Fold, Heading, Line, Link, Part, Small
from mlops_actions.comment.fit import Stories, fitted
from mlops_actions.comment.story import Room, details, headline
from mlops_actions.comment.words import SEVERITY, artifacts, mark, title, worst_first
from mlops_actions.comment.write_markdown import markdown
from mlops_actions.report.gate import GateRecord

MOST_LISTED = 100


def composed(records: Sequence[GateRecord], room: Room, most: int, length: Callable[[str], int] = len) -> str:
    """Return the view of some models, never longer than `most`."""
    if not records:
        return "No model was judged."
    ordered = worst_first(list(records))
    level = 1 if len(ordered) == 1 else 2
    stories = [(headline(record, level), details(record, room)) for record in ordered]
    text = fitted(stories, lambda told, left_out: _written(ordered, told, left_out), most, length)
    listed = MOST_LISTED
    while length(text) > most:
        text = markdown((*_overview(ordered, listed), _footer(ordered, ["everything but the verdicts"])))
        listed //= 2
    return text


def _written(records: list[GateRecord], stories: Stories, left_out: list[str]) -> str:
    if len(records) == 1:
        head, parts = stories[0]
        return markdown((*head.blocks, *_blocks(parts), _footer(records, left_out)))
    sections = [block for record, told in zip(records, stories, strict=True) for block in _section(record, *told)]
    return markdown((*_overview(records, MOST_LISTED), *sections, _footer(records, left_out)))


def _blocks(parts: list[Part]) -> list[Block]:
    return [block for part in parts for block in part.blocks]


def _section(record: GateRecord, head: Part, parts: list[Part]) -> list[Block]:
    """Return a model's section; of one that is fine it is folded."""
    if record.conclusion == "success" and not record.accepted:
        return [Fold(f"{mark(record)} {title(record)}", (*head.blocks[1:], *_blocks(parts)))]
    return [*head.blocks, *_blocks(parts)]


def _overview(records: list[GateRecord], most: int) -> tuple[Block, ...]:
    """Return a headline over all, and a line for each model."""
    counts = [(sum(record.conclusion == one for record in records), one) for one in SEVERITY]
    words = {"failure": "failed", "neutral": "open", "success": "passed"}
    said = ", ".join(f"{number} {words[conclusion]}" for number, conclusion in counts if number)
    lines: list[Line] = [(f"{mark(record)} ", f"{title(record)}. ", record.sentence[:300]) for record in records[:most]]
    more: list[Line] = [(f"and {len(records) - most} more models",)] if len(records) > most else []
    return Heading(1, f"{mark(records[0])} {len(records)} models: {said}"), Bullets((*lines, *more))


def _footer(records: list[GateRecord], left_out: list[str]) -> Small:
    """Say which commits this is about, and where everything is."""
    first = records[0]
    one_base = first.base and len({record.base for record in records}) == 1
    against: Line = (" against ", Commit(first.base[:7])) if one_base else ()
    runs = list(dict.fromkeys(record.run_url for record in records if record.run_url))
    linked = tuple(
        part
        for number, url in enumerate(runs[:10], 1)
        for part in (" · ", Link(f"run {number}" if len(runs) > 1 else "run", url))
    )
    gone = list(dict.fromkeys([*left_out, *(name for record in records for name in record.reduced)]))
    missing = f" · left out for length: {', '.join(gone)}" if gone else ""
    page = f" · full report: report.html in {artifacts(records)}" if runs else ""
    return Small(("Commit ", Commit(first.head[:7]), *against, *linked, f"{page}{missing}"))
