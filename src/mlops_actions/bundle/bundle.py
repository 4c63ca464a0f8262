"""A bundle on disk."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mlops_actions.bundle.contract import Contract
from mlops_actions.bundle.golden import Golden
from mlops_actions.bundle.identity import ModelConfig
from mlops_actions.errors import DataError
from mlops_actions.files import explained, replaced_folder, sha256_file, sha256_text, write_text

SEALED = ("serving", "golden.json")
# What we cannot convert has no serving form: its model and its answers are what tells two of them apart.
SEALED_OPAQUE = (*SEALED, "model", "predictions")
PREDICTIONS = "predictions/test.parquet"


@dataclass(frozen=True)
class Bundle:
    """A bundle folder.

    Layout: `model_config.yaml`, `model/` (source format), `serving/` (what the server loads, with signature.json),
    `predictions/test.parquet` (columns id, label, prediction, score_<class>, weight?, group?), `test_rows.parquet` (their
    features, same order), `golden.json`, `contract.json`.
    """

    path: Path

    @property
    def model(self) -> Path:
        """Folder of the source format."""
        return self.path / "model"

    @property
    def serving(self) -> Path:
        """Folder of the serving form."""
        return self.path / "serving"

    @property
    def predictions(self) -> Path:
        """Per-row predictions on the test rows."""
        return self.path / PREDICTIONS

    def config(self) -> ModelConfig:
        """Read the identity.

        Raises:
            DataError: no bundle there, or one of another version.
        """
        path = self.path / "model_config.yaml"
        try:
            return ModelConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise DataError(
                f"There is no bundle at {self.path}.",
                why="train has not run here, or its artifact was not downloaded.",
                fix="run train first.",
            ) from None
        except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path} is not a model_config.yaml of this version: {_first(error)}.",
                why="another version of mlops-actions made the bundle, or it was edited.",
                fix="train it again with this version; where that cannot be done and it is the base of a comparison, pass --record instead of --base.",
            ) from None

    def golden(self) -> Golden:
        """Read the rows whose answers are known."""
        return Golden.model_validate_json(self._read("golden.json"))

    def write_golden(self, golden: Golden) -> None:
        """Write the rows whose answers are known."""
        write_text(self.path / "golden.json", golden.model_dump_json(indent=2) + "\n")

    def contract(self) -> Contract:
        """Read what the release is expected to do."""
        return Contract.model_validate_json(self._read("contract.json"))

    def write_contract(self, contract: Contract) -> None:
        """Write what the release is expected to do."""
        write_text(self.path / "contract.json", contract.model_dump_json(indent=2) + "\n")

    def _read(self, name: str) -> str:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise DataError(
                f"The bundle {self.path} has no {name}.",
                why="an earlier stage was stopped, or the artifact is incomplete.",
                fix="train and quantize again.",
            ) from None

    def write_config(self, config: ModelConfig, *, seal: bool) -> ModelConfig:
        """Write model_config.yaml with the sha256 of every file and the size of the model; `seal` also sets the bundle's digest.

        Returns:
            the identity as written.
        """
        files = self._digests()
        digest = self._digest(config, files) if seal else ""
        size = _bytes(self.model) or _bytes(self.serving)
        written = config.model_copy(update={"files": files, "bundle_digest": digest, "model_bytes": size})
        write_text(
            self.path / "model_config.yaml",
            yaml.safe_dump(written.model_dump(mode="json"), sort_keys=False, allow_unicode=True),
        )
        return written

    def predictions_only(self, to: Path) -> "Bundle":
        """Copy what another model is compared with: identity, predictions and contract.

        The identity goes on naming the sha256 of every file; whoever reads one checks that one. The rows are not copied:
        those of the other model are the same, or the two are not compared row by row.

        Raises:
            DataError: no bundle, or its predictions are not as they were written.
            OutsideError: the disk is full.
        """
        recorded = self.config().files
        if not self.predictions.is_file() or recorded.get(PREDICTIONS) != sha256_file(self.predictions):
            raise DataError(
                f"The predictions of the bundle {self.path} are not as they were written.",
                why="its artifact is incomplete, or it was edited.",
                fix="train again.",
            )
        with replaced_folder(to) as aside, explained(to):
            copy = Bundle(aside)
            copy.predictions.parent.mkdir()
            for name in ("model_config.yaml", PREDICTIONS, *(["contract.json"] if "contract.json" in recorded else [])):
                shutil.copy2(self.path / name, aside / name)
        return Bundle(to)

    def _digests(self) -> dict[str, str]:
        paths = sorted(path for path in self.path.rglob("*") if path.is_file() and path.name != "model_config.yaml")
        return {path.relative_to(self.path).as_posix(): sha256_file(path) for path in paths}

    def changed_files(self) -> list[str]:
        """Return the files that are not as model_config.yaml says: changed, lost or added since it was written."""
        recorded, there = self.config().files, self._digests()
        return sorted(name for name in recorded.keys() | there.keys() if recorded.get(name) != there.get(name))

    @staticmethod
    def _digest(config: ModelConfig, files: dict[str, str]) -> str:
        covered = SEALED_OPAQUE if config.framework == "opaque" else SEALED
        sealed: dict[str, Any] = {name: sha for name, sha in files.items() if name.split("/")[0] in covered}
        return sha256_text(json.dumps({"identity": config.identity(), "files": sealed}, sort_keys=True, default=str))

    def verify(self) -> ModelConfig:
        """Check the serving form, golden rows and identity against the seal, and return the identity.

        Raises:
            DataError: not sealed, or a sealed file was changed, removed or added since.
        """
        config = self.config()
        if not config.bundle_digest:
            raise DataError(
                f"The bundle {self.path} is not sealed.", why="quantize has not run.", fix="run quantize first."
            )
        if self._digest(config, self._digests()) != config.bundle_digest:
            raise DataError(
                f"The bundle {self.path} is not what was sealed as {config.bundle_digest[:19]}.",
                why="a file was changed or lost after quantize.",
                fix="run quantize again.",
            )
        return config


def _bytes(folder: Path) -> int | None:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return sum(sizes) if sizes else None


def _first(error: Exception) -> str:
    """Return the first thing that is wrong."""
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, found['loc'])) or 'the whole'}: {found['msg']}"
    return str(error).splitlines()[0]
