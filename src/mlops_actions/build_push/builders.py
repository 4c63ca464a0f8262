"""The seam for builders: from a recipe to an image in a layout folder. Docker's engine can be a second one."""

from pathlib import Path
from typing import Protocol

from mlops_actions.build_push.dependencies import Dependencies
from mlops_actions.build_push.layers import LayersBuilder
from mlops_actions.build_push.recipe import Built, Recipe
from mlops_actions.build_push.tools import Tools
from mlops_actions.progress import Progress


class Builder(Protocol):
    """Makes images."""

    def build(self, recipe: Recipe, folder: Path) -> Built:
        """Write the image as an OCI layout into an empty folder; equal recipes give equal digests.

        Raises:
            ConfigError: the recipe cannot be built as it is.
            OutsideError: something it needs did not answer.
        """


def builder(name: str, tools: Tools, cache: Path, progress: Progress) -> Builder:
    """Return the builder that build_push.builder names."""
    return {"layers": LayersBuilder}[name](Dependencies(tools, cache, progress), progress)
