"""Where the servers of an environment can be asked for /metrics: written by a target without Prometheus, read by judges."""

import json
from pathlib import Path

from mlops_actions.errors import DataError
from mlops_actions.files import write_text
from mlops_actions.release.target import Track


def write_endpoints(folder: Path, urls: dict[Track, list[str]]) -> None:
    """Write the /metrics of every server, by track."""
    write_text(folder / "endpoints.json", json.dumps(urls, indent=2) + "\n")


def read_endpoints(folder: Path) -> dict[Track, list[str]]:
    """Read them; nothing deployed is an empty answer.

    Raises:
        DataError: the file is not ours.
    """
    path = folder / "endpoints.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {Track(track): [str(url) for url in urls] for track, urls in content.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, TypeError) as error:
        raise DataError(f"{path} is no list of servers: {error}.", fix="deploy again.") from None
