"""`python -m mlops_actions.serve`: the entry point of the image. Exit 0 after a signal, 2 when it cannot serve as asked."""

import argparse
import logging
import os
import sys
import time
from pathlib import Path

STARTED = time.time()
PARENT = os.getppid()
THIS_PARENT = -1


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    options = argparse.ArgumentParser(prog="python -m mlops_actions.serve", description="Serve one model over HTTP.")
    options.add_argument(
        "--model", type=Path, required=True, help="folder with serving/, golden.json and model_config.yaml"
    )
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    options.add_argument("--port", type=int, default=8080, help="port; 0 takes a free one (default: %(default)s)")
    options.add_argument("--uds", type=Path, help="listen on this Unix socket instead of a port")
    options.add_argument("--release", default="0", help="release number, for the metrics (default: %(default)s)")
    options.add_argument("--track", choices=("stable", "canary"), default="stable", help="for the metrics")
    options.add_argument("--max-rows", type=int, default=1000, help="most rows in a request (default: %(default)s)")
    options.add_argument("--max-bytes", type=int, default=8 << 20, help="largest body (default: %(default)s)")
    options.add_argument(
        "--drain-seconds",
        type=float,
        default=5,
        help="how long to serve on, not ready, after SIGTERM (default: %(default)s)",
    )
    options.add_argument(
        "--exit-with-parent",
        type=int,
        nargs="?",
        const=THIS_PARENT,
        metavar="PID",
        help="end when the parent process ends; its number closes the gap before this process has started",
    )
    return options


def main() -> int:
    """Serve until a signal; return the exit code."""
    given = parser().parse_args()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    from mlops_actions.serve.errors import ModelError
    from mlops_actions.serve.server import bind, bind_path, serve
    from mlops_actions.serve.service import Service

    try:
        service = Service(
            given.model, release=given.release, track=given.track, max_rows=given.max_rows, started=STARTED
        )
        serve(
            service,
            bind_path(given.uds) if given.uds else bind(given.host, given.port),
            max_bytes=given.max_bytes,
            drain_seconds=given.drain_seconds,
            parent=PARENT if given.exit_with_parent == THIS_PARENT else given.exit_with_parent,
        )
    except ModelError as error:
        sys.stderr.write(f"The model cannot be served: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
