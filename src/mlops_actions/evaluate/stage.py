"""The stage: open, pair, measure, judge, report."""

from pathlib import Path
from typing import Any

from mlops_actions.config import Config
from mlops_actions.evaluate.limits import judge
from mlops_actions.evaluate.measure import Measured, measure
from mlops_actions.evaluate.pairing import Pair, pair
from mlops_actions.evaluate.rows import Task
from mlops_actions.evaluate.sources import Sources, open_sources
from mlops_actions.evaluate.tables import flips_table, metrics_table, worst_first
from mlops_actions.progress import Progress
from mlops_actions.report import Finding, Report
from mlops_actions.verdict import Decision, Verdict, worst


def run(
    config: Config,
    *,
    candidate: Path | None = None,
    base: Path | None = None,
    labels: Path | None = None,
    progress: Progress,
) -> Report:
    """Judge the candidate by the limits of mlops.yaml, and against the base on the same rows where there is one.

    Args:
        config: mlops.yaml.
        candidate: bundle or Parquet file. Default: `evaluate.files`, else the bundle that train wrote.
        base: bundle or Parquet file of the model to compare with.
        labels: Parquet file with id and label; a bundle brings its own.
        progress: told what is read.

    Raises:
        DataError: something cannot be read, or the rows do not pair.
        ConfigError: a limit that does not apply to this model.
    """
    sources = open_sources(config, candidate, base, labels)
    progress(f"Evaluating {sources.candidate.path}" + (f" against {sources.base.path}" if sources.base else ""))
    rows = pair(sources, _named_task(config))
    measured = measure(rows, config.evaluate)
    same = _same_inputs(sources)
    differing = rows.differing() if same else 0
    found = [finding for one in measured for finding in judge(one, config.evaluate, identical=same and not differing)]
    chance = _not_deterministic(differing)
    findings = worst_first([*found, *chance, *_notices(sources)])
    flips = flips_table(rows)
    return Report(
        stage="evaluate",
        model=config.model.id,
        verdict=_said_too(_verdict(found, measured, config), chance),
        findings=findings,
        tables=[metrics_table(measured, found, config.evaluate.alpha), *([flips] if flips else [])],
        facts=_facts(sources, rows, measured, config),
    )


def _named_task(config: Config) -> Task | None:
    return config.train.task if config.train else None


def _same_inputs(sources: Sources) -> bool:
    first = sources.candidate.config
    second = sources.base.config if sources.base else None
    return bool(first and second and first.input_digest and first.input_digest == second.input_digest)


def _not_deterministic(differing: int) -> list[Finding]:
    """Say that the same inputs did not give the same model, which is why the two are compared after all."""
    if not differing:
        return []
    sentence = f"Same inputs gave different predictions on {differing:,} rows: the training is not deterministic."
    verdict = Verdict(decision=Decision.PASS, reason="not_deterministic", sentence=sentence)
    return [Finding(name="training", verdict=verdict)]


def _notices(sources: Sources) -> list[Finding]:
    """Say what the intervals do not know about the rows."""
    said = {
        "group": "the rows come in groups that are not independent; intervals take them as independent and are too narrow",
        "weight": "the rows carry weights; metrics here count every row alike",
    }
    return [
        Finding(
            name=column,
            verdict=Verdict(decision=Decision.PASS, reason=f"{column}_unused", sentence=f"Note: {sentence}."),
            key=f"data.{column}",
        )
        for column, sentence in said.items()
        if column in sources.candidate.frame.columns
    ]


def _verdict(findings: list[Finding], measured: list[Measured], config: Config) -> Verdict:
    if not findings:
        values = ", ".join(f"{one.title} {one.candidate.value:.4g}" for one in measured)
        sentence = f"No limit is set under evaluate in {config.file.name}, so nothing could fail: {values}."
        return Verdict(decision=Decision.PASS, reason="no_limits", sentence=sentence)
    decision = worst([finding.verdict.decision for finding in findings])
    leading = [finding.verdict for finding in findings if finding.verdict.decision is decision]
    others = [verdict.sentence for verdict in leading[1:]]
    return Verdict(
        decision=decision,
        reason=leading[0].reason,
        sentence=" ".join([leading[0].sentence, *others]),
        evidence={finding.name: finding.verdict.evidence for finding in findings},
    )


def _said_too(verdict: Verdict, notices: list[Finding]) -> Verdict:
    """Put notices that nobody may overlook behind the verdict's own words."""
    return verdict.model_copy(
        update={"sentence": " ".join([verdict.sentence, *(one.verdict.sentence for one in notices)])}
    )


def _facts(sources: Sources, rows: Pair, measured: list[Measured], config: Config) -> dict[str, Any]:
    return {
        "rows": len(rows.candidate.labels),
        "alpha": config.evaluate.alpha,
        "candidate": _source_facts(sources, "candidate"),
        "base": _source_facts(sources, "base"),
        "metrics": {
            one.name: {
                "title": one.title,
                "candidate": one.candidate._asdict(),
                "base": one.base._asdict() if one.base else None,
                "change": one.change._asdict() if one.change else None,
                "method": one.metric.method,
                "support": one.support,
            }
            for one in measured
        },
    }


def _source_facts(sources: Sources, which: str) -> dict[str, Any] | None:
    source = getattr(sources, which)
    if source is None:
        return None
    identity = source.config
    return {
        "path": str(source.path),
        "version": identity.version if identity else None,
        "input_digest": identity.input_digest if identity else None,
    }
