"""What all sections of mlops.yaml have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Probability = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$")]


class Section(BaseModel):
    """A part of mlops.yaml: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
