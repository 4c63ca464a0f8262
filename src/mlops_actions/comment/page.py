"""The page: everything, in one HTML file that fetches nothing and runs nothing."""

from collections.abc import Sequence
from importlib.resources import files

from mlops_actions.comment.blocks import Block, Heading, Link, Small
from mlops_actions.comment.story import PAGE, details, headline
from mlops_actions.comment.words import title, worst_first
from mlops_actions.comment.write_html import text, written
from mlops_actions.report.gate import GateRecord

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
"""


def page(records: Sequence[GateRecord]) -> str:
    """Return the whole report of some models of one head commit as HTML, for light and dark, narrow and wide."""
    ordered = worst_first(list(records))
    single = len(ordered) == 1
    name = title(ordered[0]) if single else f"{len(ordered)} models"
    style = files("mlops_actions.comment").joinpath("page.css").read_text(encoding="utf-8")
    top = () if single else (Heading(1, name),)
    blocks = [block for record in ordered for block in _model(record, 1 if single else 2)]
    body = written((*top, *blocks, _footer(ordered)))
    return f"{HEAD.format(title=text(name), style=style)}{body}\n</main>\n</body>\n</html>\n"


def _model(record: GateRecord, level: int) -> list[Block]:
    parts = [headline(record, level), *details(record, PAGE)]
    return [block for part in parts for block in part.blocks]


def _footer(records: list[GateRecord]) -> Small:
    first = records[0]
    against = f" against {first.base[:12]}" if first.base else ""
    runs = list(dict.fromkeys(record.run_url for record in records if record.run_url))
    linked = tuple(span for url in runs for span in (" · ", Link("run", url)))
    return Small((f"Commit {first.head[:12]}{against}", *linked))
