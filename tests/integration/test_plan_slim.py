"""The slim copies that caches and artifacts hold, in the place of the bundles: the comparison is the same."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from mlops_actions import evaluate
from mlops_actions.bundle import Bundle
from mlops_actions.config import load
from mlops_actions.errors import DataError
from mlops_actions.progress import silent
from mlops_actions.report import Evaluation
from support.training import repository, rows, run

ESTIMATOR = "sklearn.tree.DecisionTreeClassifier"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a base and a candidate, each as train wrote it and slim."""
    folder = tmp_path_factory.mktemp("slim") / "project"
    for name, depth in (("base", 4), ("candidate", 2)):
        repository(folder, rows(1500), train={"estimator": ESTIMATOR, "parameters": {"max_depth": depth}})
        _, bundle, _ = run(folder)
        bundle.path.rename(folder / name)
        Bundle(folder / name).predictions_only(folder / f"slim-{name}")
    written = yaml.safe_load((folder / "mlops.yaml").read_text())
    written["evaluate"] = {
        "accuracy": {"max_drop_abs": 0.01, "min": 0.5},
        "roc_auc": {"max_drop_abs": 0.01},
        "slices": ["town"],
        "min_slice_rows": 30,
        "show_rows": True,
    }
    (folder / "mlops.yaml").write_text(yaml.safe_dump(written, allow_unicode=True))
    return folder


def compared(folder: Path, prefix: str) -> Evaluation:
    report = evaluate.run(
        load(folder), candidate=folder / f"{prefix}candidate", base=folder / f"{prefix}base", progress=silent
    )
    assert report.evaluation is not None
    return report.evaluation


def test_slim_copies_answer_as_the_bundles_do(project: Path) -> None:
    whole, slim = compared(project, ""), compared(project, "slim-")
    assert whole.slices
    assert whole.flips is not None
    assert whole.flips.examples[0].values
    assert whole.candidate.model_bytes
    assert slim.model_copy(update={"extra": whole.extra}) == whole


def test_without_slices_the_rows_are_read_to_be_shown(project: Path) -> None:
    text = (project / "mlops.yaml").read_text()
    written = yaml.safe_load(text)
    del written["evaluate"]["slices"]
    try:
        (project / "mlops.yaml").write_text(yaml.safe_dump(written, allow_unicode=True))
        whole, slim = compared(project, ""), compared(project, "slim-")
    finally:
        (project / "mlops.yaml").write_text(text)
    assert slim.flips == whole.flips
    assert slim.flips is not None
    assert slim.flips.examples[0].values


def test_a_slim_copy_that_was_edited_is_refused(project: Path, tmp_path: Path) -> None:
    edited = Bundle(project / "base").predictions_only(tmp_path / "edited")
    frame = pl.read_parquet(edited.predictions)
    frame.with_columns(prediction=pl.col("label")).write_parquet(edited.predictions)
    with pytest.raises(DataError, match="not as it was written"):
        evaluate.run(load(project), candidate=edited.path, progress=silent)
