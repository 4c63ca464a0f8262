"""Blocks as plain text for a terminal; what is folded elsewhere is left to the files."""

from mlops_actions.comment import blocks
from mlops_actions.comment.whiskers import Interval, draw


def plain_text(written: tuple[blocks.Block, ...]) -> str:
    """Return headings, paragraphs, lists and tables as text of printable characters."""
    return "\n\n".join(text for block in written if (text := _block(block)))


def _block(block: blocks.Block) -> str:
    match block:
        case blocks.Heading():
            return _printable(block.text)
        case blocks.Paragraph():
            return _line(block.line)
        case blocks.Bullets():
            return "\n".join(f"- {_line(line)}" for line in block.lines)
        case blocks.Table():
            return _table(block)
        case blocks.Key():
            return f"│ no change{', ┆ the drop that is allowed' if block.limited else ''}, ├─●─┤ {block.level} interval; + is better"
        case _:
            return ""


def _table(table: blocks.Table) -> str:
    rows = [table.columns, *(tuple(_line(cell) for cell in row) for row in table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.columns))]
    return "\n".join(_row(row, widths, table.right) for row in rows)


def _row(cells: tuple[str, ...], widths: list[int], right: frozenset[int]) -> str:
    padded = [
        f"{cell:>{widths[column]}}" if column in right else f"{cell:<{widths[column]}}"
        for column, cell in enumerate(cells)
    ]
    return "  ".join(padded).rstrip()


def _line(line: blocks.Line) -> str:
    return "".join(_span(span) for span in line)


def _span(span: blocks.Span) -> str:
    if isinstance(span, Interval):
        return f"{draw(span)} {span.ends}"
    return _printable(span if isinstance(span, str) else span.text)


def _printable(text: str) -> str:
    """Keep spaces and printable characters: a terminal obeys others."""
    return "".join(
        one if one.isprintable() or one == "\N{NO-BREAK SPACE}" else "\N{REPLACEMENT CHARACTER}" for one in text
    )
