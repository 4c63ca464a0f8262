"""House rules that a machine can hold: sizes, and who may touch the environment and the terminal."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mlops_actions.cli.main import COMMANDS, mlops

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "mlops_actions"
FILES = sorted(PACKAGE.rglob("*.py"))
# Programs of their own, started as processes, and what runs in the worker alone: their edge is inside them.
PROGRAMS = {"serve/__main__.py", "train/worker.py", "train/networks.py", "evaluate/untrusted_reader.py"}
HEAVY = {
    "polars",
    "pandas",
    "numpy",
    "scipy",
    "sklearn",
    "tensorflow",
    "keras",
    "onnx",
    "onnxruntime",
    "pyarrow",
    "requests",
    "aiohttp",
    "pydantic",
    "narwhals",
    "yaml",
}


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_modules_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert {node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 60} == set()


def touches(path: Path) -> set[str]:
    """Return which of os.environ, sys.exit and print a module uses."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    attributes = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    calls = {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return (attributes | calls | names) & {"os.environ", "os.getenv", "sys.exit", "print", "environ", "getenv"}


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_only_the_edge_touches_the_environment(path: Path) -> None:
    if relative(path).split("/")[0] in {"cli", "github"} or relative(path) in PROGRAMS:
        return
    assert touches(path) == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists(name: str) -> None:
    command = mlops.get_command(click.Context(mlops), name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import json, sys\nfrom click.testing import CliRunner\nfrom mlops_actions.cli.main import mlops\n"
        "result = CliRunner().invoke(mlops, ['--help'])\nassert result.exit_code == 0, result.output\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & {name.split(".")[0] for name in json.loads(result.stdout)} == set()
