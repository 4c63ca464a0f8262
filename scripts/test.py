"""`make test`: every check, in order of price. All run, whatever fails; one failure fails the whole.

What a check needs and this machine lacks is installed (Debian, as root) or named with the way to get it.
"""

import subprocess
import sys
import time
from pathlib import Path

from servers import MissingProgramError, require

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-q", "--durations=5"]
CHECKS: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "workflows: security": ["zizmor", "--offline", "--quiet", "--persona", "pedantic", "."],
    "workflows: syntax": ["actionlint"],
    "shell": ["shellcheck", "actions/launch.sh", ".ci/run"],
    "derived files": [PYTHON, "scripts/docs.py", "--check"],
    "schemas": [PYTHON, "scripts/schemas.py", "--check"],
    "unit tests": [*PYTEST, "--numprocesses=2", "tests/unit"],
    # They wait for servers as much as they work; a file's tests share its servers, so a file stays together.
    "integration tests": [*PYTEST, "--numprocesses=2", "--dist=loadfile", "tests/integration"],
    "workflows in act": [*PYTEST, "--numprocesses=2", "--dist=loadfile", "tests/e2e"],
}
INSTALLED = ("shellcheck", "prometheus", "docker-registry", "runc", "debootstrap", "chromium", "npm")


def missing() -> list[str]:
    """Install or name what is not on this machine."""
    found = []
    for program in INSTALLED:
        try:
            require(program)
        except MissingProgramError as error:
            found.append(str(error))
    return found


def run(name: str, command: list[str]) -> tuple[str, bool, float]:
    """Run one check with its output live."""
    print(f"\n== {name}: {' '.join(command).replace(PYTHON, 'python')}", flush=True)
    started = time.monotonic()
    try:
        passed = subprocess.run(command, cwd=ROOT, check=False).returncode == 0
    except FileNotFoundError:
        print(f"{command[0]} is not installed", flush=True)
        passed = False
    return name, passed, time.monotonic() - started


def main() -> int:
    """Run the checks named on the command line, or all; print one line for each at the end."""
    for line in missing():
        print(f"missing: {line}", flush=True)
    chosen = {name: command for name, command in CHECKS.items() if not sys.argv[1:] or name in sys.argv[1:]}
    results = [run(name, command) for name, command in chosen.items()]
    print()
    for name, passed, seconds in results:
        print(f"{'ok    ' if passed else 'FAILED'} {name} ({seconds:.0f} s)")
    failed = sum(not passed for _, passed, _ in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
