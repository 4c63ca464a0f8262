"""The process that trains: started by path in any Python from 3.10 on, with only the standard library to begin with.

    python worker.py JOB

JOB is a folder with `job.json` and the data (see `job.py`). The worker leaves `output/` (model and predictions) and
`result.json`, which says what came out or why nothing did. It ends when the stage that started it does: the stage holds
the other end of standard input.
"""

import sys

if __name__ == "__main__":
    # Python puts the folder of a script first on the path; its modules are not for the user's code to find.
    sys.path.pop(0)

import json
import os
import signal
import subprocess
import threading
import traceback
import types
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
MOST_FRAMES = 20


def offer_our_modules() -> None:
    """Let this interpreter, which need not have our package, import the files beside this one, and nothing else of ours."""
    for name, folder in (("mlops_actions", HERE.parent), ("mlops_actions.train", HERE)):
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package


def end_with_the_stage() -> None:
    """Kill this process group when standard input closes, which happens however the stage ends."""
    watched = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def watch() -> None:
        while os.read(watched, 1):
            pass
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def run_command(job: dict[str, Any]) -> dict[str, Any]:
    """Run the user's command; it reads and writes the files that its environment names."""
    from mlops_actions.train.refused import Refused

    try:
        code = subprocess.call(job["command"], cwd=job["root"])
    except OSError as error:
        raise Refused(
            f"train.command, {job['command'][0]!r}, cannot be started: {error.strerror}.",
            "the program is not installed, or is not on PATH.",
            "it is looked for beside the interpreter of train.python, then on PATH; it is started without a shell.",
        ) from None
    if code:
        ended = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        raise Refused(f"train.command {ended}.", "its own output above says more.", "run it by hand, then fix it.")
    return {}


def run_ours(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train an estimator or a network, or call the user's function."""
    from mlops_actions.train import ways

    return ways.WAYS[job["way"]](job, folder)


def answer(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return what came out, or what went wrong, as JSON-ready data."""
    from mlops_actions.train.refused import Refused

    try:
        return run_command(job) if job["way"] == "command" else run_ours(job, folder)
    except Refused as refused:
        return {"refused": {"what": refused.what, "why": refused.why, "fix": refused.fix}}
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the stage, in another process, raises it again)
        return {"raised": raised(error, Path(job["root"]))}


def raised(error: BaseException, root: Path) -> dict[str, Any]:
    """Describe an exception by the frames that are not ours; `file` and `line` are the last ones below `root`."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).parent != HERE]
    theirs = [frame for frame in frames if root in Path(frame.filename).parents]
    module = getattr(error, "name", None) if isinstance(error, ModuleNotFoundError) else None
    return {
        "type": type(error).__name__,
        "text": str(error)[:2000],
        "module": module,
        "errno": getattr(error, "errno", None),
        "traceback": "".join(traceback.format_list(frames[-MOST_FRAMES:])),
        "file": theirs[-1].filename if theirs else None,
        "line": theirs[-1].lineno if theirs else None,
    }


def main() -> None:
    """Do the job in the folder that the command line names."""
    folder = Path(sys.argv[1])
    end_with_the_stage()
    offer_our_modules()
    result = answer(json.loads((folder / "job.json").read_text(encoding="utf-8")), folder)
    aside = folder / ".result.json"
    try:
        aside.write_text(json.dumps(result), encoding="utf-8")
        aside.replace(folder / "result.json")
    except OSError:
        sys.exit(os.EX_IOERR)


if __name__ == "__main__":
    main()
