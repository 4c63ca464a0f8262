"""Releases of stand-in servers, for tests of targets and rollouts."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_actions.bundle.golden import Golden
from mlops_actions.deploy.program import Program
from mlops_actions.release import Release, Status

TESTS = Path(__file__).parents[1]
ENVIRONMENT = {"PATH": os.environ["PATH"]}


def program(artifact: str) -> Program:
    """Run the folder that the artifact names; its golden row is answered with 0.75."""
    argv = [sys.executable, "-P", "-m", "support.fake_server", "--model", artifact]
    golden = Golden(rows=[{"x": 1.0}], expected=[[0.25, 0.75]], tolerance=1e-6)
    sources = f"{TESTS}{os.pathsep}{TESTS.parent / 'src'}"
    return Program(argv, golden, {"PYTHONPATH": sources})


def artifact(folder: Path, **behaviour: Any) -> str:
    """Write a stand-in model and return its artifact."""
    folder.mkdir(parents=True)
    (folder / "behaviour.json").write_text(json.dumps({"score": 0.75, **behaviour}))
    return str(folder)


def release(number: int, artifact: str) -> Release:
    return Release(
        id=number,
        model="flights",
        environment="staging",
        version=f"v{number}",
        bundle_digest="sha256:" + f"{number:064x}",
        artifact=artifact,
        status=Status.PENDING,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        by="ann",
    )
