"""Stage what act needs to run our workflows without Docker, GitHub or network.

act 0.2.89 knows neither `uses: $/…` nor `queue` of a concurrency group nor `cache-mode`, and fetches every other action from
GitHub. So a copy of this repository is made in which `$/…` is spelled out with a ref of its own and the other two are left
out, and third-party actions are mapped to stand-ins on this machine (artifacts and caches are act's own servers').
"""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWNER = "mlops-actions/mlops-actions"
STANDINS = ROOT / "tests" / "support" / "standins"
COPIED = ("action.yml", "actions", ".github", "requirements", "src", "pyproject.toml")
THIRD_PARTY = re.compile(r"uses: ([\w-]+/([\w-]+))(?:/[\w-]+)?@([0-9a-f]{40})")


def stage(folder: Path, ref: str) -> Path:
    """Copy what an action's tarball holds of this repository, with `$/` spelled out as `OWNER@ref`."""
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *COPIED]
    names = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    for path in _yaml_files(folder):
        text = re.sub(r"uses: \$/(\S+)", rf"uses: {OWNER}/\1@{ref}", path.read_text(encoding="utf-8"))
        path.write_text(understood(text), encoding="utf-8")
    return folder


def understood(workflow: str) -> str:
    """Return a workflow without the keys that act refuses."""
    return re.sub(r"^ +(queue: max|cache-mode: \w+.*)\n", "", workflow, flags=re.MULTILINE)


def _yaml_files(folder: Path) -> list[Path]:
    return [folder / "action.yml", *folder.glob("actions/*/action.yml"), *folder.glob(".github/workflows/*.yml")]


def local_repositories(staged: Path, ref: str) -> list[str]:
    """Return act's options that map our actions to the staged copy, and third-party ones to stand-ins."""
    found = {match for path in _yaml_files(staged) if path.exists() for match in THIRD_PARTY.findall(path.read_text())}
    pairs = [f"{OWNER}@{ref}={staged}", *sorted(f"{name}@{sha}={STANDINS / short}" for name, short, sha in found)]
    return [part for pair in pairs for part in ("--local-repository", pair)]


def commit_all(folder: Path, message: str) -> str:
    """Make a folder a repository, or commit what changed in it; return the commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=test", "-c", "user.email=test@localhost"]
    if not (folder / ".git").exists():
        subprocess.run([*git, "init", "--quiet", "--initial-branch", "main"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", message], check=True)
    return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
