"""The stage validate-data: open the file, examine its rows, report."""

import math
from pathlib import Path
from typing import Any

import polars as pl

from mlops_actions.config import Config
from mlops_actions.data import digest, plain, scan
from mlops_actions.data.read import explained, find
from mlops_actions.errors import ConfigError
from mlops_actions.progress import Progress
from mlops_actions.report import Finding, Report
from mlops_actions.report import Table as ReportTable
from mlops_actions.validate_data.examine import examine
from mlops_actions.validate_data.findings import condition_findings, share, worst_first
from mlops_actions.validate_data.table import Profile, Scan
from mlops_actions.verdict import Decision, Verdict


def run(config: Config, *, progress: Progress) -> Report:
    """Check the data that `config.data` names.

    Args:
        config: sections `data` and `validate_data` say what is asked.
        progress: told what is read.

    Returns:
        a report with one finding per check and the profile of every column; outputs `rows` and `data-digest`.

    Raises:
        ConfigError: mlops.yaml has no section data.
        DataError: the file is missing or cannot be read to its end.
    """
    if config.data is None:
        raise ConfigError(
            f"{config.file} has no section data.",
            fix="say data: {path: ..., label: ...}.",
            file=str(config.file),
            line=1,
        )
    path = config.resolve(config.data.path)
    progress(f"Reading {config.data.path} ({_size(path)})")
    sha256, frame = digest(path), scan(path)
    with explained(path):
        examined = examine(frame, config.validate_data, config.data)
    found = worst_first([*condition_findings(frame.collect_schema(), config.data), *examined.findings])
    progress(f"Checked {examined.scan.rows:,} rows of {len(examined.scan.profiles)} columns")
    return _report(config.model.id, found, examined.scan, sha256)


def _size(path: Path) -> str:
    files = find(path)
    size = f"{sum(file.stat().st_size for file in files) / 1e6:,.1f} MB"
    return size if len(files) == 1 else f"{len(files)} files, {size}"


def _report(model: str, findings: list[Finding], found: Scan, sha256: str) -> Report:
    return Report(
        stage="validate-data",
        model=model,
        verdict=_verdict(findings, found),
        findings=findings,
        tables=[_profile_table(found)],
        facts={
            "rows": found.rows,
            "columns": len(found.profiles),
            "data_digest": sha256,
            "engine": f"polars {pl.__version__}, streaming",
        },
        outputs={"rows": str(found.rows), "data-digest": sha256},
    )


def _verdict(findings: list[Finding], found: Scan) -> Verdict:
    failed = [one for one in findings if one.verdict.decision is Decision.FAIL]
    size = f"{found.rows:,} rows of {len(found.profiles)} columns"
    evidence = {"checks": len(findings), "failed": len(failed)}
    if not failed:
        sentence = f"{size}: all {len(findings)} checks passed."
        return Verdict(decision=Decision.PASS, reason="ok", sentence=sentence, evidence=evidence)
    worst = failed[0]
    sentence = f"{size}: {len(failed)} of {len(findings)} checks failed. {worst.name}: {worst.verdict.sentence}"
    return Verdict(decision=Decision.FAIL, reason=worst.verdict.reason, sentence=sentence, evidence=evidence)


def _profile_table(found: Scan) -> ReportTable:
    return ReportTable(
        title="Data profile (NaN counts as null; - where it was not counted)",
        columns=["column", "type", "nulls", "null share", "min", "max", "distinct"],
        rows=[_profile_row(profile, found.rows) for profile in found.profiles.values()],
    )


def _profile_row(profile: Profile, rows: int) -> list[str | int | float | None]:
    return [
        plain(profile.column.name),
        profile.column.dtype,
        profile.nulls,
        round(share(profile.nulls, rows), 6),
        _cell(profile.smallest),
        _cell(profile.largest),
        "-" if profile.distinct is None else profile.distinct,
    ]


def _cell(value: Any) -> str | int | float | None:
    """Return a value as JSON holds it; infinities and dates become text."""
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)
