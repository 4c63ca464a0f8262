"""The command: exit codes, report and outputs, in an environment that has only what the stage asks for."""

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

import polars as pl
import pytest

from mlops_actions.evaluate import notices as notices_module
from mlops_actions.evaluate.metrics import METRICS
from mlops_actions.evaluate.verdicts import WORDS

ROWS = 400
# The stage's own environment has polars, numpy and scipy; importing anything else of ours would fail there.
COMMAND = (
    "import sys; sys.modules.update(dict.fromkeys(['sklearn', 'pandas', 'pyarrow', 'tensorflow', 'onnxruntime', 'statsmodels']));"
    " from mlops_actions.cli import main; main()"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    labels = [number % 2 for number in range(ROWS)]
    pl.DataFrame({"id": range(ROWS), "label": labels}).write_parquet(tmp_path / "labels.parquet")
    for name, wrong in (("good", 20), ("bad", 120)):
        scores = [0.9 if (label == 1) ^ (number < wrong) else 0.1 for number, label in enumerate(labels)]
        pl.DataFrame({"id": range(ROWS), "score": scores}).write_parquet(tmp_path / f"{name}.parquet")
    return tmp_path


def evaluate(folder: Path, limits: str, *options: str, event: str = "push") -> tuple[int, str, dict[str, str]]:
    (folder / "mlops.yaml").write_text(f"model: toy\nevaluate: {{{limits}}}\n", encoding="utf-8")
    (folder / "output").write_text("")
    environment = {
        "PATH": os.environ["PATH"],
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "evaluate", "--labels", "labels.parquet", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (folder / "output").read_text().splitlines()
    # name<<delimiter, value, delimiter
    outputs = {name.split("<<")[0]: value for name, value in zip(lines[::3], lines[1::3], strict=False)}
    return done.returncode, done.stdout + done.stderr, outputs


@pytest.mark.parametrize(
    ("candidate", "limits", "event", "code", "reason"),
    [
        ("good", "accuracy: {max_drop_abs: 0.01}", "push", 0, "improved"),
        ("bad", "accuracy: {min: 0.9}", "push", 1, "below_min"),
        ("good", "accuracy: {min: 0.96}", "push", 5, "undecided"),
        ("good", "accuracy: {min: 0.96}", "pull_request", 0, "undecided"),
        ("good", "mae: {max: 1}", "push", 2, None),
        ("missing", "accuracy: {min: 0.9}", "push", 2, None),
    ],
)
def test_exit_codes(folder: Path, *, candidate: str, limits: str, event: str, code: int, reason: str | None) -> None:
    found, said, outputs = evaluate(
        folder, limits, "--candidate", f"{candidate}.parquet", "--base", "bad.parquet", event=event
    )
    assert found == code, said
    assert outputs.get("reason") == reason


def test_a_worse_model_is_annotated_where_the_limit_stands(folder: Path) -> None:
    code, said, outputs = evaluate(
        folder, "roc_auc: {max_drop_abs: 0.005}", "--candidate", "bad.parquet", "--base", "good.parquet"
    )
    assert (code, outputs["decision"]) == (1, "fail")
    assert "::error" in said
    assert "line=2" in said
    assert "Worse: ROC AUC fell" in said
    assert "newly wrong" in (folder / "summary.md").read_text()
    report = json.loads((folder / ".mlops" / "toy" / "reports" / "evaluate.json").read_text())
    assert report["findings"][0]["key"] == "evaluate.roc_auc.max_drop_abs"
    assert report["facts"]["rows"] == ROWS


def test_options_reach_the_stage(folder: Path) -> None:
    """A run that was judged, and one that has nothing but its record to compare with."""
    limits, report = "accuracy: {max_drop_abs: 0.01}", folder / ".mlops" / "toy" / "reports" / "evaluate.json"
    options = ("--candidate", "good.parquet", "--base", "good.parquet", "--base-from", "cache", "--uses", "3")
    assert evaluate(folder, limits, *options)[0] == 0
    found = json.loads(report.read_text())["evaluation"]
    assert (found["base_from"], found["uses"], found["comparisons"][0]["word"]) == ("cache", 4, "non_inferior")
    (folder / "record.json").write_text(json.dumps(found))
    code, said, outputs = evaluate(folder, limits, "--candidate", "bad.parquet", "--record", "record.json")
    assert (code, outputs["reason"]) == (1, "regressed"), said
    assert "by the base's recorded numbers" in said
    assert evaluate(folder, limits, "--candidate", "bad.parquet", "--noise", "gone.json")[0] == 2
    assert evaluate(folder, limits, "--candidate", "bad.parquet", "--labels", "data")[0] == 2


def test_the_page_works_as_it_is_written(folder: Path) -> None:
    """docs/evaluate.md: its mlops.yaml and its command, on three files such as it describes."""
    page = (Path(__file__).parents[2] / "docs" / "evaluate.md").read_text(encoding="utf-8")
    blocks = [textwrap.dedent(block) for block in re.findall(r"(?:^    .*\n)+", page, re.MULTILINE)]
    (folder / "mlops.yaml").write_text(next(block for block in blocks if block.startswith("model:")))
    command = shlex.split(next(block for block in blocks if block.startswith("mlops evaluate")))
    (folder / "good.parquet").rename(folder / "base.parquet")
    (folder / "bad.parquet").rename(folder / "candidate.parquet")
    argv = [sys.executable, "-c", COMMAND, *command[1:]]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, "evaluate: fail: Worse: ROC AUC fell" in done.stdout + done.stderr) == (1, True), done


def test_the_page_knows_every_reason() -> None:
    page = (Path(__file__).parents[2] / "docs" / "evaluate.md").read_text(encoding="utf-8")
    notices = set(re.findall(r'Notice\(\s*"(\w+)"', Path(notices_module.__file__).read_text(encoding="utf-8")))
    assert len(notices) >= 7
    assert [reason for reason in [*WORDS, *notices, "no_limits", "slice_warned"] if f"`{reason}`" not in page] == []
    assert [metric for metric in METRICS if f"`{metric}`" not in page] == []
