"""Predictions that anybody may have written: decoded in a process of their own, so that the worst they can do is to be refused."""

import signal
import subprocess
import sys
from pathlib import Path

from mlops_actions.errors import DataError
from mlops_actions.evaluate.untrusted_reader import REFUSED

READER = Path(__file__).with_name("untrusted_reader.py")
ENVIRONMENT = {"POLARS_MAX_THREADS": "2"}  # and nothing else; each thread reserves memory that the limit counts
SECONDS = 300.0
LONGEST_SENTENCE = 500


def cleaned(source: Path, to: Path, *, seconds: float = SECONDS) -> Path:
    """Write the columns of predictions (id, prediction, scores) of an untrusted Parquet file as a new one.

    The reader is our own code in a fresh interpreter, without our environment (no token) and with limits on memory,
    time and what it writes (`untrusted_reader.py`).

    Args:
        source: the untrusted file.
        to: where the clean file goes.
        seconds: after which it is given up.

    Returns:
        `to`.

    Raises:
        DataError: not Parquet, other columns or types than predictions have, too large, or it ended the reader.
    """
    to.unlink(missing_ok=True)
    command = [sys.executable, "-I", "-X", "utf8", str(READER), str(source), str(to)]
    try:
        done = subprocess.run(
            command,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(f"reading it took more than {seconds:g} seconds") from None
    if done.returncode == REFUSED:
        raise _unreadable(done.stdout.decode(errors="replace")[:LONGEST_SENTENCE])
    if done.returncode or not to.is_file():
        raise _unreadable(f"its content ended the reader ({_ending(done.returncode)})")
    return to


def _unreadable(because: str) -> DataError:
    return DataError(
        f"The predictions cannot be read: {because}.",
        why="they were not written by mlops train, or the artifact is damaged.",
        fix="run the workflow of the pull request again.",
    )


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    names = {one.value: one.name for one in signal.Signals}
    return names.get(-code, f"signal {-code}")
