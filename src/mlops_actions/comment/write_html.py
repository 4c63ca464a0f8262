"""Blocks as HTML. Every text is escaped here; there is no script, and nothing is fetched."""

import html

from mlops_actions.comment import blocks, svg
from mlops_actions.comment.numbers import UNKNOWN, count
from mlops_actions.comment.whiskers import Interval
from mlops_actions.comment.words import FAILED, NOTHING, OPEN, PASSED, STOPPED, WARNED
from mlops_actions.comment.write_markdown import safe_url

# mark -> class and sign: a page has its own signs, since not every system has the coloured ones
SIGNS = {
    PASSED: ("good", "✓"),
    FAILED: ("bad", "✕"),
    STOPPED: ("bad", "!"),
    OPEN: ("open", "?"),
    WARNED: ("open", "!"),
    NOTHING: ("none", UNKNOWN),
}


def text(value: str) -> str:
    """Return a text as HTML that is nothing but text."""
    return html.escape(
        "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in " ".join(value.split()))
    )


def written(many: tuple[blocks.Block, ...]) -> str:
    """Return blocks as HTML."""
    return "\n".join(_block(block) for block in many)


def _block(block: blocks.Block) -> str:  # noqa: PLR0911 (one for each kind)
    match block:
        case blocks.Heading():
            return f"<h{block.level}>{_marked(block.text)}</h{block.level}>"
        case blocks.Paragraph():
            return f"<blockquote>{_line(block.line)}</blockquote>" if block.quoted else f"<p>{_line(block.line)}</p>"
        case blocks.Small():
            return f'<p class="small">{_line(block.line)}</p>'
        case blocks.Bullets():
            return "<ul>" + "".join(f"<li>{_cell(line)}</li>" for line in block.lines) + "</ul>"
        case blocks.Table():
            return _table(block)
        case blocks.Key():
            return f'<p class="key">{_key(block)}</p>'
        case blocks.Chart():
            return f"<figure>{svg.chart(block)}</figure>"
        case blocks.Matrices():
            return _matrices(block)
        case blocks.Fold():
            return f"<details open><summary>{_marked(block.title)}</summary>\n{written(block.blocks)}\n</details>"


def _marked(value: str) -> str:
    for mark, (name, sign) in SIGNS.items():
        if value.startswith(mark):
            return f'<span class="mark {name}">{sign}</span> {text(value.removeprefix(mark))}'
    return text(value)


def _line(line: blocks.Line) -> str:
    return "".join(_span(span) for span in line)


def _span(span: blocks.Span) -> str:
    match span:
        case blocks.Strong():
            return f"<strong>{text(span.text)}</strong>"
        case blocks.Code():
            return f"<code>{text(span.text)}</code>"
        case blocks.Commit():
            return text(span.text)
        case blocks.Link():
            return f'<a href="{html.escape(span.url)}">{text(span.text)}</a>' if safe_url(span.url) else text(span.text)
        case Interval():
            return f"{svg.whisker(span)}{text(span.ends)}"
        case _:
            before, after = (" " if span[:1] == " " else ""), (" " if span[-1:] == " " else "")
            return f"{before}{text(span)}{after}"


def _table(table: blocks.Table) -> str:
    head = "".join(f"<th{_side(table, column)}>{text(name)}</th>" for column, name in enumerate(table.columns))
    rows = "".join(
        "<tr>" + "".join(f"<td{_side(table, column)}>{_cell(cell)}</td>" for column, cell in enumerate(row)) + "</tr>\n"
        for row in table.rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table></div>'


def _key(key: blocks.Key) -> str:
    limit = ", the broken line is the drop that is allowed" if key.limited else ""
    wider = ", the thin line counts too, since several questions are asked at once" if key.widened else ""
    lower = " (↓: less is better, and a + is less)" if key.lower else ""
    alone = "" if key.limited else "; each on a scale of its own"
    return text(
        f"Change: + is better{lower}. The grey line is no change{limit}; the bar is where the true change is, {key.level} sure{wider}{alone}."
    )


def _side(table: blocks.Table, column: int) -> str:
    return ' class="number"' if column in table.right else ""


def _cell(cell: blocks.Line) -> str:
    return _marked(cell[0]) if len(cell) == 1 and isinstance(cell[0], str) else _line(cell)


def _matrices(matrices: blocks.Matrices) -> str:
    confusion = matrices.confusion
    both = [("base", confusion.base), ("candidate", confusion.candidate)]
    return (
        '<div class="beside">'
        + "".join(_matrix(name, confusion.classes, counts) for name, counts in both if counts)
        + "</div>"
    )


def _matrix(name: str, classes: list[str], counts: list[list[int]]) -> str:
    head = "".join(f"<th>{text(one)}</th>" for one in classes)
    rows = "".join(
        f"<tr><th>{text(one)}</th>"
        + "".join(_heat(cell, sum(row), right=place == column) for column, cell in enumerate(row))
        + "</tr>"
        for place, (one, row) in enumerate(zip(classes, counts, strict=True))
    )
    return (
        f'<div class="scroll"><table class="heat"><caption>{name}</caption><tr><td></td>{head}</tr>{rows}</table></div>'
    )


def _heat(cell: int, row: int, *, right: bool) -> str:
    """Colour a cell by its share of its true class: right answers in one colour, wrong ones in another."""
    strength = round(10 * cell / row) if row else 0
    return f'<td class="{"right" if right else "wrong"} s{strength}">{count(cell)}</td>'
