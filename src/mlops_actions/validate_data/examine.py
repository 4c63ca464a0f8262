"""Examine rows: compile what is asked to one scan, judge what it says, fetch examples of what failed."""

from dataclasses import dataclass
from typing import Any

from mlops_actions.config.models import DataSection, ValidateDataSection
from mlops_actions.report import Finding
from mlops_actions.validate_data import examples, findings
from mlops_actions.validate_data.checks import Check, checks_of
from mlops_actions.validate_data.table import Scan, Table, scan, table
from mlops_actions.verdict import Decision

MOST_WITH_EXAMPLES = 20  # failed checks whose rows are looked up; each is another, short, pass


@dataclass(frozen=True)
class Examination:
    """Findings, worst first, and the scan they come from."""

    findings: list[Finding]
    scan: Scan


def check_frame(frame: Any, section: ValidateDataSection, data: DataSection | None = None) -> list[Finding]:
    """Check rows in memory, or a lazy frame, as validate-data would.

    Args:
        frame: a DataFrame of pandas, Polars or PyArrow, or a Polars LazyFrame.
        section: what is asked of rows and columns.
        data: where given, the columns that it names are asked for too, two classes of label, and unique ids.

    Returns:
        one finding per check, failures first; `verdict.evidence` holds count, share and up to five examples.

    Raises:
        DataError: no frame, or column names that are no text.
    """
    return examine(frame, section, data).findings


def examine(frame: Any, section: ValidateDataSection, data: DataSection | None) -> Examination:
    """Check rows and keep the profile; see `check_frame`."""
    rows = table(frame)
    asked = {name: checks for name, checks in section.columns.items() if name in rows.columns}
    checks = [check for name, limits in asked.items() for check in checks_of(rows.columns[name], limits)]
    found = scan(rows, [check.breaks for check in checks], _counted(section, data))
    judged = [findings.check_finding(check, count, found) for check, count in zip(checks, found.counts, strict=True)]
    names = list(rows.columns)
    every = [
        *findings.row_findings(found.rows, section.rows),
        *findings.missing_columns(names, section, data),
        *findings.extra_columns(names, section, data),
        *(findings.label_findings(found, data) if data else ()),
        *(findings.id_findings(found, data) if data else ()),
        *_with_examples(rows, checks, judged, mask=section.mask_examples),
        *_distinct(rows, found, section),
    ]
    return Examination(findings.worst_first(every), found)


def _counted(section: ValidateDataSection, data: DataSection | None) -> set[str]:
    limited = {name for name, asked in section.columns.items() if asked.max_distinct or asked.min_distinct}
    return limited | ({name for name in (data.label, data.id) if name} if data else set())


def _with_examples(rows: Table, checks: list[Check], judged: list[Finding], *, mask: bool) -> list[Finding]:
    failed = [
        at for at, one in enumerate(judged) if one.verdict.decision is Decision.FAIL and checks[at].reason != "nulls"
    ]
    shown = {
        at: examples.breaking(rows, checks[at].column, checks[at].breaks, mask=mask)
        for at in failed[:MOST_WITH_EXAMPLES]
    }
    return [_add(one, shown.get(at, []), mask=mask) for at, one in enumerate(judged)]


def _distinct(rows: Table, found: Scan, section: ValidateDataSection) -> list[Finding]:
    judged: list[Finding] = []
    for name, asked in section.columns.items():
        profile = found.profiles.get(name)
        for one in findings.distinct_findings(profile, asked, found.rows) if profile else ():
            failed = one.verdict.decision is Decision.FAIL
            values = examples.rarest(rows, profile.column, mask=section.mask_examples) if failed and profile else []
            judged.append(_add(one, values, mask=section.mask_examples))
    return judged


def _add(one: Finding, values: list[str], *, mask: bool) -> Finding:
    """Return the finding with examples in its evidence and at the end of its sentence."""
    if not values:
        return one
    words = "shaped like" if mask else "such as"
    sentence = f"{one.verdict.sentence.removesuffix('.')}, {words} {', '.join(map(repr, values))}."
    verdict = one.verdict.model_copy(
        update={"sentence": sentence, "evidence": {**one.verdict.evidence, "examples": values}}
    )
    return one.model_copy(update={"verdict": verdict})
