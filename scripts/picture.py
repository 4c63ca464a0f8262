"""Play the flights demo and keep its terminal as docs/demo.svg, the picture in README."""

import contextlib
import io
import os
import re
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from mlops_actions.cli.pipeline import machine
from mlops_actions.cli.screen import Screen
from mlops_actions.config import load
from mlops_actions.pipeline.demo import Demo
from mlops_actions.pipeline.story import FILE, read_story

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Write the picture; the story has to go as promised."""
    console = Console(record=True, width=118, force_terminal=True, file=io.StringIO())
    # Relative paths, as they are when `make demo` is typed.
    with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
        example = Path("examples") / "flights"
        shutil.copytree(ROOT / "examples" / "flights", example, ignore=shutil.ignore_patterns(".mlops"))
        settings = load(example)
        screen = Screen(console)
        # No living line: only what stays on the terminal is in the picture.
        tale = Demo(settings, read_story(example / FILE), machine(parent=os.getpid()), screen).play()
        screen.ending(tale, ["examples/flights/.mlops/demo/demo.md", "examples/flights/.mlops/demo/demo.json"])
    if not tale.as_promised:
        raise SystemExit("the story did not go as promised; the picture was not written")
    # Fonts of the reader's own: a picture that asks another host for one tells that host who reads it.
    svg = re.sub(r"@font-face \{.*?\}|<!--.*?-->", "", console.export_svg(title="make demo"), flags=re.DOTALL)
    (ROOT / "docs" / "demo.svg").write_text(svg)


if __name__ == "__main__":
    main()
