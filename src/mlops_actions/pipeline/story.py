"""demo.yaml: a story in candidates for a release, each with what is promised to happen to it."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from mlops_actions.config.section import Section
from mlops_actions.errors import ConfigError

FILE = "demo.yaml"
Fate = Literal["promoted", "stopped", "rolled_back"]


class Traffic(Section):
    """What clients send: the test rows of the first release, but for what nobody knows at that moment."""

    per_second: Annotated[float, Field(gt=0)] = 200
    unknown: list[str] = Field(default=[], description="Columns that are null in live requests.")


class Chapter(Section):
    """One candidate.

    Attributes:
        title: what is tried, one line.
        changes: keys of mlops.yaml that this candidate changes.
        promise: promoted, stopped (by a gate before the deploy), or rolled_back (by the judge).
    """

    title: str
    changes: dict[str, Any] = Field(default={})
    promise: Fate


class Story(Section):
    """The whole story; `changes` hold for every candidate, so that it fits a minute."""

    traffic: Traffic = Traffic()
    changes: dict[str, Any] = Field(default={})
    candidates: Annotated[list[Chapter], Field(min_length=1)]


def read_story(path: Path) -> Story:
    """Read demo.yaml.

    Raises:
        ConfigError: missing, or not a story.
    """
    try:
        return Story.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ConfigError(
            f"There is no {path}.",
            why="a demonstration is told by a file beside mlops.yaml.",
            fix="run it on an example that has one, such as examples/flights, or run `mlops run` here.",
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {str(error).splitlines()[0]}.", file=str(path)) from None
    except (ValidationError, UnicodeDecodeError) as error:
        said = " ".join(str(error).splitlines()[1:3])
        raise ConfigError(
            f"{path} is not a story: {said}", fix="see examples/flights/demo.yaml.", file=str(path)
        ) from None
