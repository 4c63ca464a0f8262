"""Interpreters: ours, ours with Keras, and the user's; and the environment variables that their processes get."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from mlops_actions.errors import ConfigError, OutsideError
from mlops_actions.files import replaced_folder
from mlops_actions.progress import Progress

# What a program needs to find itself, its libraries and its processors. Tokens, GITHUB_* and PYTHON* stay out.
KEPT = frozenset(
    [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "SHELL",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TMP",
        "TEMP",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "R_HOME",
        "R_LIBS",
        "JAVA_HOME",
    ]
)
KEPT_PREFIXES = (
    "LC_",
    "CUDA_",
    "NVIDIA_",
    "ROCM_",
    "HIP_",
    "TF_",
    "XLA_",
    "OMP_",
    "OPENBLAS_",
    "MKL_",
    "KMP_",
    "NUMEXPR_",
)
# Settings of a caller's uv that would point our installation at the caller's environment.
UV_CALLER = frozenset(
    {"UV_PYTHON", "UV_NO_SYNC", "UV_CONFIG_FILE", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH", "VIRTUAL_ENV"}
)
OLDEST = (3, 10)
KERAS_LOCKS = ("train.txt", "keras.txt")

PROBE = """
import sys
sys.path.pop(0)
import importlib.metadata, importlib.util, json, platform
packages = {d.metadata["Name"]: d.version for d in importlib.metadata.distributions() if d.metadata["Name"]}
print(json.dumps({"python": platform.python_version(), "packages": packages,
    "tables": all(importlib.util.find_spec(name) for name in ("pandas", "pyarrow"))}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that can run the worker.

    Attributes:
        executable: its path; links are kept, since a virtual environment is one.
        python: its version.
        packages: name to version of everything installed in it.
        tables: whether it reads Parquet (pandas and pyarrow are there).
    """

    executable: Path
    python: str
    packages: dict[str, str]
    tables: bool


@dataclass(frozen=True)
class Environments:
    """Where subprocesses run.

    Attributes:
        variables: the caller's environment variables.
        folder: where environments that we make are kept, one per lock.
        requirements: folder of the locks; None in an installation without them.
    """

    variables: Mapping[str, str]
    folder: Path
    requirements: Path | None

    @classmethod
    def of_caller(cls, variables: Mapping[str, str]) -> Self:
        """Derive the folders from the caller's environment variables."""
        cache = variables.get("RUNNER_TOOL_CACHE") or variables.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        beside = Path(__file__).resolve().parents[2] / "requirements"
        return cls(variables, Path(cache) / "mlops-actions" / "environments", beside if beside.is_dir() else None)

    @cached_property
    def clean(self) -> dict[str, str]:
        """The variables that user code may see."""
        return {name: value for name, value in self.variables.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}

    def ours(self) -> Interpreter:
        """Return the interpreter that we run in."""
        return self._probe(Path(sys.executable), "our own interpreter")

    def users(self, python: str, root: Path) -> Interpreter:
        """Return the interpreter that mlops.yaml names.

        Args:
            python: a name on PATH, or a path; relative paths start from `root`.
            root: folder of mlops.yaml.

        Raises:
            ConfigError: not there, or no Python from 3.10 on.
        """
        found = str(root / python) if "/" in python else shutil.which(python, path=self.variables.get("PATH"))
        if not found or not Path(found).is_file():
            raise ConfigError(
                f"train.python, {python!r}, is not there.",
                why="the environment is made by a step that did not run, or has another name.",
                fix="give its path, relative to mlops.yaml, such as .venv/bin/python, or a name that is on PATH.",
            )
        return self._probe(Path(os.path.abspath(found)), f"train.python, {python!r},")  # noqa: PTH100 (resolve would follow the link out of a virtual environment)

    def keras(self, progress: Progress) -> Interpreter:
        """Return ours with Keras and TensorFlow, made on first use from the locks.

        Raises:
            ConfigError: neither TensorFlow nor the means to install it are here.
            OutsideError: the package index did not answer.
        """
        if importlib.util.find_spec("tensorflow"):
            return self.ours()
        return self._probe(self._keras_folder(progress) / "bin" / "python", "our interpreter with Keras")

    def _keras_folder(self, progress: Progress) -> Path:
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{self.variables.get('PATH', '')}")
        if self.requirements is None or uv is None:
            raise ConfigError(
                "Keras needs TensorFlow, which is not installed here.",
                fix="install mlops-actions[keras], or install uv and run from a checkout of mlops-actions.",
            )
        locks = [self.requirements / name for name in KERAS_LOCKS]
        digest = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()[:16]
        folder = self.folder / f"keras-{digest}-{sys.version_info.major}.{sys.version_info.minor}"
        if not (folder / "bin" / "python").exists():
            progress(f"Installing TensorFlow into {folder} (once for each lock).")
            with replaced_folder(folder) as aside:
                self._run_uv([uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, str(aside)])
                sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(aside / "bin" / "python")]
                self._run_uv([*sync, *map(str, locks)])
        return folder

    def _run_uv(self, command: list[str]) -> None:
        variables = {name: value for name, value in self.variables.items() if name not in UV_CALLER}
        # In our folder: uv.toml and pyproject.toml of the caller's repository are for the caller's work.
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=variables, cwd=self.requirements
        )
        if done.returncode:
            raise OutsideError(
                f"{' '.join(command[:3])} ended with {done.returncode}: {done.stderr.strip()[-1000:]}",
                why="the package index did not answer, or the disk is full.",
                fix="check the index setting of uv (UV_DEFAULT_INDEX) and run again; nothing half-made was kept.",
            )

    def _probe(self, executable: Path, name: str) -> Interpreter:
        try:
            done = subprocess.run(
                [str(executable), "-c", PROBE], capture_output=True, text=True, check=False, env=self.clean
            )
            said = json.loads(done.stdout)
            if tuple(map(int, said["python"].split(".")[:2])) < OLDEST:
                raise ValueError(said["python"])  # noqa: TRY301 (the same explanation)
        except (OSError, ValueError):
            raise ConfigError(
                f"{name} ({executable}) is no Python that we can start.",
                why="it is older than 3.10, was moved, or is another program.",
                fix="name the python of a virtual environment, such as .venv/bin/python.",
            ) from None
        return Interpreter(executable, said["python"], said["packages"], said["tables"])
