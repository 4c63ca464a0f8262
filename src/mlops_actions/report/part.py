"""What all parts of reports have in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a report."""

    model_config = ConfigDict(extra="forbid", frozen=True)
