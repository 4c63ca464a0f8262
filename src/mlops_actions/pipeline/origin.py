"""Which commit of ours is running: what `mlops init` pins."""

import importlib.metadata
import json
from pathlib import Path

from mlops_actions import git


def our_commit() -> str | None:
    """Return the commit that the installed package was made from, or that is checked out where it runs; None if neither is known."""
    return _installed() or _checked_out(Path(__file__).resolve().parents[3])


def _installed() -> str | None:
    """Read what pip and uv note of a package installed from git (PEP 610)."""
    try:
        noted = importlib.metadata.distribution("mlops-actions").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:  # an action runs from its source
        return None
    commit: str | None = json.loads(noted or "{}").get("vcs_info", {}).get("commit_id")
    return commit


def _checked_out(root: Path) -> str | None:
    # An installed package may lie inside somebody's repository, whose commit is not ours.
    return git.revision(root).commit or None if (root / ".git").exists() else None
