"""Images that were deployed here, unpacked and kept by digest, so that a rollback needs nothing from outside."""

import itertools
import re
import shutil
import sys
from pathlib import Path

from mlops_actions.bundle import Bundle
from mlops_actions.deploy.program import Program
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.files import replaced_folder
from mlops_actions.oci.image import HostCommand, Image, host_command, read_image
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.unpack import unpack

_DIGEST = re.compile(r"@sha256:([0-9a-f]{64})$")


class Images:
    """A folder of unpacked images.

    Args:
        folder: one sub-folder for each image, named by its digest.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def take(self, layout_path: Path, name: str) -> str:
        """Unpack the image of an OCI layout, unless it is here, and return its artifact: `<name>@sha256:<digest>`.

        Raises:
            DataError: no layout, a damaged one, or none for this machine.
        """
        layout = Layout(layout_path)
        image = read_image(layout)
        artifact = f"{name}@{image.descriptor.digest}"
        place = self._place(artifact)
        if not place.exists():
            with replaced_folder(place) as aside:
                (aside / "root").mkdir()
                unpack(layout, image, aside / "root")
                _keep_description(layout, image, aside / "layout")
        return artifact

    def bundle(self, artifact: str) -> Bundle:
        """Return the model in an image: its identity, serving form and golden rows."""
        return Bundle(_model_folder(self._command(artifact)))

    def __call__(self, artifact: str) -> Program:
        """Return the server in an image.

        Raises:
            DataError: the image is not here any more.
        """
        command = self._command(artifact)
        # Without this a module in the working directory that is named like ours would be run instead.
        environment = {**command.environment, "PYTHONSAFEPATH": "1"}
        return Program(command.arguments, self.bundle(artifact).golden(), environment)

    def keep(self, artifacts: set[str]) -> None:
        """Remove every image but these."""
        kept = {self._place(artifact) for artifact in artifacts}
        for place in self._folder.glob("[0-9a-f]*"):
            if place not in kept:
                shutil.rmtree(place)

    def _command(self, artifact: str) -> HostCommand:
        place = self._place(artifact)
        if not place.exists():
            raise DataError(
                f"The image {artifact} is not kept here any more.",
                why="it was deployed long ago, or its folder was removed.",
                fix="build it again and deploy it.",
            )
        return host_command(read_image(Layout(place / "layout")), place / "root", sys.executable, [])

    def _place(self, artifact: str) -> Path:
        found = _DIGEST.search(artifact)
        if found is None:
            raise ConfigError(
                f"{artifact} names no image by digest.",
                fix="give oci:PATH, or NAME@sha256:DIGEST as build-push puts it out.",
            )
        return self._folder / found[1]


def _keep_description(layout: Layout, image: Image, folder: Path) -> None:
    """Keep what says how to run the image, without its layers: those are unpacked."""
    kept = Layout.create(folder)
    for descriptor in (image.descriptor, image.config_descriptor):
        kept.take(descriptor, layout)
    kept.write_index(image.descriptor)


def _model_folder(command: HostCommand) -> Path:
    options = dict(itertools.pairwise(command.arguments))
    if "--model" not in options:
        raise DataError(
            "The image's entry point names no --model.",
            why="it is not an image of ours.",
            fix="build it with build-push.",
        )
    return Path(options["--model"])
