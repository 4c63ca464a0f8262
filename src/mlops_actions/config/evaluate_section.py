"""The section `evaluate` of mlops.yaml: the pull-request gate."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from mlops_actions.config.section import Probability, Section, Share

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Limits(Section):
    """Limits of one metric. `max_drop_abs` is in the metric's own unit, `max_drop_rel` a share of the base's value."""

    min: Finite | None = None
    max: Finite | None = None
    max_drop_abs: Annotated[Finite, Field(ge=0)] | None = None
    max_drop_rel: Share | None = None


class PredictionFiles(Section):
    """Plain Parquet files, for a team that trains elsewhere."""

    labels: str = Field(
        description="Columns id and label (label_<name> of 0 and 1 for each of several labels), and any of weight, group and the columns of slices."
    )
    candidate: str = Field(description="Columns id and prediction, score, or score_<class> for each class.")
    base: str | None = None


class SliceBins(Section):
    """A column of numbers cut at edges: below the first, between each two, from the last on."""

    column: str
    bins: Annotated[list[Finite], Field(min_length=1)]

    @field_validator("bins")
    @classmethod
    def _bins_rise(cls, bins: list[float]) -> list[float]:
        if sorted(set(bins)) != bins:
            raise ValueError("bins must rise, such as [18, 30, 65]")
        return bins


SlicePart = str | SliceBins
SliceBy = SlicePart | Annotated[list[SlicePart], Field(min_length=2)]


class EvaluateSection(Section):
    """The offline gate: limits for each metric that counts."""

    accuracy: Limits | None = None
    precision: Limits | None = Field(
        default=None, description="Of the larger of two classes; of more, the mean over classes."
    )
    recall: Limits | None = Field(
        default=None, description="Of the larger of two classes; of more, the mean over classes."
    )
    f1_weighted: Limits | None = None
    f1_macro: Limits | None = None
    roc_auc: Limits | None = None
    log_loss: Limits | None = None
    brier: Limits | None = None
    mae: Limits | None = Field(default=None, description="Mean absolute error of a regression; a drop is a rise of it.")
    rmse: Limits | None = None
    r2: Limits | None = None
    files: PredictionFiles | None = None
    slices: list[SliceBy] = Field(
        default=[],
        description="Columns whose values are judged apart, columns with bins, and crossings: [origin, {column: distance, bins: [500, 1000]}, [origin, carrier]].",
    )
    min_slice_rows: Annotated[int, Field(ge=30)] = Field(
        default=100, description="Slices with fewer rows are listed and not judged."
    )
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = Field(
        default=0.05,
        description="Chance that a change that does not matter is called worse, over all metrics and slices together.",
    )
    slices_share: Probability = Field(
        default=0.5, description="Share of alpha that slices get, where any is judged; metrics keep the rest."
    )
    power: Probability = Field(default=0.8, description="Power of the smallest detectable drop that reports name.")
    warn_rate: Probability = Field(
        default=0.1,
        description="Expected share of false ones among the slices that are warned of (Benjamini-Hochberg).",
    )
    without_base: Literal["pass", "undecided", "fail"] = Field(
        default="pass", description="What a limit on a drop says where there is no base: the first run ever."
    )
    max_uses: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Say so once a test set has decided more often than this: each decision wears it."
    )
    show_rows: bool = Field(
        default=False, description="true: values of rows may stand in comments, for public data. Else they are masked."
    )
    allow: list[Literal["small_drop", "undecided"]] = Field(
        default=[], description="Verdicts that do not stop a release."
    )

    def limits(self) -> dict[str, Limits]:
        """Return the metrics that are named, with their limits."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in values.items() if isinstance(value, Limits)}
