"""The stage: verify the seal, build, prove, push, report."""

import shutil
from pathlib import Path

from mlops_actions.build_push.bases import find_base
from mlops_actions.build_push.builders import builder
from mlops_actions.build_push.prove import ProofError, prove
from mlops_actions.build_push.recipe import Built, Recipe
from mlops_actions.build_push.tools import Tools
from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError
from mlops_actions.files import replaced_folder
from mlops_actions.oci.image import this_architecture
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.push import Transfer, push_image
from mlops_actions.oci.reference import Reference, as_tag, parse
from mlops_actions.oci.registry import Registry
from mlops_actions.progress import Progress
from mlops_actions.report import Finding, Report, Table
from mlops_actions.verdict import Decision, Verdict


def run(
    config: Config,
    *,
    credentials: tuple[str, str],
    tools: Tools,
    progress: Progress,
    cache: Path | None = None,
) -> Report:
    """Build the image of `.mlops/<model>/bundle` into `.mlops/<model>/image`, prove that it answers, push it.

    Args:
        config: the whole configuration.
        credentials: user and password of the registry; empty for none.
        tools: programs of this machine.
        progress: told what is going on.
        cache: folder for the dependency layer and pulled bases; default `.mlops/.cache` beside mlops.yaml.

    Returns:
        a report with outputs `image` (`oci:PATH@DIGEST` or `REGISTRY/NAME@DIGEST`) and `digest`; it fails with
        `golden_mismatch` or `not_started` when the image does not reproduce the golden rows, and nothing is pushed then.

    Raises:
        DataError: the bundle is missing, not sealed, or changed since.
        ConfigError: the base or the repository cannot be used as given.
        OutsideError: a registry or the package index does not answer.
    """
    target = _repository(config)
    bundle = Bundle(config.work / "bundle")
    identity = bundle.verify()
    _refuse_opaque(identity)
    cache = (cache or config.root / ".mlops" / ".cache").resolve()  # uv runs in another folder
    base = find_base(config, credentials, cache, progress)
    registry = _registry(config, target, base.reference, credentials) if target else None
    if registry:
        registry.reach()
    recipe = Recipe(bundle, identity, base, this_architecture())
    image_folder = config.work / "image"
    try:
        with replaced_folder(image_folder) as aside:
            built = builder(config.build_push.builder, tools, cache, progress).build(recipe, aside)
            way = prove(built, recipe.base, bundle.golden(), tools, progress)
    except ProofError as error:
        # An image of an earlier model must not be deployed in the place of one that failed.
        shutil.rmtree(image_folder, ignore_errors=True)
        return _failed(config, error)
    transfers = _push(config, registry, built, identity.version, progress) if registry else []
    return _passed(config, recipe, built, way, transfers)


def _repository(config: Config) -> Reference | None:
    if not config.build_push.repository:
        return None
    reference = parse(config.build_push.repository, key="build_push.repository")
    if reference.tag or reference.digest:
        raise ConfigError(
            f"build_push.repository, {config.build_push.repository!r}, names a tag or digest.",
            why="the tag is the model's version, and the digest is what comes out.",
            fix=f"write {reference.name}.",
            file=str(config.file),
            line=config.line("build_push.repository"),
        )
    return reference


def _refuse_opaque(identity: ModelConfig) -> None:
    if identity.framework == "opaque":
        raise ConfigError(
            f"{identity.id} is a model of a kind that our server cannot load.",
            why="it is neither scikit-learn nor Keras.",
            fix="run `mlops run --to evaluate`; building and releasing such a model is not supported yet.",
        )


def _registry(config: Config, target: Reference, base: Reference | None, credentials: tuple[str, str]) -> Registry:
    return Registry(
        target.registry,
        target.repository,
        credentials=credentials,
        plain_http=config.build_push.plain_http,
        push=True,
        mount_from=base.repository if base and base.registry == target.registry else "",
    )


def _push(config: Config, registry: Registry, built: Built, version: str, progress: Progress) -> list[Transfer]:
    tag = as_tag(version)
    progress(f"pushing {registry.host}/{registry.repository}:{tag}")
    return push_image(registry, Layout(config.work / "image"), built.image, tag, progress)


def _failed(config: Config, error: ProofError) -> Report:
    verdict = Verdict(decision=Decision.FAIL, reason=error.reason, sentence=f"{error.what} Nothing was pushed.")
    finding = Finding(name="golden rows", verdict=verdict, key="build_push")
    return Report(stage="build-push", model=config.model.id, verdict=verdict, findings=[finding])


def _passed(config: Config, recipe: Recipe, built: Built, way: str, transfers: list[Transfer]) -> Report:
    digest = built.image.descriptor.digest
    target = _repository(config)
    place = f"{target.name}@{digest}" if target else f"oci:{config.work / 'image'}@{digest}"
    sent = sum(transfer.sent for transfer in transfers)
    size = sum(layer.size for layer in built.layers)
    rows = len(recipe.bundle.golden().rows)
    proof = Verdict(
        decision=Decision.PASS, reason="reproduced", sentence=f"{rows} golden rows were reproduced; started {way}."
    )
    moved = f"; {sent:,} bytes were uploaded" if target else ""
    verdict = Verdict(
        decision=Decision.PASS,
        reason="pushed" if target else "built",
        sentence=" ".join([f"{place} ({size:,} bytes{moved}). {proof.sentence}", *built.notes]),
    )
    return Report(
        stage="build-push",
        model=config.model.id,
        verdict=verdict,
        findings=[Finding(name="golden rows", verdict=proof)],
        tables=[_table(built, transfers)],
        facts={
            "digest": digest,
            "bundle_digest": recipe.identity.bundle_digest,
            "python": recipe.base.python,
            "architecture": recipe.architecture,
            "started": way,
            "bytes": size,
            "bytes_sent": sent,
            "tag": as_tag(recipe.identity.version) if target else None,
        },
        outputs={"image": place, "digest": digest},
    )


def _table(built: Built, transfers: list[Transfer]) -> Table:
    by_digest = {transfer.descriptor.digest: transfer for transfer in transfers}
    rows: list[list[str | int | float | None]] = []
    for layer in built.layers:
        transfer = by_digest.get(layer.digest)
        made = "built" if layer.made else "reused"
        rows.append(
            [
                layer.name,
                layer.size,
                layer.digest[:19],
                made,
                transfer.how if transfer else "",
                transfer.sent if transfer else None,
            ]
        )
    return Table(title="Layers", columns=["layer", "bytes", "digest", "here", "registry", "bytes sent"], rows=rows)
