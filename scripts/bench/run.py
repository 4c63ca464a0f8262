"""`make bench`: measure what docs/benchmarks.md claims, print its table, and write it there."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import unchanged
from bench.measure import Command, in_turn, spread

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- table: written by `make bench` -->", "<!-- end of table -->"
UV = Command(["uv", "--version"])
Row = tuple[str, str, str, str, str]


def launcher(command: str, folder: Path, **more: str) -> Command:
    """Return an action's command on the digits example, with its environments in `folder`."""
    variable = f"MLOPS_{command.upper().replace('-', '_')}_CONFIG"
    return Command(
        [str(ROOT / "actions" / "launch.sh"), command],
        {variable: str(folder / "digits"), "RUNNER_TOOL_CACHE": str(folder / "tools"), **more},
    )


def start_warm(folder: Path) -> Row:
    """Start to end of validate-data on 1,797 rows, environment there."""
    pair = in_turn(launcher("validate-data", folder), UV)
    return (
        "action, warm: validate-data on digits",
        spread(pair.ours),
        "`uv --version`",
        spread(pair.peer),
        f"+{pair.over:.2f} s",
    )


def start_cold(folder: Path) -> Row:
    """The same on a machine that has only uv: environment made, packages fetched from the index."""
    pairs = []
    for number in range(3):
        fresh = folder / f"cold{number}"
        fresh.mkdir()
        cold = launcher("validate-data", folder, RUNNER_TOOL_CACHE=str(fresh / "tools"), UV_CACHE_DIR=str(fresh / "uv"))
        pairs.append(in_turn(cold, UV, runs=1, warm_up=0))
        shutil.rmtree(fresh)
    ours, peer = [pair.ours[0] for pair in pairs], [pair.peer[0] for pair in pairs]
    over = sorted(pair.over for pair in pairs)[1]
    return ("action, cold: the same, nothing cached", spread(ours), "`uv --version`", spread(peer), f"+{over:.2f} s")


def start_help(_folder: Path) -> Row:
    """The command line without work."""
    python = Command([sys.executable, "-c", "pass"])
    pair = in_turn(Command([str(Path(sys.executable).parent / "mlops"), "--help"]), python, runs=15)
    return ("`mlops --help`", spread(pair.ours), "bare Python", spread(pair.peer), f"+{pair.over:.2f} s")


def whole_demo(folder: Path) -> Row:
    """Three candidates of a model on 244,737 rows, trained, packed, deployed, judged."""
    example = folder / "flights"
    shutil.copytree(ROOT / "examples" / "flights", example, ignore=shutil.ignore_patterns(".mlops"))
    seconds = Command([str(Path(sys.executable).parent / "mlops"), "demo", "--config", str(example)]).seconds()
    return ("`make demo` on flights, after installation", f"{seconds:.0f}", "", "", "")


def unchanged_model(folder: Path) -> Row:
    """`mlops plan`, then `mlops comment`, against GitHub's API on loopback."""
    times = unchanged.seconds(folder / "unchanged")
    return ("pull request on flights that changes nothing the model sees: plan and comment", spread(times), "", "", "")


BENCHMARKS: list[Callable[[Path], Row]] = [start_help, start_warm, start_cold, unchanged_model, whole_demo]


def table(rows: list[Row]) -> str:
    """Return the Markdown table with the machine it was made on."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = ["| what | ours, s: median (min to max) | peer | peer, s | difference |", "| --- | --- | --- | --- | --- |"]
    return "\n".join(
        [f"On {machine}, one run, ours and peer in turn:", "", *head, *(f"| {' | '.join(row)} |" for row in rows)]
    )


def main() -> None:
    """Measure everything and keep the table."""
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copytree(ROOT / "examples" / "digits", folder / "digits", ignore=shutil.ignore_patterns(".mlops"))
        for benchmark in BENCHMARKS:
            rows.append(benchmark(folder))
            print(" | ".join(rows[-1]), flush=True)
    text = PAGE.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table(rows)}\n{END}{after}")


if __name__ == "__main__":
    main()
