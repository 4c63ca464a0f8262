"""From the name of an image to an image that is kept here."""

import tempfile
from pathlib import Path

from mlops_actions.config import Config
from mlops_actions.deploy.images import Images
from mlops_actions.errors import DataError
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.pull import pull_image
from mlops_actions.oci.reference import parse
from mlops_actions.oci.registry import Registry
from mlops_actions.progress import Progress

LAYOUT = "oci:"


def fetch(
    image: str | None, config: Config, images: Images, *, credentials: tuple[str, str], progress: Progress
) -> str:
    """Bring an image here and return its artifact, which names it by digest.

    Args:
        image: `oci:PATH[@sha256:DIGEST]`, a registry's reference, or None for what build-push wrote.
        config: mlops.yaml; `build_push.plain_http` holds for pulling too.
        images: where it is kept.
        credentials: user and password of the registry.
        progress: told what is pulled.

    Raises:
        DataError: no image there, or not the one whose digest was asked for.
        OutsideError: the registry does not answer.
    """
    if image is None:
        image = f"{LAYOUT}{config.work / 'image'}"
    if image.startswith(LAYOUT):
        artifact = images.take(Path(image.removeprefix(LAYOUT).partition("@")[0]), image.partition("@")[0])
        return _checked(image, artifact)
    reference = parse(image, key="image")
    registry = Registry(
        reference.registry,
        reference.repository,
        credentials=credentials,
        plain_http=config.build_push.plain_http,
    )
    with tempfile.TemporaryDirectory() as folder:
        layout = Layout.create(Path(folder))
        layout.write_index(pull_image(registry, reference.version, layout, progress).descriptor)
        return _checked(image, images.take(layout.path, reference.name))


def _checked(image: str, artifact: str) -> str:
    _, at, wanted = image.partition("@")
    if at and not artifact.endswith(f"@{wanted}"):
        raise DataError(
            f"The image is {artifact}, and {wanted} was asked for.",
            why="the layout was built again since its digest was written down, or the index names another platform.",
            fix="give the digest that build-push put out last.",
        )
    return artifact
