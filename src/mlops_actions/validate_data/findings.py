"""From counts to findings: each with its count, its share and a sentence that holds its numbers."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from mlops_actions.config.models import ColumnChecks, DataSection, RowChecks, ValidateDataSection
from mlops_actions.data import holds, listed, named_columns, nearest, plain, shown
from mlops_actions.errors import DataError
from mlops_actions.report import Finding
from mlops_actions.validate_data.checks import Check
from mlops_actions.validate_data.table import Profile, Scan
from mlops_actions.verdict import Decision, Verdict

SECTION = "validate_data"


def finding(key: str, name: str, *, ok: bool, reason: str, sentence: str, **evidence: Any) -> Finding:
    """Return one finding; `reason` is the word for a failure."""
    decision = Decision.PASS if ok else Decision.FAIL
    verdict = Verdict(decision=decision, reason="ok" if ok else reason, sentence=sentence, evidence=evidence)
    return Finding(name=name, verdict=verdict, key=key)


def row_findings(rows: int, asked: RowChecks) -> Iterator[Finding]:
    """Judge the number of rows."""
    yield finding(
        f"{SECTION}.rows.min",
        "rows.min",
        ok=rows >= asked.min,
        reason="rows_missing",
        sentence=f"{rows:,} rows; at least {asked.min:,} have to be there.",
        count=rows,
        limit=asked.min,
    )
    if asked.max is not None:
        yield finding(
            f"{SECTION}.rows.max",
            "rows.max",
            ok=rows <= asked.max,
            reason="rows_too_many",
            sentence=f"{rows:,} rows; at most {asked.max:,} may be there.",
            count=rows,
            limit=asked.max,
        )


def missing_columns(names: list[str], section: ValidateDataSection, data: DataSection | None) -> Iterator[Finding]:
    """Judge whether the columns that mlops.yaml names are there."""
    asked = {f"{SECTION}.columns.{name}": [name] for name, checks in section.columns.items() if checks.required}
    if data:
        asked |= {f"data.{key}": named for key, named in named_columns(data).items()}
    for key, wanted in asked.items():
        for name in wanted:
            if name not in names:
                sentence = (
                    f"There is no column {shown(name)}, which {plain(key)} names. {nearest(name, names)}"
                    f" Correct {plain(key)} in mlops.yaml, or the step that writes the data."
                )
                yield finding(key, shown(name), ok=False, reason="column_missing", sentence=sentence, count=1)


def condition_findings(schema: pl.Schema, data: DataSection) -> Iterator[Finding]:
    """Judge whether data.test can be used on columns of these types; no row is read for it."""
    if not isinstance(data.test, str):
        return
    try:
        holds(pl.DataFrame(schema=schema), data.test)
    except DataError as error:
        yield finding("data.test", "test", ok=False, reason="condition", sentence=f"{error.what} {error.fix}")
    else:
        sentence = f"data.test, {shown(data.test)}, is a condition over columns that are there."
        yield finding("data.test", "test", ok=True, reason="condition", sentence=sentence)


def extra_columns(names: list[str], section: ValidateDataSection, data: DataSection | None) -> Iterator[Finding]:
    """Judge columns that nobody named, where that is forbidden."""
    if section.extra_columns == "allow":
        return
    known = {*section.columns, *(name for named in (named_columns(data) if data else {}).values() for name in named)}
    extra = [name for name in names if name not in known]
    sentence = f"{len(extra)} columns are not named in mlops.yaml{': ' + listed(extra) if extra else ''}."
    evidence = {"count": len(extra), "share": share(len(extra), len(names))}
    yield finding(
        f"{SECTION}.extra_columns", "extra_columns", ok=not extra, reason="extra_column", sentence=sentence, **evidence
    )


def label_findings(found: Scan, data: DataSection) -> Iterator[Finding]:
    """Judge the label: without two different answers there is nothing to learn."""
    profile = found.profiles.get(data.label)
    if profile is None:
        return
    labelled = found.rows - profile.nulls
    sentence = (
        f"{shown(data.label)} has {_plural(profile.distinct or 0, 'different answer')} in {labelled:,} labelled rows."
    )
    evidence = {"count": profile.distinct, "labelled": labelled, "share": share(labelled, found.rows)}
    reason = "one_class" if labelled else "nulls"
    yield finding("data.label", "label", ok=(profile.distinct or 0) > 1, reason=reason, sentence=sentence, **evidence)


def id_findings(found: Scan, data: DataSection) -> Iterator[Finding]:
    """Judge data.id: every row has one of its own."""
    profile = found.profiles.get(data.id or "")
    if data.id is None or profile is None:
        return
    repeated = found.rows - profile.nulls - (profile.distinct or 0)
    sentence = f"{shown(data.id)} is empty in {profile.nulls:,} of {found.rows:,} rows and repeats in {repeated:,}."
    count = profile.nulls + repeated
    evidence = {"count": count, "share": share(count, found.rows)}
    reason = "nulls" if profile.nulls else "duplicates"
    yield finding("data.id", "id", ok=not count, reason=reason, sentence=sentence, **evidence)


def check_finding(check: Check, count: int, found: Scan) -> Finding:
    """Judge one check of values by the rows that break it."""
    name, rows = check.column.name, found.rows
    empty = check.reason != "nulls" and found.profiles[name].nulls == rows
    part = share(count, rows)
    sentence = f"{count:,} of {rows:,} rows ({percent(part)}) {check.says}."
    if empty:
        sentence = f"{shown(name)} has no values that {check.key} could be checked on."
    ok = part <= check.allowed and not (empty or check.of_type)
    reason = "nulls" if empty else check.reason
    key, label = _key(name, check.key)
    return finding(key, label, ok=ok, reason=reason, sentence=sentence, count=count, share=part)


def distinct_findings(profile: Profile, asked: ColumnChecks, rows: int) -> Iterator[Finding]:
    """Judge the number of different values."""
    count = profile.distinct or 0
    limits = (
        ("max_distinct", asked.max_distinct, "at most", 0 < count <= (asked.max_distinct or 0)),
        ("min_distinct", asked.min_distinct, "at least", count >= (asked.min_distinct or 0)),
    )
    for limit_key, limit, words, ok in limits:
        if limit is not None:
            key, label = _key(profile.column.name, limit_key)
            sentence = f"{_plural(count, 'different value')}, where {words} {limit:,} may be."
            evidence = {"count": count, "share": share(count, rows), "limit": limit}
            yield finding(key, label, ok=ok, reason="cardinality", sentence=sentence, **evidence)


def share(count: int, rows: int) -> float:
    """Return a share; of nothing, it is 0."""
    return count / rows if rows else 0.0


def percent(part: float) -> str:
    """Return a share in percent, with three digits."""
    return f"{100 * part:.3g} %"


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Return failures before passes, those of most rows first."""

    def rank(one: Finding) -> tuple[bool, float]:
        return one.verdict.decision is Decision.PASS, -one.verdict.evidence.get("share", 1.0)

    return sorted(findings, key=rank)


def _key(column: str, key: str) -> tuple[str, str]:
    return f"{SECTION}.columns.{column}.{key}", f"{plain(column)}.{key}"


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
