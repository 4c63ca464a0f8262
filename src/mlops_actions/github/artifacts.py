"""What a run of a pull request left for us: data that anybody may have made, taken only as far as it is bounded and known."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests
from pydantic import ValidationError

from mlops_actions.files import explained
from mlops_actions.github.archive import refused, unpack
from mlops_actions.github.client import GitHub
from mlops_actions.github.refusal import GitHubError
from mlops_actions.report.part import Part

ENDING = "-gate"
MOST_COMPRESSED = 200_000_000
MOST_JSON = 5_000_000
PIECE = 64 * 1024

# The artifact MODEL-gate: plan.json, reports/, and what `mlops keep` keeps of the candidate in a folder of any name but
# `base`. Nothing of it is read but the predictions, and what plan and reports claim, to compare with.
GATE = re.compile(
    r"plan\.json|reports/[a-z-]{1,40}\.(json|html|md)"
    r"|(?!base/)[a-z]{1,40}/(model_config\.yaml|contract\.json|predictions/test\.parquet)"
)
PREDICTIONS = "/predictions/test.parquet"

Schema = TypeVar("Schema", bound=Part)


@dataclass(frozen=True)
class Gate:
    """An unpacked artifact.

    Attributes:
        folder: where.
        predictions: the candidate's; None where the run came not that far.
    """

    folder: Path
    predictions: Path | None


def find(github: GitHub, repository: str, run: int, model: str) -> dict[str, Any] | None:
    """Return the newest artifact of a run that is called MODEL-gate, as GitHub describes it; None where there is none."""
    path, name = _listed(repository, run), model + ENDING
    found = [one for one in github.pages(path, {"name": name}, key="artifacts") if one["name"] == name]
    return max(found, key=lambda one: int(one["id"]), default=None)


def names_models(github: GitHub, repository: str, run: int) -> bool:
    """Say whether a run left an artifact of any model: then it came far enough to know whom it was about."""
    return any(one["name"].endswith(ENDING) for one in github.pages(_listed(repository, run), key="artifacts"))


def _listed(repository: str, run: int) -> str:
    return f"repos/{repository}/actions/runs/{run}/artifacts"


def fetch(github: GitHub, repository: str, artifact: dict[str, Any], folder: Path) -> Gate:
    """Download and unpack an artifact.

    Args:
        github: with `actions: read`.
        repository: whose run made it.
        artifact: as `find` returned it.
        folder: exists and is empty.

    Raises:
        DataError: it has expired, is too large, or is no zip of ours.
        GitHubError: GitHub refused or did not answer.
    """
    if artifact["expired"]:
        raise refused("it has expired")
    if artifact["size_in_bytes"] > MOST_COMPRESSED:
        raise refused(f"it has {artifact['size_in_bytes']:,} bytes; {MOST_COMPRESSED:,} at most are fetched")
    archive, inside = folder / "artifact.zip", folder / "inside"
    _download(github, f"repos/{repository}/actions/artifacts/{artifact['id']}/zip", archive)
    inside.mkdir()
    names = unpack(archive, inside, GATE)
    archive.unlink()
    predictions = [name for name in names if name.endswith(PREDICTIONS)]
    if len(predictions) > 1:
        raise refused("it has several files of predictions")
    return Gate(inside, inside / predictions[0] if predictions else None)


def _download(github: GitHub, path: str, to: Path) -> None:
    """Write at most MOST_COMPRESSED bytes, whatever was said of the size."""
    size = 0
    try:
        with github.opened(path) as response, to.open("xb") as target:
            for piece in response.iter_content(PIECE):
                size += len(piece)
                if size > MOST_COMPRESSED:
                    raise refused(f"it goes on after {MOST_COMPRESSED:,} bytes")
                with explained(to):
                    target.write(piece)
    except requests.RequestException as error:
        raise GitHubError(0, f"The artifact broke off while it was fetched: {type(error).__name__}.") from None
    except GitHubError as error:
        if error.status != 410:
            raise
        raise refused("it has expired") from None


def claimed(path: Path, schema: type[Schema]) -> Schema | None:
    """Return what a JSON file of an artifact claims; None where it is not there or is not what its kind looks like.

    A claim is compared with what we find out ourselves and shown nowhere, so one that cannot be read is no error.
    """
    if not path.is_file() or path.stat().st_size > MOST_JSON:
        return None
    try:
        # pydantic's own parser: it refuses JSON that nests too deeply, and never runs out of stack.
        return schema.model_validate_json(path.read_bytes())
    except ValidationError:
        return None
