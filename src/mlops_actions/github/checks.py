"""The check run `mlops / MODEL` of a commit. It holds the gate record: what a later run knows of the commit, it knows from here."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from mlops_actions.errors import ConfigError, DataError
from mlops_actions.github.client import GitHub
from mlops_actions.github.hidden import find, hide
from mlops_actions.progress import Progress
from mlops_actions.report.gate import Annotation, GateRecord

PREFIX = "mlops / "
MARK = "mlops-actions/1:"
APP = "github-actions"  # the app whose token workflows get: what other apps (and so other bots) write is not believed
BATCH = 50  # annotations that one request may bring
MOST_TITLE, MOST_MESSAGE = 255, 64_000


class Output(Protocol):
    """What people read in a check run, as Markdown."""

    @property
    def title(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True)
class Posted:
    """A check run with the record in it.

    Attributes:
        completed_at: ISO 8601, UTC, as GitHub writes it.
    """

    id: int
    completed_at: str
    record: GateRecord


def publish(github: GitHub, repository: str, record: GateRecord, output: Output) -> Posted:
    """Create the check run of a record at its head, or bring the one that is there up to date.

    Annotations that are there already are not sent again (GitHub only ever adds).

    Raises:
        ConfigError: the token is not a workflow's own.
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    text, kept = hide(record, output.text)
    body = {
        "name": PREFIX + record.model,
        "external_id": MARK + record.model,
        "status": "completed",
        "conclusion": record.conclusion,
        "completed_at": datetime.fromtimestamp(github.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "output": {"title": output.title[:MOST_TITLE], "summary": output.summary, "text": text},
        **({"details_url": record.run_url} if record.run_url else {}),
    }
    shown = github.again(lambda: _post(github, repository, record, body))
    if _app(shown) != APP:
        raise ConfigError(
            f"The token belongs to the app {_app(shown)!r}, whose check runs nobody believes.",
            fix="pass the workflow's own token: `token: ${{ github.token }}`, which is the default.",
        )
    return Posted(shown["id"], shown["completed_at"], kept)


def _post(github: GitHub, repository: str, record: GateRecord, body: dict[str, Any]) -> Any:
    """Look first, then update or create: so it may be tried again."""
    query = {"check_name": body["name"], "filter": "all"}
    runs = github.pages(f"repos/{repository}/commits/{record.head}/check-runs", query, key="check_runs")
    there = [run for run in runs if run["external_id"] == body["external_id"] and _app(run) == APP]
    if there:
        return _update(github, repository, max(there, key=lambda run: int(run["id"])), body, record.annotations)
    first, rest = record.annotations[:BATCH], record.annotations[BATCH:]
    made = github.send("POST", f"repos/{repository}/check-runs", {**_with(body, first), "head_sha": record.head})
    return _add(github, repository, made, body, rest)


def _app(run: Any) -> str:
    return run["app"]["slug"] if run["app"] else ""


def _update(github: GitHub, repository: str, run: Any, body: dict[str, Any], annotations: list[Annotation]) -> Any:
    sent = _sent(run)
    new = [annotation for annotation in annotations if annotation not in sent]
    path = f"repos/{repository}/check-runs/{run['id']}"
    return _add(github, repository, github.send("PATCH", path, _with(body, new[:BATCH])), body, new[BATCH:])


def _add(github: GitHub, repository: str, run: Any, body: dict[str, Any], annotations: list[Annotation]) -> Any:
    path = f"repos/{repository}/check-runs/{run['id']}"
    for start in range(0, len(annotations), BATCH):
        run = github.send("PATCH", path, _with(body, annotations[start : start + BATCH]))
    return run


def _sent(run: Any) -> list[Annotation]:
    try:
        record = find(run["output"]["text"] or "")
    except DataError:
        return []
    return record.annotations if record else []


def _with(body: dict[str, Any], annotations: list[Annotation]) -> dict[str, Any]:
    if not annotations:
        return body
    listed = [
        {
            "path": annotation.path,
            "start_line": annotation.line,
            "end_line": annotation.line,
            "annotation_level": annotation.level,
            "title": annotation.title[:MOST_TITLE],
            "message": annotation.message.encode()[:MOST_MESSAGE].decode(errors="ignore"),
        }
        for annotation in annotations
    ]
    return {**body, "output": {**body["output"], "annotations": listed}}


def posted(github: GitHub, repository: str, sha: str, *, progress: Progress) -> list[Posted]:
    """Return the check runs of a commit that hold records, by model; the latest of each.

    Only those that workflows posted are believed. A record that is damaged, or is about another commit or
    model than its check run, is told and left out.

    Args:
        github: a client whose token may read checks.
        repository: OWNER/NAME.
        sha: commit.
        progress: told what is wrong.
    """
    runs = github.pages(f"repos/{repository}/commits/{sha}/check-runs", {"filter": "all"}, key="check_runs")
    found: dict[str, Posted] = {}
    for run in sorted(runs, key=lambda run: int(run["id"])):
        if run["name"].startswith(PREFIX) and _app(run) == APP:
            one = _believed(run, sha, progress)
            found |= {one.record.model: one} if one else {}
    return [found[model] for model in sorted(found)]


def _believed(run: Any, sha: str, progress: Progress) -> Posted | None:
    try:
        record = find(run["output"]["text"] or "")
    except DataError as error:
        progress(f"Check run {run['id']} ({run['name']}) of {sha[:12]} is not used: {error.what}")
        return None
    if record is None:
        return None
    if (record.head, PREFIX + record.model) != (sha, run["name"]):
        progress(f"Check run {run['id']} ({run['name']}) of {sha[:12]} is not used: its record is about another.")
        return None
    return Posted(run["id"], run["completed_at"] or "", record)


def records(github: GitHub, repository: str, sha: str, *, progress: Progress) -> list[GateRecord]:
    """Return the gate records of a commit, by model (see `posted`)."""
    return [one.record for one in posted(github, repository, sha, progress=progress)]


def record_of(github: GitHub, repository: str, sha: str, model: str, *, progress: Progress) -> GateRecord | None:
    """Return the record of one model at a commit; None if there is none."""
    found = records(github, repository, sha, progress=progress)
    return next((record for record in found if record.model == model), None)
