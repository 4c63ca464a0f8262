"""Reports as Markdown. Whatever came from data is escaped: it can be no table, no HTML, no mention, no link, no emoji."""

import html
import re

from mlops_actions.report.model import Finding, Report, Table
from mlops_actions.verdict import Decision

MARKS = {Decision.PASS: "✅", Decision.FAIL: "❌", Decision.UNDECIDED: "❔"}
MOST_CELL = 200
MOST_SENTENCE = 2000
MOST_ROWS = 100
# What begins something in the middle of a line; an underscore between letters and a lone & do not. A cell, a name and a
# sentence all stand behind something of ours, so what only counts at the start of a line needs no escape.
_SPECIAL = re.compile(r"[\\`*\[\]<|~]|(?<![^\W_])_|_(?![^\W_])|&(?=[#\w])|\$")
# Mentions and references are found in the rendered text, where entities do not help: only a break inside the word does.
# GitHub shows some words between colons, such as :octocat:, as images; 10:20:30 is a time.
_IMAGE = r":(?=[a-z+-][\w+-]*:)|(?<!\d):(?=\d[\w+-]*:)"
_REFERENCE = re.compile(rf"[@#]|gh(?=-\d)|www(?=\.)|:(?=//)|{_IMAGE}", re.IGNORECASE)
# GitHub makes a link of what may be a commit's name: 7 to 40 hexadecimal digits.
_COMMIT = re.compile(r"(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])", re.IGNORECASE)
_BREAK = "\u200b"  # zero-width space


def escape(value: object) -> str:
    """Return a value as inert text for the middle of a line, at most 200 characters."""
    return _inert(_cell(value))


def escape_sentence(text: str) -> str:
    """Like `escape`, for a sentence of ours that may quote data: longer. It has to stand behind a word."""
    return _inert(_flat(text)[:MOST_SENTENCE])


def escape_html(value: object) -> str:
    """Like `escape`, for the middle of an HTML element, where Markdown means nothing and mentions still do."""
    return html.escape(_broken(_cell(value))).replace("$", "&#36;")


def _cell(value: object) -> str:
    text = _flat(str(value))
    return text if len(text) <= MOST_CELL else text[: MOST_CELL - 1] + "…"


def _flat(text: str) -> str:
    flat = " ".join(text.split())
    return flat if flat.isprintable() else "".join(one if one.isprintable() else "�" for one in flat)


def _inert(text: str) -> str:
    return _SPECIAL.sub(_escaped, _broken(text))


def _broken(text: str) -> str:
    whole = _REFERENCE.sub(lambda match: match[0] + _BREAK, text)
    return _COMMIT.sub(lambda match: _BREAK.join(re.findall(".{1,6}", match[0])), whole)


def _escaped(match: re.Match[str]) -> str:
    # GitHub takes what is between dollar signs for mathematics, and what a backslash does there is not documented.
    return "&#36;" if match[0] == "$" else "\\" + match[0]


def render(report: Report) -> str:
    """Return the report: verdict first, then findings that did not pass, then tables, the rest folded."""
    title = f"### {MARKS[report.decision]} {report.stage}: {escape(report.model)}"
    head = f"{title}\n\n**{report.decision}:** {escape_sentence(report.verdict.sentence)}\n"
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
