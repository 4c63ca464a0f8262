"""The root action alone in a job, with a list of stages."""

from pathlib import Path

import polars as pl

import act as staging
from support.act import ROOT, Act
from support.consumer import Consumer

CONFIG = """\
model: tiny
data: {path: rows.csv, label: late}
validate_data: {columns: {x: {max: 50}}}
train: {estimator: sklearn.linear_model.LogisticRegression}
enforce: false
"""
WORKFLOW = """\
on: push
permissions: {}
jobs:
  alone:
    name: Alone
    runs-on: ubuntu-latest
    steps:
      - uses: CHECKOUT
      - id: mlops
        uses: OWNER@REF
        with:
          stages: |
            train
            validate-data
      - env:
          SAID: ${{ steps.mlops.outputs.decision }} ${{ steps.mlops.outputs.reason }} ${{ steps.mlops.outputs.work }}
        run: echo "the outputs are $SAID"
"""


def test_stages_by_list_in_observe_mode(act: Act, tmp_path: Path) -> None:
    """A gate that would have stopped is reported, and the pipeline goes on in its own order."""
    own = tmp_path / "own"
    (own / ".github/workflows").mkdir(parents=True)
    release = (ROOT / ".github/workflows/model-release.yml").read_text(encoding="utf-8")
    checkout = next(line.split()[2] for line in release.splitlines() if "uses: actions/checkout@" in line)
    workflow = WORKFLOW.replace("CHECKOUT", checkout).replace("OWNER", staging.OWNER).replace("REF", act.ref)
    (own / ".github/workflows/alone.yml").write_text(workflow)
    (own / "mlops.yaml").write_text(CONFIG)
    pl.DataFrame({"x": range(200), "late": [x % 3 == 0 for x in range(200)]}).write_csv(own / "rows.csv")
    repository = Consumer(tmp_path / "repository", own)
    repository.commit("One job")
    run = act.run(repository, "alone.yml", "push")
    assert run.code == 0, run.log
    assert run.errors == []
    assert "observe mode: this would have stopped the pipeline" in run.log
    assert run.summary.index("❌ validate-data") < run.summary.index("✅ train")
    assert "the outputs are pass trained .mlops/tiny" in run.log
