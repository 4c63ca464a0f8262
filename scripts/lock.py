"""Write requirements/*.txt: one lock of everything, then each stage's, constrained by it. No index host is written."""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = re.compile(r"mlops-actions\[(.+)\]")
COMPILE = [
    "uv",
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "--no-emit-index-url",
]


def requirements(extra: str) -> list[str]:
    """Return the package's own requirements with those of one extra; the server in the image needs only its extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    own = [] if extra == "serve" else project["dependencies"]
    return [*own, *_lines_of(extra, project["optional-dependencies"])]


def _lines_of(extra: str, extras: dict[str, list[str]]) -> list[str]:
    """Return an extra's lines, with `mlops-actions[...]` replaced by the lines of the extras it names."""
    lines: list[str] = []
    for line in extras[extra]:
        ours = OURS.fullmatch(line)
        lines += [found for name in ours[1].split(",") for found in _lines_of(name, extras)] if ours else [line]
    return lines


def dev_requirements() -> list[str]:
    """Return what tests and linters need, on top of everything."""
    groups: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return [*requirements("all"), *groups["dev"]]


def compile_lock(lines: list[str], constraint: Path | None, output: Path) -> None:
    """Resolve to a hashed lock; versions already in `output` are kept while they fit."""
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("\n".join(lines) + "\n")
        source.flush()
        constraints = ["--constraint", str(constraint)] if constraint else []
        subprocess.run([*COMPILE, *constraints, source.name, "--output-file", str(output)], check=True, cwd=ROOT)


def write_locks(folder: Path) -> None:
    """Write every lock to a folder that may hold earlier ones."""
    folder.mkdir(parents=True, exist_ok=True)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    compile_lock(dev_requirements(), None, folder / "dev.txt")
    compile_lock(requirements("all"), folder / "dev.txt", folder / "all.txt")
    for extra in extras:
        if extra != "all":
            compile_lock(requirements(extra), folder / "dev.txt", folder / f"{extra}.txt")


def main() -> None:
    """Regenerate in place; `--upgrade` forgets the versions that are locked now."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    folder = ROOT / "requirements"
    if parser.parse_args().upgrade:
        for lock in folder.glob("*.txt"):
            lock.unlink()
    write_locks(folder)
    sys.stdout.write(f"wrote {len(list(folder.glob('*.txt')))} locks to {folder.name}/\n")


if __name__ == "__main__":
    main()
