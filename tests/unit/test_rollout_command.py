"""`mlops run` as a command: when it goes on, when it ends, and with which code."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlops_actions.cli.main import mlops
from mlops_actions.pipeline import run as pipeline
from mlops_actions.report import Report
from mlops_actions.verdict import Decision, Verdict

TEXT = "model: toy\ndata: {path: rows.parquet, label: late}\ntrain: {estimator: x.Y}\n"


class Stages:
    """Stand-ins for the stages; `decisions` says how each ends."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.decisions = folder, dict[str, Decision]()
        monkeypatch.setattr(pipeline, "functions_of", lambda _: {name: self._stage(name) for name in pipeline.STAGES})

    def _stage(self, name: str) -> pipeline.Stage:
        decision = self.decisions.get(name, Decision.PASS)
        verdict = Verdict(decision=decision, reason="test", sentence=f"{name} was run.")
        return lambda _config, _progress: Report.model_validate({"stage": name, "model": "toy", "verdict": verdict})

    def run(self, text: str = "", **variables: str) -> Result:
        (self.folder / "mlops.yaml").write_text(TEXT + text)
        return CliRunner().invoke(mlops, ["run", "--config", str(self.folder)], env={"GITHUB_ACTIONS": "", **variables})


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stages:
    return Stages(tmp_path, monkeypatch)


PULL_REQUEST = {"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "pull_request"}


@pytest.mark.parametrize(
    ("decision", "text", "variables", "code", "goes_on"),
    [
        (Decision.PASS, "", {}, 0, True),
        (Decision.UNDECIDED, "", {}, 5, False),
        (Decision.UNDECIDED, "", PULL_REQUEST, 0, False),
        (Decision.UNDECIDED, "enforce: false", PULL_REQUEST, 0, True),
        (Decision.FAIL, "", PULL_REQUEST, 1, False),
        (Decision.FAIL, "enforce: false", {}, 0, True),
    ],
)
def test_run_goes_on_only_after_a_pass_or_when_it_observes(
    stages: Stages, decision: Decision, text: str, variables: dict[str, str], code: int, *, goes_on: bool
) -> None:
    stages.decisions["evaluate"] = decision
    result = stages.run(f"quantize: {{}}\n{text}", **variables)
    assert result.exit_code == code, result.output
    assert ("== quantize" in result.output) is goes_on
