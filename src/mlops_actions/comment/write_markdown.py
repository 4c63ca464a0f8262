"""Blocks as GitHub's Markdown. Every text goes through an escape; only what this module writes can be Markdown or HTML."""

import json
import re
from collections.abc import Callable

from mlops_actions.comment import blocks
from mlops_actions.comment.numbers import count
from mlops_actions.comment.whiskers import SPACE, Interval, draw
from mlops_actions.comment.words import MARKS
from mlops_actions.report.markdown import escape, escape_html, escape_sentence

BREAK = "\u200b"  # zero-width space
MOST_SENTENCE = 1000
BARS = "▁▂▃▄▅▆▇█"
COLOURS = ("#8c959f", "#2f81f7", "#bf8700")  # readable on white and on black
COLOUR_NAMES = ("grey", "blue", "ochre")
_SAFE_CODE = re.compile(r"[A-Za-z0-9_ ./:{},=()+\-│┆├─●┤╌]{1,200}")
_COMMIT = re.compile(r"[0-9a-f]{7,40}")
_SAFE_URL = re.compile(r"https?://[\w.:-]+/[\w./~#?=&%+-]*", re.ASCII)


Escape = Callable[[str], str]


def markdown(written: tuple[blocks.Block, ...]) -> str:
    """Return blocks as Markdown."""
    return "\n\n".join(_block(block) for block in written)


def safe_url(url: str) -> bool:
    """Return whether an address may become a link."""
    return len(url) <= 500 and bool(_SAFE_URL.fullmatch(url))


def _block(block: blocks.Block) -> str:  # noqa: PLR0911 (one for each kind)
    match block:
        case blocks.Heading():
            return f"{'#' * (block.level + 2)} {escape(block.text)}"
        case blocks.Paragraph():
            return ("> " if block.quoted else "") + _line(block.line)
        case blocks.Small():
            return f"<sub>{_line(block.line)}</sub>"
        case blocks.Bullets():
            return "\n".join(f"- {_line(line)}" for line in block.lines)
        case blocks.Table():
            return _table(block)
        case blocks.Key():
            return _line(_key(block))
        case blocks.Chart():
            return _chart(block)
        case blocks.Matrices():
            return _matrices(block)
        case blocks.Fold():
            opened = " open" if block.opened else ""
            title = f"<summary>{escape_html(block.title)}</summary>"
            return f"<details{opened}>{title}\n\n{markdown(block.blocks)}\n\n</details>"


def _sentence(text: str) -> str:
    return escape_sentence(text[:MOST_SENTENCE])


def _line(line: blocks.Line) -> str:
    """Write running text; what could begin a list or a heading is kept from the beginning of the line."""
    text = "".join(_span(span, _sentence) for span in line)
    first = line[0] if line else ""
    begins = isinstance(first, str) and text[:1].isascii() and not text[:1].isalpha()
    return BREAK + text if begins else text


def _span(span: blocks.Span, plain: Escape) -> str:
    match span:
        case blocks.Strong():
            return f"**{plain(span.text)}**"
        case blocks.Code():
            return f"`{span.text}`" if _SAFE_CODE.fullmatch(span.text) else plain(span.text)
        case blocks.Commit():
            return span.text if _COMMIT.fullmatch(span.text) else plain(span.text)
        case blocks.Link():
            return f"[{plain(span.text)}]({span.url})" if safe_url(span.url) else plain(span.text)
        case Interval():
            # On one line: a whisker above its numbers would look like two answers.
            return f"`{draw(span)}`{SPACE}{span.ends.replace(' ', SPACE)}"
        case _:
            return _padded(span, plain)


def _padded(text: str, plain: Escape) -> str:
    """Escape a text and keep a space at its ends, which stands between it and its neighbour."""
    before = " " if text[:1] == " " else ""
    after = " " if len(text) > 1 and text[-1:] == " " else ""
    return f"{before}{plain(text)}{after}"


