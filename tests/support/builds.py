"""Projects for build-push, and what an image in a layout consists of."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops_actions.build_push import run
from mlops_actions.build_push.tools import Tools
from mlops_actions.cli.tools import build_tools
from mlops_actions.config import Config, load
from mlops_actions.oci.image import Image, read_image
from mlops_actions.oci.layout import Layout
from mlops_actions.progress import silent
from mlops_actions.report import Report
from support.served import onnx_bundle

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "build-push"


def project(root: Path, make: Callable[[Path], object] = onnx_bundle, **section: Any) -> Config:
    """Write mlops.yaml with this build_push section, and a sealed bundle; return the configuration."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "mlops.yaml").write_text(json.dumps({"model": "toy", "build_push": section}))
    config = load(root)
    make(config.work / "bundle")
    return config


def build(
    config: Config, *, cache: Path = CACHE, tools: Tools | None = None, credentials: tuple[str, str] = ("", "")
) -> Report:
    """Run build-push; the dependency layer comes from the tests' own cache."""
    return run(config, credentials=credentials, tools=tools or build_tools(), cache=cache, progress=silent)


def image_of(config: Config) -> Image:
    """Return the image that was built."""
    return read_image(Layout(config.work / "image"))


def without_engines() -> Tools:
    """Return tools of a machine with neither runc nor chroot."""
    uv = build_tools().uv or shutil.which("uv")
    assert uv
    return Tools(uv=Path(uv), variables=dict(os.environ))
