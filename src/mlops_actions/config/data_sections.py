"""The sections data and validate_data."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlops_actions.config.section import Section, Share


class HoldOut(Section):
    """A random test split."""

    fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    seed: int = 0


class DataSection(Section):
    """Where the rows are and which column is the answer."""

    path: str = Field(description="Parquet or CSV file, or a glob of Parquet files, relative to mlops.yaml.")
    label: str = Field(
        description="Column that holds the answer. Rows without a label are left out of training and testing, and counted."
    )
    test: str | HoldOut = Field(
        default=HoldOut(), description='SQL condition that selects the test rows (`"month >= 10"`), or a random share.'
    )
    id: str | None = Field(
        default=None, description="Column that identifies a row. Without it a row is known by the hash of its content."
    )
    features: list[str] | None = Field(
        default=None, description="Columns the model sees. Default: all but label, id, weight and exclude."
    )
    exclude: list[str] = Field(default=[], description="Columns the model must not see.")
    weight: str | None = Field(default=None, description="Column of row weights.")
    group: str | None = Field(default=None, description="Column of groups whose rows are not independent.")

    @model_validator(mode="after")
    def _label_is_hidden(self) -> "DataSection":
        if self.label in (self.features or []):
            raise ValueError(f"data.features names the label, {self.label}: the model would see the answer")
        return self


class ColumnChecks(Section):
    """What one column has to be. NaN counts as a missing value."""

    type: Literal["integer", "float", "number", "string", "boolean", "datetime"] | None = Field(
        default=None, description="integer also takes decimals that are all whole, as pandas holds them."
    )
    max_null_share: Share | None = Field(default=None, description="Largest allowed share of missing values.")
    min: float | None = Field(default=None, description="Smallest allowed value of a column of numbers.")
    max: float | None = Field(default=None, description="Largest allowed value of a column of numbers.")
    max_distinct: Annotated[int, Field(ge=1)] | None = None
    min_distinct: Annotated[int, Field(ge=1)] | None = None
    required: bool = Field(
        default=True, description="false: the column may be absent, and is checked when it is there."
    )

    @model_validator(mode="after")
    def _limits_are_ordered(self) -> "ColumnChecks":
        _ordered("min", self.min, "max", self.max)
        _ordered("min_distinct", self.min_distinct, "max_distinct", self.max_distinct)
        return self


class RowChecks(Section):
    """How many rows there have to be."""

    min: Annotated[int, Field(ge=0)] = 1
    max: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _limits_are_ordered(self) -> "RowChecks":
        _ordered("min", self.min, "max", self.max)
        return self


def _ordered(lower: str, low: float | None, upper: str, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"{lower} ({low}) is larger than {upper} ({high})")


class ValidateDataSection(Section):
    """Checks of the data; without any, the file must be readable, with the label and at least one row."""

    rows: RowChecks = RowChecks()
    columns: dict[str, ColumnChecks] = Field(default={}, description="Checks by column name.")
    extra_columns: Literal["allow", "forbid"] = "allow"
    mask_examples: bool = Field(
        default=True,
        description="Show offending values only by shape (Ab12 as Aa99); comments and logs are public. Smallest and largest numbers are shown.",
    )