def _table(table: blocks.Table) -> str:
    rule = ["---:" if column in table.right else "---" for column in range(len(table.columns))]
    rows = [[_cell(cell) for cell in row] for row in table.rows]
    return "\n".join(_row(row) for row in [[escape(column) for column in table.columns], rule, *rows])


def _cell(cell: blocks.Line) -> str:
    """Write a cell; a mark stays on the line of its word."""
    text = "".join(_span(span, escape) for span in cell)
    return text.replace(" ", SPACE, 1) if text.startswith(MARKS) else text


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _key(key: blocks.Key) -> blocks.Line:
    limit: blocks.Line = (", ", blocks.Code("┆"), " the drop that is allowed") if key.limited else ()
    wider: blocks.Line = (
        ("; ", blocks.Code("╌"), " counts too, since several questions are asked at once") if key.widened else ()
    )
    alone = "" if key.limited else "; each on a scale of its own"
    sure = f" where the true change is, {key.level} sure"
    line = (blocks.Code("│"), " no change", *limit, ", ", blocks.Code("├─●─┤"), sure, *wider, f"{alone}.")
    lower = " (↓: less is better, and a + is less)" if key.lower else ""
    return (f"Change: + is better{lower}. ", *line)


def _matrices(matrices: blocks.Matrices) -> str:
    """Write both matrices into one table, base → candidate in each cell, since Markdown cannot put two side by side."""
    confusion = matrices.confusion
    rows = [
        [
            escape(name),
            *(_both(confusion.base[truth][said] if confusion.base else None, cell) for said, cell in enumerate(row)),
        ]
        for truth, (name, row) in enumerate(zip(confusion.classes, confusion.candidate, strict=True))
    ]
    head = [
        "truth (base → candidate)" if confusion.base else "truth",
        *(f"said {escape(name)}" for name in confusion.classes),
    ]
    rule = ["---", *["---:"] * len(confusion.classes)]
    return "\n".join(_row(row) for row in [head, rule, *rows])


def _both(base: int | None, candidate: int) -> str:
    return count(candidate) if base is None else f"{count(base)} → {count(candidate)}"


def _chart(chart: blocks.Chart) -> str:
    """Write a chart for Mermaid, and the same as bars of text for mail, telephones, and older Mermaid without a legend."""
    return f"{_bars(chart)}\n\n{_legend(chart)}\n\n{_mermaid(chart)}"


def _bars(chart: blocks.Chart) -> str:
    longest = max(len(series.name) for series in chart.series)
    lines = [f"{series.name:<{longest}}  {sparkline(series.values, chart.y_high)}" for series in chart.series]
    axis = f"{'':<{longest}}  {chart.x_low:.3g} … {chart.x_high:.3g}: {chart.x_name}"
    return "\n".join(["```text", *lines, axis, "```"])


def sparkline(values: tuple[float, ...], highest: float) -> str:
    """Return one bar for each value, from nothing to the highest."""
    top = len(BARS) - 1
    return "".join(BARS[round(min(max(value / highest, 0.0), 1.0) * top)] for value in values)


def _legend(chart: blocks.Chart) -> str:
    named = zip(chart.series, COLOUR_NAMES, strict=False)
    return "Lines: " + ", ".join(f"{colour} is {series.name}" for series, colour in named) + "."


def _mermaid(chart: blocks.Chart) -> str:
    colours = {"backgroundColor": "transparent", "plotColorPalette": ", ".join(COLOURS)}
    theme = {"xyChart": {"width": 640, "height": 280}, "themeVariables": {"xyChart": colours}}
    lines = [f"    line [{', '.join(f'{value:.4g}' for value in series.values)}]" for series in chart.series]
    axes = [
        f'    x-axis "{chart.x_name}" {chart.x_low:.4g} --> {chart.x_high:.4g}',
        f'    y-axis "{chart.y_name}" 0 --> {chart.y_high:.4g}',
    ]
    return "\n".join(["```mermaid", f"%%{{init: {json.dumps(theme)}}}%%", "xychart-beta", *axes, *lines, "```"])
