"""Bring an image from a registry into a layout."""

from mlops_actions.oci.descriptor import INDEX, MANIFEST, Descriptor
from mlops_actions.oci.image import Image, choose, read_manifest, this_architecture
from mlops_actions.oci.layout import Layout
from mlops_actions.oci.registry import Registry
from mlops_actions.progress import Progress


def pull_image(registry: Registry, version: str, layout: Layout, progress: Progress) -> Image:
    """Pull the variant of an image for Linux on this machine's architecture; blobs that are there are not fetched.

    Raises:
        DataError: no such variant, or something is not what its digest says.
        OutsideError: the registry does not answer.
    """
    descriptor, content = registry.manifest(version)
    if descriptor.media_type == INDEX:
        layout.add(content, INDEX)
        nested = layout.read_json(descriptor)
        chosen = choose([Descriptor.from_json(item) for item in nested.get("manifests", [])], this_architecture())
        descriptor, content = registry.manifest(chosen.digest)
    layout.add(content, MANIFEST)
    manifest = layout.read_json(descriptor)
    for item in (manifest.get("config"), *manifest.get("layers", [])):
        blob = Descriptor.from_json(item)
        progress(f"pulling {blob.digest[7:19]} ({blob.size:,} bytes)")
        registry.pull(blob, layout)
    return read_manifest(layout, descriptor)
