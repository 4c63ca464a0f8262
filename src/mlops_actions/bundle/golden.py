"""Golden rows: inputs with known answers. A server that does not reproduce them is not ready."""

from pydantic import BaseModel, ConfigDict


class Golden(BaseModel):
    """Rows and their answers.

    Attributes:
        rows: inputs as plain JSON rows (column -> number, text or null).
        expected: per row, the scores by class (classification) or one value (regression).
        tolerance: largest allowed absolute difference of any value.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: list[dict[str, float | int | str | bool | None]]
    expected: list[list[float]]
    tolerance: float
