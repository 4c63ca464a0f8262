"""Data flows one way (docs/architecture.md): who may import whom, read off the source."""

import ast
import itertools
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
PACKAGE = SOURCE / "mlops_actions"
STAGES = ["validate_data", "train", "evaluate", "quantize", "build_push", "deploy", "check_metrics"]
SHARED = ["config", "data", "statistics", "bundle", "oci", "release", "report", "comment"]
EDGE = ["cli", "github"]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in PACKAGE.rglob("*.py")}


def imports_of(name: str) -> set[str]:
    """Return the modules of ours that a module imports, anywhere in it; `from room import part` counts as the part when that is a module."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name} imports relatively"
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {part if part in MODULES else str(node.module) for part in parts}
    return found & set(MODULES)


IMPORTS = {name: imports_of(name) for name in MODULES}


def room(module: str) -> str:
    """Return `train` for mlops_actions.train.worker."""
    return [*module.split("."), ""][1]


def rooms_used_by(name: str) -> set[str]:
    return {room(used) for module, uses in IMPORTS.items() if room(module) == name for used in uses} - {name, ""}


def test_every_room_is_known() -> None:
    """A new room has to say here where it stands in the flow."""
    rooms = {room(name) for name, path in MODULES.items() if path.name == "__init__.py"} - {""}
    assert rooms == {*STAGES, *SHARED, *EDGE, "pipeline", "serve"}


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(STAGES, 2)))
def test_no_stage_imports_another(one: str, other: str) -> None:
    assert other not in rooms_used_by(one)
    assert one not in rooms_used_by(other)


@pytest.mark.parametrize("name", SHARED)
def test_shared_rooms_import_no_stage(name: str) -> None:
    assert rooms_used_by(name) & {*STAGES, *EDGE, "pipeline", "serve"} == set()


def test_the_server_imports_nothing_else_of_ours() -> None:
    assert rooms_used_by("serve") == set()


@pytest.mark.parametrize("name", STAGES)
def test_stages_know_neither_the_pipeline_nor_the_edge(name: str) -> None:
    assert rooms_used_by(name) & {*EDGE, "pipeline", "serve"} == set()


def test_the_pipeline_is_used_by_the_command_line_alone() -> None:
    users = {room(module) for module, uses in IMPORTS.items() if any(room(used) == "pipeline" for used in uses)}
    assert users - {"pipeline", "cli"} == set()
    assert rooms_used_by("pipeline") & {*EDGE, "serve"} == set()


def test_there_is_no_circle() -> None:
    """Take away modules whose imports are all taken away; what stays is in a circle or leads into one."""
    left = dict(IMPORTS)
    while free := {name for name, uses in left.items() if not uses & set(left)}:
        left = {name: uses for name, uses in left.items() if name not in free}
    assert left == {}
