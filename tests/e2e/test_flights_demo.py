"""`make demo`, as the README promises it: on the real flights, on a machine without a network."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from support.builds import CACHE

ROOT = Path(__file__).resolve().parents[2]


def offline() -> list[str]:
    """Return what puts a command into a network of its own that has loopback and nothing else; only root may."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return []
    return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


def test_the_flights_story_goes_as_promised_without_a_network(tmp_path: Path) -> None:
    example = tmp_path / "flights"
    shutil.copytree(ROOT / "examples" / "flights", example, ignore=shutil.ignore_patterns(".mlops"))
    CACHE.mkdir(parents=True, exist_ok=True)
    (example / ".mlops").mkdir()
    (example / ".mlops" / ".cache").symlink_to(CACHE)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    demo = [sys.executable, "-P", "-m", "mlops_actions", "demo", "--config", str(example)]
    done = subprocess.run([*offline(), *demo], env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    tale = json.loads((example / ".mlops" / "demo" / "demo.json").read_text())
    assert [chapter["fate"] for chapter in tale["chapters"]] == ["promoted", "stopped", "rolled_back"]
