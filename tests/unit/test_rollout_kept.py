"""The bundle of the release that serves is kept, and is what the next one is compared with."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops_actions.bundle import Bundle
from mlops_actions.config import Config, load
from mlops_actions.deploy.site import folder_of
from mlops_actions.errors import OutsideError
from mlops_actions.pipeline import kept
from mlops_actions.pipeline.kept import keep, kept_base
from mlops_actions.release import FileStore, Ledger, Release, Status
from support.bundles import model_config


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "mlops.yaml").write_text("model: toy")
    return load(tmp_path)


def train(config: Config, *, seed: int) -> str:
    """Write a sealed bundle as train and quantize do, and return its digest."""
    bundle = Bundle(config.work / "bundle")
    bundle.path.mkdir(parents=True, exist_ok=True)
    return bundle.write_config(model_config(seed=seed), seal=True).bundle_digest


def promoted(config: Config, digest: str) -> Release:
    ledger = Ledger(FileStore(folder_of(config)), by="ann", lease_seconds=60)
    draft = Release(
        id=0,
        model="toy",
        environment="staging",
        version="v1",
        bundle_digest=digest,
        artifact="oci:image@sha256:" + "b" * 64,
        status=Status.PENDING,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        by="ann",
    )
    return ledger.verify(ledger.begin(draft), reason="a test")


def test_without_a_release_there_is_nothing_to_compare_with(config: Config) -> None:
    said: list[str] = []
    assert kept_base(config, progress=said.append) is None
    assert said == []


def test_bundle_of_the_promoted_release_is_the_base_of_the_next(config: Config) -> None:
    said: list[str] = []
    digest = train(config, seed=1)
    keep(config, promoted(config, digest), progress=said.append)
    train(config, seed=2)
    base = kept_base(config, progress=said.append)
    assert base is not None
    assert Bundle(base).config().bundle_digest == digest
    assert said == ["Comparing with release 1, version v1."]


def test_bundle_of_another_release_is_never_taken_for_the_base(config: Config) -> None:
    said: list[str] = []
    keep(config, promoted(config, train(config, seed=1)), progress=said.append)
    keep(config, promoted(config, "sha256:" + "c" * 64), progress=said.append)
    assert kept_base(config, progress=said.append) is None
    assert "The bundle of release 2 is not here" in said[0]
    assert "Release 2 serves, and its bundle is not kept here" in said[1]


def test_full_disk_does_not_undo_a_promotion(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path) -> None:
        raise OutsideError("The disk is full.")

    release = promoted(config, train(config, seed=1))
    monkeypatch.setattr(kept, "replaced_folder", full)
    said: list[str] = []
    keep(config, release, progress=said.append)
    assert "The disk is full." in said[0]
