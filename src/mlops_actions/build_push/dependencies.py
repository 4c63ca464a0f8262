"""The layer of locked packages: installed by uv from hashes, stripped, compiled, and kept for the next build."""

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from mlops_actions.build_push.recipe import PACKAGES
from mlops_actions.build_push.tools import Tools
from mlops_actions.errors import ConfigError, OutsideError
from mlops_actions.files import replaced_folder
from mlops_actions.oci.descriptor import Descriptor
from mlops_actions.oci.layer import Layer, tree, write_layer
from mlops_actions.oci.layout import Layout
from mlops_actions.progress import Progress

LOCK = Path(__file__).resolve().parents[3] / "requirements" / "serve.txt"
RULES = 1
"""Part of the cache's key: raise it when the rules below change what is in the layer."""
_WHEELS = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
_UNUSED = (
    "bin",
    ".lock",
    "ai_edge_litert/libLiteRtWebGpuAccelerator.so",
    "ai_edge_litert/vendors",
    "ai_edge_litert/aot",
    "ai_edge_litert/tools",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
)


@dataclass(frozen=True)
class Target:
    """Python and processor that packages are installed for."""

    python: str
    architecture: str


class Dependencies:
    """Makes the dependency layer, or takes it from the cache.

    Args:
        tools: uv is needed unless the layer is in the cache.
        cache: folder that outlives a build.
        lock: requirements with hashes.
    """

    def __init__(self, tools: Tools, cache: Path, progress: Progress, lock: Path = LOCK) -> None:
        self._tools, self._cache, self._progress, self._lock = tools, cache, progress, lock

    def layer(self, target: Target, layout: Layout) -> tuple[Layer, bool]:
        """Add the layer to a layout; return it, and whether it was made now.

        Raises:
            ConfigError: no uv, no lock, or packages that this Python cannot have.
            OutsideError: the package index does not answer.
        """
        interpreter = self.compiler(target)
        kept = self._cache / "dependencies" / self._key(target, interpreter)
        made = not (kept / "layer.json").is_file()
        if made:
            with replaced_folder(kept) as aside:
                self._make(target, interpreter, Layout.create(aside))
        content = json.loads((kept / "layer.json").read_text(encoding="utf-8"))
        layer = Layer(Descriptor(**content["descriptor"]), content["diff_id"])
        layout.take(layer.descriptor, Layout(kept))
        return layer, made

    def compiler(self, target: Target) -> str | None:
        """Return an interpreter of the target's version, for bytecode; None where this machine has none."""
        if target.python == f"{sys.version_info.major}.{sys.version_info.minor}":
            return sys.executable
        command = ["python", "find", "--no-python-downloads", "--no-project", target.python]
        found = self._uv(command)
        return found.stdout.strip() if found.returncode == 0 else None

    def _key(self, target: Target, interpreter: str | None) -> str:
        if not self._lock.is_file():
            raise ConfigError(f"There is no lock {self._lock}.", why="the installation is incomplete.")
        compiled = _version(interpreter) if interpreter else "none"
        parts = [str(RULES), target.python, target.architecture, compiled, self._lock.read_text(encoding="utf-8")]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _make(self, target: Target, interpreter: str | None, layout: Layout) -> None:
        with tempfile.TemporaryDirectory(dir=layout.path, prefix=".packages-") as temporary:
            packages = Path(temporary) / "site-packages"
            self._progress(f"installing the server's packages for Python {target.python} on {target.architecture}")
            self._install(target, packages)
            _strip(packages)
            compile_bytecode(packages, PACKAGES, interpreter)
            self._progress("packing the dependency layer")
            layer = write_layer(layout, tree(packages, PACKAGES), compress=True)
        content = {"descriptor": asdict(layer.descriptor), "diff_id": layer.diff_id}
        (layout.path / "layer.json").write_text(json.dumps(content), encoding="utf-8")

    def _install(self, target: Target, packages: Path) -> None:
        command = ["pip", "install", "--quiet", "--target", str(packages.absolute())]
        command += ["--python", sys.executable, "--python-version", target.python]
        command += ["--python-platform", _WHEELS[target.architecture], "--only-binary", ":all:"]
        command += ["--no-deps", "--require-hashes", "--requirements", str(self._lock)]
        if self._uv([*command, "--offline"]).returncode == 0:
            return
        done = self._uv(command)
        if done.returncode != 0:
            raise _install_failed(done.stderr)

    def _uv(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        if not self._tools.uv:
            raise ConfigError(
                "build-push needs uv to install the server's packages.",
                why="uv is not on PATH.",
                fix="install it (`pip install uv`) and run again.",
            )
        # Another folder than the caller's: uv would read a uv.toml or pyproject.toml that lies there.
        return subprocess.run(
            [str(self._tools.uv), *arguments],
            cwd=self._lock.parent,
            env=dict(self._tools.variables),
            capture_output=True,
            text=True,
            check=False,
        )


def _install_failed(said: str) -> ConfigError | OutsideError:
    words = " ".join(said.split())[-800:]
    if re.search(r"Failed to fetch|client error|timed out|Network", said):
        return OutsideError(
            f"uv could not download the server's packages: {words}", why="the package index did not answer."
        )
    return ConfigError(
        f"uv could not install the server's packages: {words}",
        why="the base's Python or processor has no wheel of one of them.",
        fix="choose another build_push.base or build_push.python.",
    )


def _strip(packages: Path) -> None:
    """Remove what the server never loads: programs, tests, converters."""
    tests = [path for path in packages.rglob("*") if path.name in {"tests", "__pycache__"} and path.is_dir()]
    for path in (*tests, *(packages / name for name in _UNUSED)):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def compile_bytecode(folder: Path, at: str, interpreter: str | None) -> None:
    """Write .pyc files that are never checked against their source's time, and equal for equal source.

    Args:
        folder: the sources; their .pyc files go beside them.
        at: where the folder will lie in the image.
        interpreter: of the image's version; None leaves the sources as they are.

    Raises:
        OutsideError: the interpreter cannot compile.
    """
    if not interpreter:
        return
    command = [interpreter, "-P", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", f"/{at}", str(folder)]
    # Sets of constants are stored in the order of their hashes, so the hash seed is part of the result.
    done = subprocess.run(command, env={"PYTHONHASHSEED": "0"}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OutsideError(f"{interpreter} could not compile the server's packages: {done.stdout[-500:]}{done.stderr}")


def _version(interpreter: str) -> str:
    if interpreter == sys.executable:
        return platform.python_version()
    done = subprocess.run([interpreter, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.removeprefix("Python ").strip()
