"""A base image from Debian's own packages: debootstrap's smallest system with Python, as an OCI layout."""

import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

from mlops_actions.files import replaced_folder, sha256_file
from mlops_actions.oci.descriptor import CONFIG, LAYER_GZIP, MANIFEST, Descriptor
from mlops_actions.oci.image import this_architecture
from mlops_actions.oci.layout import Layout
from servers import require

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "base-image"
LEFT_OUT = (
    "./dev/*",
    "./proc/*",
    "./sys/*",
    "./var/cache/*",
    "./var/lib/apt/*",
    "./usr/share/doc/*",
    "./usr/share/locale/*",
)


def base_image() -> Path:
    """Return the layout; the first call on a machine makes it, as root, in a minute or two."""
    suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
    place = CACHE / suite
    if not (place / "index.json").is_file():
        with replaced_folder(place) as aside, tempfile.TemporaryDirectory() as temporary:
            root = Path(temporary) / "root"
            command = [str(require("debootstrap")), "--variant=minbase", "--include=python3", suite, str(root)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout[-2000:]
            _write(Layout.create(aside), root)
    return place


def _write(layout: Layout, root: Path) -> None:
    tar = root.with_suffix(".tar")
    left_out = [f"--exclude={name}" for name in LEFT_OUT]
    subprocess.run(["tar", "-C", str(root), "--numeric-owner", *left_out, "-cf", str(tar), "."], check=True)
    diff_id = sha256_file(tar)
    subprocess.run(["gzip", "-n", "-1", str(tar)], check=True)
    with layout.adding() as packed, Path(f"{tar}.gz").open("rb") as source:
        shutil.copyfileobj(source, packed, 1 << 20)
    layer = Descriptor(LAYER_GZIP, packed.digest, packed.size)
    config = {
        "architecture": this_architecture(),
        "os": "linux",
        "config": {"Env": ["PATH=/usr/bin:/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
    }
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.add_json(config, CONFIG).to_json(),
        "layers": [layer.to_json()],
    }
    layout.write_index(layout.add_json(content, MANIFEST))
