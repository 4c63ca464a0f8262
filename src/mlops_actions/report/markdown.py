"""Reports as Markdown. Whatever came from data is escaped: it can be no table, no HTML, no mention, no link."""

import re

from mlops_actions.report.model import Finding, Report, Table
from mlops_actions.verdict import Decision

MARKS = {Decision.PASS: "✅", Decision.FAIL: "❌", Decision.UNDECIDED: "❔"}
MOST_CELL = 200
MOST_ROWS = 100
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+|~!@:$&-])")


def escape(value: object) -> str:
    """Return a value as inert text on one line, at most 200 characters."""
    text = " ".join(str(value).split())
    text = "".join(character if character.isprintable() else "�" for character in text)
    text = text if len(text) <= MOST_CELL else text[: MOST_CELL - 1] + "…"
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)


def render(report: Report) -> str:
    """Return the report: verdict first, then findings that did not pass, then tables, the rest folded."""
    head = f"### {MARKS[report.decision]} {report.stage}: {escape(report.model)}\n\n{escape_sentence(report.verdict.sentence)}\n"
    bad = [finding for finding in report.findings if finding.verdict.decision is not Decision.PASS]
    good = [finding for finding in report.findings if finding.verdict.decision is Decision.PASS]
    parts = [head, _findings(bad), *(_table(table) for table in report.tables), _folded(good)]
    return "\n".join(part for part in parts if part) + "\n"


def escape_sentence(text: str) -> str:
    """Like `escape`, for a sentence of ours that may quote data: longer, and plain punctuation stays readable."""
    flat = " ".join(text.split())
    flat = "".join(character if character.isprintable() else "�" for character in flat)[:2000]
    return re.sub(r"([\\`*_\[\]<>#|~!@&])", lambda match: f"&#{ord(match[0])};", flat)


def _findings(findings: list[Finding]) -> str:
    lines = [
        f"- {MARKS[finding.verdict.decision]} {escape(finding.name)}: {escape_sentence(finding.verdict.sentence)}"
        for finding in findings[:MOST_ROWS]
    ]
    more = [f"- … and {len(findings) - MOST_ROWS} more in the report file"] if len(findings) > MOST_ROWS else []
    return "\n".join([*lines, *more]) + "\n" if lines else ""


def _folded(findings: list[Finding]) -> str:
    return (
        f"<details><summary>{len(findings)} passed</summary>\n\n{_findings(findings)}\n</details>\n" if findings else ""
    )


def _table(table: Table) -> str:
    header = "| " + " | ".join(escape(column) for column in table.columns) + " |"
    rule = "|" + " --- |" * len(table.columns)
    rows = [
        "| " + " | ".join("" if cell is None else escape(_number(cell)) for cell in row) + " |"
        for row in table.rows[:MOST_ROWS]
    ]
    return "\n".join([f"**{escape(table.title)}**", "", header, rule, *rows]) + "\n"


def _number(cell: str | float) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
