"""The stage: sample, search, choose, write, report."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.files import sha256_file
from mlops_actions.progress import Progress
from mlops_actions.quantize.candidates import BASELINES, Candidate, Search, choose, search
from mlops_actions.quantize.processor import processor
from mlops_actions.quantize.sample import Sample, read_sample
from mlops_actions.quantize.schemes import SCHEMES
from mlops_actions.quantize.serving import withdraw, write_serving
from mlops_actions.quantize.tables import candidates_table
from mlops_actions.report import Finding, Report
from mlops_actions.verdict import Decision, Verdict


def run(config: Config, *, progress: Progress) -> Report:
    """Find the fastest serving form that keeps quality, write it into the bundle and seal it.

    Args:
        config: mlops.yaml.
        progress: told each candidate's numbers.

    Raises:
        DataError: the bundle is missing or incomplete.
        ConfigError: a scheme is named that this kind of model cannot have.
    """
    bundle = Bundle(config.work / "bundle")
    identity = bundle.config()
    if identity.framework == "opaque":
        return _opaque(config, identity)
    _check_schemes(config, identity)
    _check_model(bundle, identity)
    sample = read_sample(bundle, identity, config.quantize.sample_rows)
    progress(f"Comparing on {sample.rows.height:,} of {sample.of_rows:,} test rows")
    with tempfile.TemporaryDirectory(prefix="mlops-quantize-") as folder:
        candidates = search(Search(bundle, identity, sample, config.quantize, Path(folder), progress))
        chosen = choose(candidates)
        if chosen:
            identity = write_serving(bundle, identity, chosen, sample)
        else:
            withdraw(bundle, identity)
    return _report(config, identity, sample, candidates, chosen)


def _check_schemes(config: Config, identity: ModelConfig) -> None:
    fitting = [name for name, scheme in SCHEMES.items() if scheme.framework == identity.framework]
    wrong = [name for name in config.quantize.schemes or [] if name not in fitting]
    if wrong:
        raise ConfigError(
            f"quantize.schemes: {', '.join(wrong)} cannot be made of a {identity.framework} model.",
            fix=f"choose among {', '.join(fitting)}.",
            file=str(config.file),
            line=config.line("quantize.schemes"),
        )


def _check_model(bundle: Bundle, identity: ModelConfig) -> None:
    """Refuse a model file that is not the one whose sha256 train wrote down."""
    for name, sha256 in identity.files.items():
        path = bundle.path / name
        if name.startswith("model/") and (not path.is_file() or sha256_file(path) != sha256):
            raise DataError(
                f"{path} is not the file that train wrote.",
                why="the artifact is incomplete, or the file was changed since.",
                fix="download it again, or train again.",
            )


def _opaque(config: Config, identity: ModelConfig) -> Report:
    sentence = "The model is of a kind that only its own image can load: there is nothing to quantize."
    return Report(
        stage="quantize",
        model=config.model.id,
        verdict=Verdict(decision=Decision.PASS, reason="opaque", sentence=sentence),
        outputs={"scheme": "none", "bundle-digest": identity.bundle_digest},
    )


def _report(
    config: Config, identity: ModelConfig, sample: Sample, candidates: list[Candidate], chosen: Candidate | None
) -> Report:
    return Report(
        stage="quantize",
        model=config.model.id,
        verdict=_served(chosen, candidates[0], sample, _quality(identity))
        if chosen
        else _nothing(candidates, identity),
        findings=[] if chosen else [_finding(one) for one in candidates if one.rejected],
        tables=[candidates_table(candidates, chosen, _quality(identity))],
        facts=_facts(sample, candidates, identity),
        outputs={
            "scheme": chosen.scheme if chosen else "",
            "bundle-digest": identity.bundle_digest if chosen else "",
        },
    )


def _quality(identity: ModelConfig) -> str:
    return "accuracy" if identity.task == "classification" else "R²"


def _served(chosen: Candidate, baseline: Candidate, sample: Sample, quality: str) -> Verdict:
    found, took = chosen.fidelity, chosen.speed
    assert found is not None
    assert took is not None
    against = (
        f"; {baseline.scheme} takes {baseline.speed.p50_us:,.1f} µs in {baseline.runtime}" if baseline.speed else ""
    )
    sentence = (
        f"{chosen.scheme} is served: {took.p50_us:,.1f} µs a row (p50, one thread) in {chosen.runtime}"
        f"{against if chosen is not baseline else ' (nothing else was faster within the limits)'}."
        f" It gives the same answer on {100 * found.agreement:.2f} % of {sample.rows.height:,} test rows,"
        f" {quality} {found.quality:.4f} ({found.change:+.4f})."
    )
    reason = "kept_float" if chosen is baseline else "chosen"
    return Verdict(decision=Decision.PASS, reason=reason, sentence=sentence, evidence={"scheme": chosen.scheme})


def _nothing(candidates: list[Candidate], identity: ModelConfig) -> Verdict:
    rejected = [one for one in candidates if one.rejected and one.scheme != BASELINES["sklearn"]]
    because = "; ".join(f"{one.scheme}: {one.rejected}" for one in rejected)
    reason = next((one.limit for one in rejected if one.limit != "schemes"), "not_convertible")
    reasons = {"min_agreement": "disagrees", "max_drop_abs": "quality_lost"}
    sentence = f"No serving form of this {identity.base_architecture} may be served: {because}."
    return Verdict(decision=Decision.FAIL, reason=reasons.get(reason, reason), sentence=sentence)


def _finding(candidate: Candidate) -> Finding:
    verdict = Verdict(
        decision=Decision.FAIL,
        reason=candidate.limit,
        sentence=f"{candidate.scheme}: {candidate.rejected}.",
        evidence=asdict(candidate.fidelity) if candidate.fidelity else {},
    )
    return Finding(name=candidate.scheme, verdict=verdict, key=f"quantize.{candidate.limit}")


def _facts(sample: Sample, candidates: list[Candidate], identity: ModelConfig) -> dict[str, Any]:
    return {
        "rows": sample.rows.height,
        "of_rows": sample.of_rows,
        "threads": 1,
        "timed": "the call of the runtime on one row whose input is made already",
        **processor(),
        "baseline": candidates[0].scheme,
        "bundle_digest": identity.bundle_digest,
        "candidates": [
            {
                "scheme": one.scheme,
                "runtime": one.runtime,
                "bytes": one.size,
                "speed": asdict(one.speed) if one.speed else None,
                "fidelity": asdict(one.fidelity) if one.fidelity else None,
                "rejected": one.rejected,
            }
            for one in candidates
        ],
    }
