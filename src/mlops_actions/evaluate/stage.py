"""The stage: open, pair, measure, judge, report."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from mlops_actions.config import Config
from mlops_actions.evaluate.columns import known_columns
from mlops_actions.evaluate.comparing import Basis
from mlops_actions.evaluate.gate import Gate, gate
from mlops_actions.evaluate.limits import judge, of_slices
from mlops_actions.evaluate.measure import task_of_limits
from mlops_actions.evaluate.notices import Notice, of_areas, of_base, of_groups, of_noise, of_training, of_uses
from mlops_actions.evaluate.notices import of_slices as notices_of_slices
from mlops_actions.evaluate.pairing import Matched, match
from mlops_actions.evaluate.picture import BaseFrom, Known, evaluation_of
from mlops_actions.evaluate.rows import Task
from mlops_actions.evaluate.slices import Slices, columns_of, sliced
from mlops_actions.evaluate.sources import Labels, Source, Sources, open_sources
from mlops_actions.evaluate.tables import tables, worst_first
from mlops_actions.evaluate.unpaired import read_record
from mlops_actions.progress import Progress
from mlops_actions.report import Finding, Report
from mlops_actions.report.evaluation import Comparison, Evaluation
from mlops_actions.report.noise import read_noise
from mlops_actions.verdict import Decision, Verdict, worst

MOST_SLICES = 3  # in the verdict's sentence; all of them are findings


def run(
    config: Config,
    *,
    candidate: Path | None = None,
    base: Path | None = None,
    labels: Labels = None,
    noise: Path | None = None,
    record: Path | None = None,
    base_from: BaseFrom = "bundle",
    uses: int | None = None,
    progress: Progress,
) -> Report:
    """Judge the candidate by the limits of mlops.yaml, and against the base on the same rows where there is one.

    Args:
        config: mlops.yaml.
        candidate: bundle or Parquet file. Default: `evaluate.files`, else the bundle that train wrote.
        base: bundle or Parquet file of the model to compare with.
        labels: Parquet file with id and label; "data": the test rows of `data`, and nothing that the candidate says of them
            is believed; None: a bundle brings its own.
        noise: noise.json: intervals then count the chance of training too.
        record: gate record (or evaluation) of the base commit, whose numbers stand in where there is no `base`.
        base_from: where `base` was had from.
        uses: at least how often this test set has decided before; None: nobody counted.
        progress: told what is read.

    Raises:
        DataError: something cannot be read, or the rows do not pair.
        ConfigError: a limit or a slice that does not apply.
    """
    sources = open_sources(config, candidate, base, labels)
    progress(f"Evaluating {sources.candidate.path}" + (f" against {sources.base.path}" if sources.base else ""))
    recorded = read_record(record) if record and not sources.base else None
    trained_noise = read_noise(noise, config.model.id) if noise else None
    found, slices = _matched(config, sources)
    basis, differing = _basis(sources, found, recorded, asked_for_record=record is not None)
    judged = gate(config.evaluate, found, slices, basis=basis, record=recorded, noise=trained_noise)
    worn = _uses(uses, basis)
    said = [
        *of_areas(judged.comparisons),
        *of_training(differing),
        *of_base(found, basis, recorded),
        *of_noise(trained_noise, found, sources, config.evaluate, slices=bool(judged.slices)),
        *notices_of_slices(slices, basis, config.evaluate, judged=bool(judged.slices)),
        *of_groups(found),
        *of_uses(worn, config.evaluate),
    ]
    known = Known(basis, base_from, worn, [one.sentence for one in said])
    evaluation = evaluation_of(config, sources, found, judged, known, slices=slices.judged)
    return _report(config, sources, evaluation, judged, basis=basis, said=said)


def _matched(config: Config, sources: Sources) -> tuple[Matched, Slices]:
    found = match(sources, _named_task(config))
    columns = known_columns(config, sources, found.order, columns_of(config.evaluate))
    return replace(found, pair=replace(found.pair, columns=columns)), sliced(config.evaluate, columns)


def _named_task(config: Config) -> Task | None:
    return config.train.task if config.train else task_of_limits(config.evaluate)


def _basis(sources: Sources, found: Matched, record: Evaluation | None, *, asked_for_record: bool) -> tuple[Basis, int]:
    """Return how the base is known, and on how many rows the same inputs answered differently."""
    if sources.base is None:
        if record is None:  # a record that holds nothing is no sign that there is no base
            return ("record" if asked_for_record else "none"), 0
        return ("record" if record.test_set == found.test_set else "apart"), 0
    if found.apart:
        return "apart", 0
    differing = found.pair.differing() if _same_inputs(sources) else 0
    return ("identical" if _same_inputs(sources) and not differing else "paired"), differing


def _same_inputs(sources: Sources) -> bool:
    first = sources.candidate.config
    second = sources.base.config if sources.base else None
    return bool(first and second and first.input_digest and first.input_digest == second.input_digest)


def _uses(before: int | None, basis: Basis) -> int | None:
    """Count this time; a test set that the base was not tested on has not decided before."""
    if before is None:
        return None
    return 1 if basis == "apart" else before + 1


def _report(
    config: Config, sources: Sources, evaluation: Evaluation, judged: Gate, *, basis: Basis, said: list[Notice]
) -> Report:
    by_limit = [finding for one in evaluation.comparisons for finding in judge(one, config.evaluate, basis)]
    by_slice = of_slices(judged.slices, judged.margins, config.evaluate)
    findings = worst_first([*by_limit, *by_slice, *(one.finding() for one in said)])
    return Report(
        stage="evaluate",
        model=config.model.id,
        verdict=_verdict(by_limit, by_slice, evaluation.comparisons, config, said),
        findings=findings,
        tables=tables(evaluation, findings),
        facts=_facts(sources, evaluation),
        evaluation=evaluation,
    )


def _verdict(
    by_limit: list[Finding],
    by_slice: list[Finding],
    comparisons: list[Comparison],
    config: Config,
    said: list[Notice],
) -> Verdict:
    """Put the findings that decide into one verdict: metrics, then a few slices, and notices behind them."""
    findings = [*by_limit, *by_slice]
    notices = [one.sentence for one in said]
    if not any(finding.verdict.reason != "slice_warned" for finding in findings):
        values = ", ".join(f"{one.title} {one.candidate.value:.4g}" for one in comparisons)
        sentence = f"No limit is set under evaluate in {config.file.name}, so nothing could fail: {values}."
        return Verdict(decision=Decision.PASS, reason="no_limits", sentence=" ".join([sentence, *notices]))
    decision = worst([finding.verdict.decision for finding in findings])
    leading = [finding.verdict for finding in findings if finding.verdict.decision is decision]
    most = sum(finding.verdict.decision is decision for finding in by_limit) + MOST_SLICES
    more = [f"And {len(leading) - most} more in the report."] if len(leading) > most else []
    return Verdict(
        decision=decision,
        reason=leading[0].reason,
        sentence=" ".join([*(one.sentence for one in leading[:most]), *more, *notices]),
        evidence={finding.name: finding.verdict.evidence for finding in findings},
    )


def _facts(sources: Sources, evaluation: Evaluation) -> dict[str, Any]:
    base = sources.base
    return {
        "rows": evaluation.rows,
        "alpha": evaluation.alpha,
        "test_set": evaluation.test_set,
        "candidate": _source_facts(sources.candidate),
        "base": _source_facts(base) if base else None,
    }


def _source_facts(source: Source) -> dict[str, Any]:
    identity = source.config
    return {
        "path": str(source.path),
        "version": identity.version if identity else None,
        "input_digest": identity.input_digest if identity else None,
    }
