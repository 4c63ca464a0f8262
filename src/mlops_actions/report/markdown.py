"""Reports as Markdown. Whatever came from data is escaped: it can be no table, no HTML, no mention, no link."""

import re

from mlops_actions.report.model import Finding, Report, Table
from mlops_actions.verdict import Decision

MARKS = {Decision.PASS: "✅", Decision.FAIL: "❌", Decision.UNDECIDED: "❔"}
MOST_CELL = 200
MOST_SENTENCE = 2000
MOST_ROWS = 100
_CELL = re.compile(r"[\\`*_{}\[\]()<>#+|~!@:$&-]")
_SENTENCE = re.compile(r"[\\`*_\[\]<>#|~!@$&]|^[-+=\d]")
# Mentions and references are found in the rendered text, where entities do not help: only a break inside the word does.
_REFERENCE = re.compile(r"[@#]|gh(?=-\d)|www(?=\.)|:(?=//)", re.IGNORECASE)
_BREAK = "\u200b"  # zero-width space


def escape(value: object) -> str:
    """Return a value as inert text on one line, at most 200 characters."""
    text = _flat(str(value))
    return _inert(text if len(text) <= MOST_CELL else text[: MOST_CELL - 1] + "…", _CELL)


def escape_sentence(text: str) -> str:
    """Like `escape`, for a sentence of ours that may quote data: longer, and plain punctuation stays readable."""
    return _inert(_flat(text)[:MOST_SENTENCE], _SENTENCE)


def _flat(text: str) -> str:
    return "".join(character if character.isprintable() else "�" for character in " ".join(text.split()))


def _inert(text: str, special: re.Pattern[str]) -> str:
    broken = _REFERENCE.sub(lambda match: match[0] + _BREAK, text)
    return special.sub(lambda match: f"&#{ord(match[0])};", broken)


def render(report: Report) -> str:
    """Return the report: verdict first, then findings that did not pass, then tables, the rest folded."""
    head = f"### {MARKS[report.decision]} {report.stage}: {escape(report.model)}\n\n{escape_sentence(report.verdict.sentence)}\n"
    bad = [finding for finding in report.findings if finding.verdict.decision is not Decision.PASS]
    good = [finding for finding in report.findings if finding.verdict.decision is Decision.PASS]
    parts = [head, _findings(bad), *(render_table(table) for table in report.tables), _folded(good)]
    return "\n".join(part for part in parts if part) + "\n"


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


def render_table(table: Table) -> str:
    """Return a table; beyond a hundred rows it is cut."""
    header = "| " + " | ".join(escape(column) for column in table.columns) + " |"
    rule = "|" + " --- |" * len(table.columns)
    rows = [
        "| " + " | ".join("" if cell is None else escape(_number(cell)) for cell in row) + " |"
        for row in table.rows[:MOST_ROWS]
    ]
    return "\n".join([f"**{escape(table.title)}**", "", header, rule, *rows]) + "\n"


def _number(cell: str | float) -> str:
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
