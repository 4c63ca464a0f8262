"""The slim copy of a bundle that caches keep: what a comparison reads, and nothing else."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from mlops_actions.bundle import Bundle
from mlops_actions.cli.main import mlops
from mlops_actions.errors import DataError
from support.bundles import model_config, predictions, write_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    (tmp_path / "bundle" / "model").mkdir(parents=True)
    (tmp_path / "bundle" / "model" / "model.skops").write_bytes(b"m" * 1000)
    frame = predictions(["a", "b"], ["no", "yes"], ["no", "yes"], np.array([[0.9, 0.1], [0.2, 0.8]]))
    return write_bundle(tmp_path / "bundle", model_config(), frame, pl.DataFrame({"x": [1.0, 2.0]}))


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_predictions_identity_contract_and_the_size_are_kept(bundle: Bundle, tmp_path: Path) -> None:
    kept = bundle.predictions_only(tmp_path / "kept")
    assert files(kept.path) == ["contract.json", "model_config.yaml", "predictions/test.parquet"]
    assert kept.config() == bundle.config()
    assert kept.contract() == bundle.contract()
    assert kept.predictions.read_bytes() == bundle.predictions.read_bytes()
    assert kept.config().model_bytes == 1000


def test_a_copy_of_a_copy_is_the_same(bundle: Bundle, tmp_path: Path) -> None:
    once = bundle.predictions_only(tmp_path / "once")
    twice = once.predictions_only(tmp_path / "twice")
    assert [(once.path / name).read_bytes() for name in files(once.path)] == [
        (twice.path / name).read_bytes() for name in files(twice.path)
    ]


def test_what_was_there_is_replaced(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "old").touch()
    assert "old" not in files(bundle.predictions_only(tmp_path / "kept").path)


@pytest.mark.parametrize("harm", ["changed", "lost"])
def test_predictions_that_are_not_as_written_are_refused(bundle: Bundle, tmp_path: Path, harm: str) -> None:
    if harm == "lost":
        bundle.predictions.unlink()
    else:
        bundle.predictions.write_bytes(b"other")
    with pytest.raises(DataError, match="not as they were written"):
        bundle.predictions_only(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_the_command(bundle: Bundle, tmp_path: Path) -> None:
    done = CliRunner().invoke(mlops, ["keep", "--bundle", str(bundle.path), "--to", str(tmp_path / "kept")])
    assert done.exit_code == 0, done.output
    assert Bundle(tmp_path / "kept").config() == bundle.config()
    done = CliRunner().invoke(mlops, ["keep", "--bundle", str(tmp_path / "none"), "--to", str(tmp_path / "other")])
    assert done.exit_code == 2
    assert "There is no bundle" in done.output
