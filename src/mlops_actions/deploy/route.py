"""route.json: where the router sends requests. Written by the target, read by the router when it is told to."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from mlops_actions.files import write_text

FILE, TOKEN_FILE, TOKEN_HEADER = "route.json", "router.token", "X-Router-Token"


class Route(BaseModel):
    """Base URLs of the two tracks, and the percentage of traffic that the canary gets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stable: str | None = None
    canary: str | None = None
    canary_weight: int = Field(default=0, ge=0, le=100)

    @classmethod
    def read(cls, folder: Path) -> "Route":
        """Read the route; without a file it leads nowhere."""
        path = folder / FILE
        return cls.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else cls()

    def write(self, folder: Path) -> None:
        """Write the route."""
        write_text(folder / FILE, self.model_dump_json(indent=2) + "\n")
