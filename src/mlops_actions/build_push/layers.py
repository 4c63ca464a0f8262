"""The builder without a daemon: base, locked packages, server, model and identity, each a layer that depends on content alone."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlops_actions
from mlops_actions.build_push.dependencies import Dependencies, Target, compile_bytecode
from mlops_actions.build_push.recipe import MODEL, PACKAGES, PORT, SERVER, USER, Built, BuiltLayer, Recipe
from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.oci.descriptor import CONFIG, MANIFEST, Descriptor
from mlops_actions.oci.image import read_manifest
from mlops_actions.oci.layer import Content, Layer, tree, write_layer
from mlops_actions.oci.layout import Layout
from mlops_actions.progress import Progress

_SOURCE = Path(mlops_actions.__file__).parent


class LayersBuilder:
    """Puts layers together as an OCI image."""

    def __init__(self, dependencies: Dependencies, progress: Progress) -> None:
        self._dependencies, self._progress = dependencies, progress

    def build(self, recipe: Recipe, folder: Path) -> Built:
        """Write the image; a new model makes only the model and identity layers anew."""
        layout = Layout.create(folder)
        base = self._base(recipe, layout)
        target = Target(recipe.base.python, recipe.architecture)
        packages, made = self._dependencies.layer(target, layout)
        compiler = self._dependencies.compiler(target)
        self._progress("packing server and model")
        own = {
            "dependencies": packages,
            "server": _server(layout, compiler),
            "model": write_layer(layout, _model(recipe.bundle), compress=False),
            "model_config": write_layer(layout, _identity(recipe.bundle), compress=False),
        }
        manifest = _manifest(layout, recipe, base, own)
        layout.write_index(manifest)
        layers = [BuiltLayer("base", layer.descriptor.digest, layer.descriptor.size, made=False) for layer in base]
        layers += [
            BuiltLayer(name, layer.descriptor.digest, layer.descriptor.size, made=name != "dependencies" or made)
            for name, layer in own.items()
        ]
        notes = [] if compiler else [f"Bytecode was not compiled: there is no Python {target.python} on this machine."]
        return Built(folder, read_manifest(layout, manifest), layers, notes)

    @staticmethod
    def _base(recipe: Recipe, layout: Layout) -> list[Layer]:
        image, source = recipe.base.image, recipe.base.layout
        if not image or not source:
            return []
        for descriptor in image.layers:
            layout.take(descriptor, source)
        return [Layer(descriptor, diff_id) for descriptor, diff_id in zip(image.layers, image.diff_ids, strict=True)]


def _server(layout: Layout, compiler: str | None) -> Layer:
    with tempfile.TemporaryDirectory(dir=layout.path, prefix=".server-") as temporary:
        package = Path(temporary) / "mlops_actions"
        shutil.copytree(_SOURCE / "serve", package / "serve", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copyfile(_SOURCE / "__init__.py", package / "__init__.py")
        compile_bytecode(Path(temporary), SERVER, compiler)
        return write_layer(layout, tree(Path(temporary), SERVER), compress=True)


def _model(bundle: Bundle) -> dict[str, Content]:
    """Weights hardly compress, so this layer is stored as it is."""
    return {**tree(bundle.serving, f"{MODEL}/serving"), f"{MODEL}/golden.json": bundle.path / "golden.json"}


def _identity(bundle: Bundle) -> dict[str, Content]:
    return {f"{MODEL}/model_config.yaml": bundle.path / "model_config.yaml"}


def _manifest(layout: Layout, recipe: Recipe, base: list[Layer], own: Mapping[str, Layer]) -> Descriptor:
    config = layout.add_json(_config(recipe, base, own), CONFIG)
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.to_json(),
        "layers": [layer.descriptor.to_json() for layer in (*base, *own.values())],
        "annotations": _labels(recipe.identity),
    }
    manifest = layout.add_json(content, MANIFEST)
    platform = {"os": "linux", "architecture": recipe.architecture}
    return Descriptor(manifest.media_type, manifest.digest, manifest.size, platform=platform)


def _config(recipe: Recipe, base: list[Layer], own: Mapping[str, Layer]) -> dict[str, Any]:
    """Return the image's config. No time is in it: equal inputs give an equal digest."""
    below = recipe.base.image.config if recipe.base.image else {}
    history = list(below.get("history") or [])
    return {
        "architecture": recipe.architecture,
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {f"{PORT}/tcp": {}},
            "Env": _environment(recipe),
            "Entrypoint": [recipe.base.interpreter, "-m", "mlops_actions.serve", "--model", f"/{MODEL}"],
            "Cmd": ["--host", "0.0.0.0", "--port", str(PORT)],  # noqa: S104 (a container's own network)
            "WorkingDir": "/app",
            "StopSignal": "SIGTERM",
            "Labels": _labels(recipe.identity),
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in (*base, *own.values())]},
        "history": [*history, *({"created_by": f"mlops-actions: {name}"} for name in own)],
    }


def _environment(recipe: Recipe) -> list[str]:
    below = recipe.base.image.environment if recipe.base.image else {}
    ours = {
        "PYTHONPATH": f"/{SERVER}:/{PACKAGES}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return [f"{name}={value}" for name, value in (below | ours).items()]


def _labels(identity: ModelConfig) -> dict[str, str]:
    return {
        "org.opencontainers.image.title": identity.id,
        "org.opencontainers.image.version": identity.version,
        "org.opencontainers.image.revision": identity.git_commit,
        "dev.mlops-actions.bundle-digest": identity.bundle_digest,
    }
