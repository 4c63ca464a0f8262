"""model_config.yaml: who the model is, what made it, and the sha256 of every file of the bundle."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of model_config.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Feature(Part):
    """One input column, in the order the model wants it.

    Models take a missing number as NaN and a missing text as "".
    `nullable` says whether training saw missing values; a server refuses a null where training saw none.
    """

    name: str
    dtype: Literal["float", "string"]
    nullable: bool


class Dataset(Part):
    """The data the model saw."""

    path: str
    sha256: str
    version: str
    train_rows: int
    test_rows: int


class Environment(Part):
    """What ran the training."""

    python: str
    packages: dict[str, str]


class ModelConfig(Part):
    """Identity of a bundle.

    Attributes:
        framework: what `model/` holds; `opaque` brings its own image.
        classes: labels as text, in the order of the scores; empty for regression.
        features: inputs in order; numbers travel as float32, everything else as text.
        input_digest: of data, code, parameters, lock and seed: equal means identical by construction.
        bundle_digest: of serving form, golden rows and identity; empty until sealed.
        model_bytes: size of the model as trained, else of its serving form; None where neither is kept.
        files: sha256 of every file below the bundle, by relative path.
    """

    id: str
    version: str
    framework: Literal["sklearn", "keras", "opaque"]
    task: Literal["classification", "regression"]
    base_architecture: str
    classes: list[str]
    features: list[Feature]
    label: str
    dataset: Dataset
    hyperparameters: dict[str, Any]
    environment: Environment
    git_commit: str
    seed: int
    input_digest: str
    bundle_digest: str = ""
    model_bytes: int | None = None
    files: dict[str, str] = {}

    def identity(self) -> dict[str, Any]:
        """Return the part that `bundle_digest` covers: no commit, no version, no measurements, no environment."""
        return self.model_dump(
            include={
                "id",
                "framework",
                "task",
                "base_architecture",
                "classes",
                "features",
                "label",
                "dataset",
                "hyperparameters",
                "seed",
            }
        )
