"""The stage: find what is on trial, watch it, write verdict.json, report."""

from pathlib import Path

from mlops_actions.check_metrics.judge import Judge
from mlops_actions.check_metrics.look import Arm, Look
from mlops_actions.check_metrics.sources import open_source
from mlops_actions.check_metrics.verdict_file import Subject, VerdictFile, judged, replay, write_verdict
from mlops_actions.check_metrics.watch import Clock, SystemClock, watch
from mlops_actions.config import Config
from mlops_actions.progress import Progress
from mlops_actions.release import FileStore, Store
from mlops_actions.release.endpoints import read_endpoints
from mlops_actions.report import Finding, Report, Table
from mlops_actions.verdict import Decision, Verdict

SYSTEM = SystemClock()


def run(
    config: Config,
    *,
    progress: Progress,
    clock: Clock = SYSTEM,
) -> Report:
    """Judge the release on trial in `deploy.environment`, for `deploy.step_seconds` at most; act on nothing.

    Args:
        config: mlops.yaml.
        progress: told after every look how much evidence there is.
        clock: time.

    Returns:
        the report; its output `verdict` is the path of verdict.json, written whatever the decision.

    Raises:
        ConfigError: nothing is on trial, fixed limits without a Prometheus, or too short a time to see anything in one.
        ReleaseConflictError: somebody changed the release meanwhile.
    """
    folder = config.work / "releases" / config.deploy.environment
    store = FileStore(folder)
    state, settings = store.state(), config.check_metrics
    source = open_source(config, state, lambda: read_endpoints(folder))
    subject = _subject(config, store)
    looks = watch(
        Judge(settings, has_stable=subject.stable is not None),
        source,
        store.state,
        interval_seconds=settings.interval_seconds,
        deadline_seconds=config.deploy.step_seconds,
        progress=progress,
        clock=clock,
    )
    verdict = judged(subject, settings, looks)
    path = config.work / "verdict.json"
    write_verdict(path, verdict)
    return _report(verdict, path)


def run_replay(path: Path) -> Report:
    """Judge a verdict.json again from its raw counts.

    Raises:
        DataError: it does not give, byte for byte, what it says.
    """
    return _report(replay(path), path)


def _subject(config: Config, store: Store) -> Subject:
    state = store.state()
    assert state.canary is not None  # open_source refuses otherwise
    return Subject(
        model=config.model.id,
        environment=config.deploy.environment,
        release=state.canary,
        stable=state.stable,
        bundle_digest=store.read(state.canary).bundle_digest,
    )


def _report(file: VerdictFile, path: Path) -> Report:
    rates = Finding(name=f"release {file.subject.release}", verdict=file.verdict, key="check_metrics")
    return Report(
        stage="check-metrics",
        model=file.subject.model,
        verdict=file.verdict,
        findings=sorted([rates, *_limits(file)], key=lambda finding: list(Decision).index(finding.verdict.decision)),
        tables=[_table(file.looks)],
        facts={"subject": file.subject.model_dump(), "evidence": file.evidence},
        outputs={"verdict": str(path)},
    )


def _limits(file: VerdictFile) -> list[Finding]:
    violated, unread, readings = (file.evidence[name] for name in ("violated", "unread", "limits"))
    findings = []
    for name, limit in file.settings.limits.items():
        reading = readings.get(name, {"value": None, "detail": "no look asked for it"})
        said = f"{reading['value']:.6g}" if reading["value"] is not None else reading["detail"]
        if name in violated:
            verdict = Verdict(
                decision=Decision.FAIL, reason="limit", sentence=f"{said} is outside {_range(limit.min, limit.max)}"
            )
        elif name in unread:
            verdict = Verdict(decision=Decision.UNDECIDED, reason="limit_unread", sentence=f"not read: {said}")
        else:
            verdict = Verdict(
                decision=Decision.PASS, reason="within", sentence=f"{said} is within {_range(limit.min, limit.max)}"
            )
        findings.append(Finding(name=name, verdict=verdict, key=f"check_metrics.limits.{name}"))
    return findings


def _range(low: float | None, high: float | None) -> str:
    return f"[{'-∞' if low is None else f'{low:g}'}, {'∞' if high is None else f'{high:g}'}]"


def _table(looks: list[Look]) -> Table:
    columns = ["look", "kind", "seconds", "weight %", "canary requests", "bad", "stable requests", "bad", "detail"]
    rows = [
        [
            number,
            str(look.kind),
            round(look.end - look.start, 1),
            look.canary_weight,
            *_cells(look.canary),
            *_cells(look.stable),
            look.detail,
        ]
        for number, look in enumerate(looks, 1)
    ]
    return Table(title="Looks", columns=columns, rows=rows)


def _cells(arm: Arm | None) -> list[int | None]:
    return [None, None] if arm is None else [arm.requests, arm.errors]
