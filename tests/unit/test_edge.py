"""The edge turns what a stage returns or raises into log, report, outputs, summary and exit code."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

from mlops_actions.cli.edge import override, run_stage
from mlops_actions.config import Config, load
from mlops_actions.errors import ConfigError, DataError, OutsideError
from mlops_actions.progress import Progress
from mlops_actions.report import Finding, Report
from mlops_actions.verdict import Decision, Verdict

YAML = "model: flights\ndata: {path: a.parquet, label: late}\nevaluate:\n  accuracy: {min: 0.9}\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mlops.yaml").write_text(YAML)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    return tmp_path


def report(decision: Decision, stage: str = "evaluate", sentence: str = "accuracy 0.8, wanted 0.9") -> Report:
    verdict = Verdict(decision=decision, reason="below_min", sentence=sentence)
    finding = Finding(name="accuracy", verdict=verdict, key="evaluate.accuracy.min")
    return Report.model_validate(
        {"stage": stage, "model": "flights", "verdict": verdict, "findings": [finding], "outputs": {"own": "value"}}
    )


def returning(found: Report) -> Callable[[Config, Progress], Report]:
    return lambda _config, _progress: found


def leave(repository: Path, function: Callable[[Config, Progress], Report]) -> int:
    with pytest.raises(click.exceptions.Exit) as left:
        run_stage(str(repository), function)
    return left.value.exit_code


@pytest.mark.parametrize(("decision", "code"), [(Decision.PASS, 0), (Decision.FAIL, 1), (Decision.UNDECIDED, 5)])
def test_decision_is_the_exit_code_and_the_report_is_written(repository: Path, decision: Decision, code: int) -> None:
    assert leave(repository, returning(report(decision))) == code
    written = json.loads((repository / ".mlops/flights/reports/evaluate.json").read_text())
    assert written["verdict"]["decision"] == decision


def test_the_report_says_how_long_the_stage_took(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_actions.cli.edge.time", SimpleNamespace(monotonic=iter([10.0, 12.5]).__next__))
    leave(repository, returning(report(Decision.PASS)))
    assert json.loads((repository / ".mlops/flights/reports/evaluate.json").read_text())["seconds"] == 2.5


@pytest.mark.parametrize(
    ("decision", "annotation"),
    [(Decision.PASS, None), (Decision.FAIL, "::error title=mlops"), (Decision.UNDECIDED, "::warning title=mlops")],
)
def test_a_report_without_findings_is_annotated_as_a_whole(
    repository: Path, capsys: pytest.CaptureFixture[str], decision: Decision, annotation: str | None
) -> None:
    whole = report(decision, "deploy", "Release 2 was rolled back").model_copy(update={"findings": []})
    leave(repository, returning(whole))
    lines = [line for line in capsys.readouterr().out.splitlines() if "Release 2 was rolled back" in line]
    assert len(lines) == 1
    assert lines[0].startswith(annotation or "deploy: pass: ")


def test_observe_mode_reports_what_it_would_have_done_and_exits_0(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "mlops.yaml").write_text(YAML + "enforce: false\n")
    assert leave(repository, returning(report(Decision.FAIL))) == 0
    out = capsys.readouterr().out
    assert "would have stopped" in out
    assert "::warning file=" in out
    assert "::error" not in out


def test_undecided_evaluation_of_a_pull_request_exits_0_and_others_do_not(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    assert leave(repository, returning(report(Decision.UNDECIDED))) == 0
    assert leave(repository, returning(report(Decision.UNDECIDED, stage="quantize"))) == 5


def test_finding_annotates_the_line_that_asked(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leave(repository, returning(report(Decision.FAIL)))
    assert re.search(
        r"^::error file=[^,]*mlops\.yaml,line=4,title=mlops::accuracy: accuracy 0\.8",
        capsys.readouterr().out,
        re.MULTILINE,
    )


def test_outputs_carry_decision_reason_report_and_the_stages_own(repository: Path) -> None:
    leave(repository, returning(report(Decision.FAIL)))
    text = (repository / "output").read_text()
    values = dict(re.findall(r"^(\w+)<<(?:mlops_\w+)\n(.*)\nmlops_\w+$", text, re.MULTILINE))
    assert values["decision"] == "fail"
    assert values["reason"] == "below_min"
    assert values["own"] == "value"
    assert values["report"].endswith("reports/evaluate.json")
    assert "❌ evaluate" in (repository / "summary").read_text()


def test_data_in_a_sentence_cannot_command_the_runner(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leave(repository, returning(report(Decision.FAIL, sentence="column\n::set-output name=passed::true")))
    stopped, token = False, ""
    for line in capsys.readouterr().out.splitlines():
        if match := re.fullmatch(r"::stop-commands::(\w+)", line):
            stopped, token = True, match[1]
        elif stopped and line == f"::{token}::":
            stopped, token = False, ""
        elif line.startswith("::set-output"):
            assert stopped
    assert "set-output" not in (repository / "output").read_text()


@pytest.mark.parametrize(
    ("error", "code"), [(DataError("no rows", why="lost", fix="make them"), 2), (OutsideError("registry gone"), 3)]
)
def test_explained_errors_are_annotated_whole(
    repository: Path, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    def fail(_config: Config, _progress: Progress) -> Report:
        raise error

    assert leave(repository, fail) == code
    assert f"::error title=mlops::{str(error).replace(chr(10), '%0A')}" in capsys.readouterr().out


def test_our_bug_shows_traceback_versions_and_where_to_report(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_config: Config, _progress: Progress) -> Report:
        raise ZeroDivisionError("oops")

    assert leave(repository, fail) == 4
    out = capsys.readouterr().out
    assert "::group::Traceback" in out
    assert "ZeroDivisionError: oops" in out
    assert "mlops-actions" in out
    assert "open an issue" in out


def test_missing_config_is_exit_2_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(tmp_path / "nowhere", returning(report(Decision.PASS))) == 2
    assert "--config" in capsys.readouterr().out


def test_override_checks_like_the_file(repository: Path) -> None:
    config = load(repository)
    assert override(config, "data", path="b.parquet").data == config.data.model_copy(update={"path": "b.parquet"})  # type: ignore[union-attr]
    assert override(config, "data", path=None) is config
    with pytest.raises(ConfigError, match="steps"):
        override(config, "deploy", steps=[50, 10])
    with pytest.raises(ConfigError, match="no section train"):
        override(config, "train", python="python3")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"environment": "../../etc"}, "--environment cannot be used: small letters, digits, dots and dashes"),
        ({"step_seconds": float("nan")}, "--deadline cannot be used: Input should be greater than 0"),
    ],
)
def test_option_that_cannot_be_used_is_named_with_what_was_expected(
    repository: Path, values: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        override(load(repository), "deploy", **values)
    assert f"(given: {str(next(iter(values.values())))!r})" in caught.value.what
    assert "pydantic" not in str(caught.value)


def test_sentence_is_said_once_outside_of_github(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    found = report(Decision.FAIL)
    other = Verdict(decision=Decision.FAIL, reason="below_min", sentence="f1 0.1, wanted 0.2")
    findings = [*found.findings, Finding(name="f1_weighted", verdict=other)]
    leave(repository, returning(found.model_copy(update={"findings": findings})))
    out = capsys.readouterr().out
    assert out.count("accuracy 0.8, wanted 0.9") == 1
    assert "error: f1_weighted: f1 0.1, wanted 0.2" in out
