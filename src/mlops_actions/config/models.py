"""The sections of mlops.yaml. Every key says its unit or direction; whatever can be derived is not asked for."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, field_validator, model_validator

from mlops_actions.config.data_sections import ColumnChecks, DataSection, HoldOut, RowChecks, ValidateDataSection
from mlops_actions.config.evaluate_section import EvaluateSection, Limits, PredictionFiles, SliceBins
from mlops_actions.config.section import Name, Probability, Section, Share

__all__ = [
    "WAYS_TO_TRAIN",
    "BuildPushSection",
    "CheckMetricsSection",
    "ColumnChecks",
    "Config",
    "DataSection",
    "DeploySection",
    "EvaluateSection",
    "FixedLimit",
    "HoldOut",
    "Limits",
    "ModelSection",
    "PredictionFiles",
    "QuantizeSection",
    "RowChecks",
    "Section",
    "SliceBins",
    "TrainSection",
    "ValidateDataSection",
]


class ModelSection(Section):
    """Who the model is. A bare string is its id."""

    id: Name = Field(
        description="Name of the model: small letters, digits, dot, dash; it names folders, images and metric labels."
    )


WAYS_TO_TRAIN = ("estimator", "base_architecture", "function", "command")


class TrainSection(Section):
    """How the model is made: exactly one of estimator, base_architecture, function, command."""

    estimator: str | None = Field(default=None, description="Import path of a scikit-learn estimator.")
    base_architecture: Literal["mlp", "cnn"] | None = Field(default=None, description="A Keras network of ours.")
    function: str | None = Field(
        default=None, description="`package.module:function` of yours: fit(train, parameters, output) -> model."
    )
    command: str | None = Field(
        default=None,
        description="Command of yours, started without a shell; it reads MLOPS_TRAIN_DATA and writes to MLOPS_OUTPUT.",
    )
    python: str | None = Field(
        default=None,
        description="Interpreter of your environment for function and command. Default: ours, with scikit-learn and TensorFlow.",
    )
    parameters: dict[str, Any] = Field(
        default={},
        description="Hyperparameters: estimator arguments, or learning_rate, batch_size, epochs, optimizer, hidden, …",
    )
    task: Literal["classification", "regression"] | None = Field(
        default=None, description="Default: read off the label and the estimator."
    )
    seed: int = 0
    timeout_minutes: Annotated[float, Field(gt=0)] = 300

    @model_validator(mode="after")
    def _exactly_one_way(self) -> "TrainSection":
        given = [way for way in WAYS_TO_TRAIN if getattr(self, way) is not None]
        if len(given) != 1:
            raise ValueError(
                f"exactly one of {', '.join(WAYS_TO_TRAIN)} is needed; given: {', '.join(given) or 'none'}"
            )
        return self


class QuantizeSection(Section):
    """The search for the fastest serving form that keeps quality."""

    max_drop_abs: Annotated[float, Field(ge=0)] = Field(
        default=0.005,
        description="Largest allowed loss of accuracy against the float model, in accuracy points of one.",
    )
    min_agreement: Share = Field(
        default=0.99, description="Smallest allowed share of test rows with the same predicted class."
    )
    schemes: list[Literal["float32", "float16", "dynamic_int8", "onnx"]] | None = Field(
        default=None, description="Default: all that fit the kind of model."
    )
    sample_rows: Annotated[int, Field(ge=100)] = Field(
        default=5000, description="Test rows used to compare; the report says how many."
    )


class BuildPushSection(Section):
    """The image."""

    builder: Literal["layers"] = "layers"
    base: str = Field(
        default="none",
        description="Image reference, path of an OCI layout (`oci:path`), or none: an image that needs a Python of its own beside it.",
    )
    python: str | None = Field(
        default=None, description="Python version in the base image, such as 3.11. Default: found in the base."
    )
    repository: str | None = Field(
        default=None, description="registry/name to push to. Without it the image stays an OCI layout in .mlops."
    )
    plain_http: bool = Field(default=False, description="Talk to the registry without TLS: for loopback registries.")


class DeploySection(Section):
    """Where a release goes."""

    target: Literal["local"] = "local"
    strategy: Literal["canary", "manual"] = Field(
        default="canary",
        description="canary: one process steps, judges and restores. manual: put the canary at its first weight; check-metrics, promote and rollback do the rest.",
    )
    replay_per_second: Annotated[float, Field(ge=0)] = Field(
        default=50, description="staging has no traffic of its own: test rows are replayed at this rate; 0 for none."
    )
    replay_rows: str | None = Field(
        default=None, description="Parquet file of rows to replay instead of the test rows."
    )
    environment: Name = "staging"
    namespace: Name | None = Field(
        default=None, description="Kubernetes namespace, for the Kubernetes target; the local target needs none."
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=0, description="Port of the local router; 0 picks a free one."
    )
    steps: list[Annotated[int, Field(ge=1, le=100)]] = Field(
        default=[10, 50], description="Canary weights in percent, each judged, before promotion."
    )
    step_seconds: Annotated[float, Field(gt=0)] = Field(
        default=300,
        description="Longest time a step is watched before the verdict is undecided; a step ends as soon as it is decided.",
    )
    lease_seconds: Annotated[float, Field(gt=0)] = 120
    ready_seconds: Annotated[float, Field(gt=0)] = 60
    on_undecided: Literal["hold", "promote", "rollback"] = "hold"

    @field_validator("steps")
    @classmethod
    def _steps_rise(cls, steps: list[int]) -> list[int]:
        if not steps or sorted(set(steps)) != steps:
            raise ValueError("canary weights must rise, such as [10, 50]")
        return steps


class FixedLimit(Section):
    """A PromQL query whose one value must stay inside limits."""

    query: str
    min: float | None = None
    max: float | None = None


class CheckMetricsSection(Section):
    """The online judge. Defaults are cautious and stated."""

    prometheus: str | None = Field(
        default=None, description="URL of a Prometheus. Without it the servers' own /metrics are read."
    )
    interval_seconds: Annotated[float, Field(gt=0)] = Field(default=15, description="Time between looks.")
    scrape_interval_seconds: Annotated[float, Field(gt=0)] = Field(
        default=15, description="How often Prometheus scrapes; the judge reads only up to now minus twice this."
    )
    alpha: Probability = Field(
        default=0.01, description="Chance of calling a healthy release harmful, however often we look."
    )
    beta: Probability = Field(default=0.05, description="Chance of calling a harmful release harmless.")
    r0: Annotated[float, Field(ge=1)] = Field(
        default=1.25, description="Ratio of bad-event rates, canary over stable, that is still no harm."
    )
    r1: Annotated[float, Field(gt=1)] = Field(default=2.0, description="Ratio that must be ruled out to pass.")
    negligible: Probability = Field(
        default=0.01, description="Rate of bad events that would not matter: to rule out more also passes."
    )
    ignore_below: Share = Field(default=0.001, description="Absolute difference of rates that is never harm.")
    limits: dict[str, FixedLimit] = Field(default={}, description="Fixed limits by name.")

    @model_validator(mode="after")
    def _ratios_are_ordered(self) -> "CheckMetricsSection":
        if self.r1 <= self.r0:
            raise ValueError("r1 must be larger than r0")
        return self


class Config(Section):
    """A whole mlops.yaml."""

    model: ModelSection
    data: DataSection | None = None
    validate_data: ValidateDataSection = ValidateDataSection()
    train: TrainSection | None = None
    evaluate: EvaluateSection = EvaluateSection()
    quantize: QuantizeSection = QuantizeSection()
    build_push: BuildPushSection = BuildPushSection()
    deploy: DeploySection = DeploySection()
    check_metrics: CheckMetricsSection = CheckMetricsSection()
    enforce: bool = Field(
        default=True, description="false: observe mode. Every gate reports what it would have done and exits 0."
    )

    _file: Path = PrivateAttr(default=Path("mlops.yaml"))
    _lines: dict[str, int] = PrivateAttr(default_factory=dict)
    _work: Path | None = PrivateAttr(default=None)

    @field_validator("model", mode="before")
    @classmethod
    def _bare_name(cls, value: object) -> object:
        return {"id": value} if isinstance(value, str) else value

    @property
    def file(self) -> Path:
        """The file this came from."""
        return self._file

    @property
    def root(self) -> Path:
        """The folder that relative paths start from."""
        return self._file.parent

    @property
    def work(self) -> Path:
        """Our folder for this model: `.mlops/<model>` beside mlops.yaml."""
        return self._work or self.root / ".mlops" / self.model.id

    def line(self, key: str) -> int | None:
        """Return the line of a dotted key (`evaluate.roc_auc.max_drop_abs`), or of its nearest written parent."""
        while key:
            if key in self._lines:
                return self._lines[key]
            key = key.rpartition(".")[0]
        return None

    def resolve(self, path: str) -> Path:
        """Return a path of mlops.yaml as one the process can open."""
        return self.root / path
