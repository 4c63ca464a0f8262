"""The deploy targets by name. A new one is a class with the methods of `release/target.py`, and a line here."""

from collections.abc import Mapping
from pathlib import Path

from mlops_actions.config.models import DeploySection
from mlops_actions.deploy.local import LocalTarget
from mlops_actions.deploy.program import Programs
from mlops_actions.release.target import Target

TARGETS = {"local": LocalTarget}


def open_target(
    settings: DeploySection,
    folder: Path,
    *,
    programs: Programs,
    environment: Mapping[str, str],
    parent: int | None,
    replay_rows: Path | None,
) -> Target:
    """Return the target that `deploy.target` names."""
    kind = TARGETS[settings.target]
    return kind(folder, settings, programs=programs, environment=environment, parent=parent, replay_rows=replay_rows)
