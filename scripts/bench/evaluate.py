"""`make bench-evaluate`: what evaluating a million paired rows costs, beside what others make of the same files.

Peers that need an environment of their own are installed from PyPI into a throw-away one. Whole processes, one after the other.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = Path(__file__).resolve().parent / "peers"
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- evaluate: written by `make bench-evaluate` -->", "<!-- end of evaluate -->"
ROWS, FEWER, SLICES = 1_000_000, 20_000, 20
REPLICATES = 50
OURS = "`mlops evaluate`"
METRICS = ["accuracy", "precision", "recall", "f1_weighted", "f1_macro", "roc_auc", "log_loss", "brier"]
# Deepchecks 0.19 asks for a metric that newer scikit-learn has renamed, and that one for an older numpy.
PACKAGES = {
    "deepchecks": ["deepchecks", "scikit-learn<1.6", "numpy<2", "pyarrow<20", "setuptools<81"],
    "tfma": ["tensorflow-model-analysis"],
}


@dataclass(frozen=True)
class Cost:
    """Wall and processor time in seconds and peak resident memory in MB of one process; `failed` is the end of what it said instead."""

    seconds: float
    processor: float
    megabytes: float
    failed: str = ""


def data(folder: Path, rows: int, *, shuffled: bool = True) -> Path:
    """Write labels with slices, and the scores of two models that disagree on about 4 % of the rows.

    Args:
        folder: to make.
        rows: how many.
        shuffled: every file has an order of its own; else they share one, as bundles of one split do.
    """
    folder.mkdir()
    random = np.random.default_rng(0)
    labels, shared = (random.random(rows) < 0.3).astype(np.int64), random.normal(size=rows)
    parts = random.integers(0, SLICES, rows)
    pl.DataFrame({"id": np.arange(rows), "label": labels, "part": parts}).write_parquet(folder / "labels.parquet")
    for name in ("base", "candidate"):
        signal = (labels * 2 - 1) * 1.2 + shared + 0.25 * random.normal(size=rows) - 0.6
        order = random.permutation(rows) if shuffled else np.arange(rows)
        scores = 1 / (1 + np.exp(-signal[order]))
        pl.DataFrame({"id": order, "score": scores}).write_parquet(folder / f"{name}.parquet")
    limits = "\n".join(f"  {name}: {{max_drop_abs: 0.01}}" for name in METRICS)
    files = "{labels: labels.parquet, base: base.parquet, candidate: candidate.parquet}"
    (folder / "mlops.yaml").write_text(f"model: million\nevaluate:\n  files: {files}\n  slices: [part]\n{limits}\n")
    return folder


def cost(argv: Sequence[str | Path], accepted: Sequence[int] = (0,)) -> Cost:
    """Run a program once."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen([str(part) for part in argv], stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
        said.seek(0)
        failed = (
            "" if code in accepted else (said.read().decode(errors="replace").strip().splitlines() or [str(code)])[-1]
        )
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, failed)


def python_with(folder: Path, name: str) -> Path:
    """Return the interpreter of a new environment with a peer in it.

    Raises:
        subprocess.CalledProcessError: it does not install on this Python.
    """
    python = folder / name / "bin" / "python"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, folder / name], check=True)
    subprocess.run(["uv", "pip", "install", "--quiet", "--python", python, *PACKAGES[name]], check=True)
    return python


def peer(folder: Path, name: str, rows: Path) -> Cost:
    """Install a peer and run it."""
    try:
        python = python_with(folder, name)
    except subprocess.CalledProcessError:
        return Cost(0, 0, 0, "does not install on this Python")
    return cost([python, PEERS / f"{name}_peer.py", rows])


def measure(folder: Path) -> list[tuple[str, int, str, Cost]]:
    """Return what was run, on how many rows, with what kind of intervals, and what it cost."""
    many, few = data(folder / "many", ROWS), data(folder / "few", FEWER)
    ordered = data(folder / "ordered", ROWS, shuffled=False)
    ours = [str(Path(sys.executable).parent / "mlops"), "evaluate", "--config"]
    scikit = [sys.executable, str(PEERS / "scikit.py")]
    judged = (0, 1, 5)  # a verdict of any kind
    tests, none = "every test, corrected for 20 slices", "none"
    return [
        (f"**{OURS}**", ROWS, tests, cost([*ours, many], judged)),
        (f"{OURS}, files in one order", ROWS, tests, cost([*ours, ordered], judged)),
        (OURS, FEWER, tests, cost([*ours, few], judged)),
        ("scikit-learn", ROWS, none, cost([*scikit, many, "0"])),
        (
            "scikit-learn + scipy.stats.bootstrap",
            FEWER,
            f"{REPLICATES} replicates",
            cost([*scikit, few, str(REPLICATES)]),
        ),
        ("Deepchecks", ROWS, none, peer(folder, "deepchecks", many)),
        ("TFMA (6 metrics)", FEWER, none, peer(folder, "tfma", few)),
    ]


def table(measured: list[tuple[str, int, str, Cost]], load: float) -> str:
    """Return the Markdown table; the ratio is of processor time to ours on as many rows, `load` what else wanted the machine when it began."""
    ours = {rows: found.processor for what, rows, _, found in measured if what.strip("*") == OURS}
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = [
        f"On {machine}, other work waiting for the cores (load {load:.1f}), one run; two models, {len(METRICS)} classification metrics, {SLICES} slices, three Parquet files:",
        "",
        "| what | rows | intervals | s | processor s | peak MB | processor, times ours on as many rows |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *(_line(what, rows, kind, found, ours[rows]) for what, rows, kind, found in measured)])


def _line(what: str, rows: int, kind: str, found: Cost, ours: float) -> str:
    if found.failed:
        return f"| {what} | {rows:,} | {kind} | {found.failed[:80].replace('|', ' ')} |  |  |  |"
    ratio = "" if OURS in what else f"{found.processor / ours:.2g}"
    return f"| {what} | {rows:,} | {kind} | {found.seconds:.1f} | {found.processor:.1f} | {found.megabytes:,.0f} | {ratio} |"


def main() -> None:
    """Measure everything and keep the table."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as temporary:
        text = table(measure(Path(temporary)), load)
    print(text)
    page = PAGE.read_text()
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


if __name__ == "__main__":
    main()
