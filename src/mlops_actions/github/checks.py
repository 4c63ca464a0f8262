"""The check run `mlops / MODEL` of a commit. It holds the gate record: what a later run knows of the commit, it knows from here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from mlops_actions.errors import ConfigError, DataError
from mlops_actions.github.client import GitHub
from mlops_actions.github.hidden import find, hide
from mlops_actions.progress import Progress, silent
from mlops_actions.report.gate import Annotation, GateRecord

PREFIX = "mlops / "
MARK = "mlops-actions/1:"
APP = "github-actions"  # the app whose token workflows get: what other apps (and so other bots) write is not believed
PERSONAL = ("ghp_", "github_pat_", "gho_", "ghu_")  # GitHub lets no person make check runs, so nothing is posted first
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
        completed_at: ISO 8601, UTC, by the clock of the runner that posted it.
        record: whole where it was posted just now, as far as it fits where it was read.
    """

    id: int
    completed_at: str
    record: GateRecord


Show = Callable[[GateRecord], Output]
Settle = Callable[[GateRecord | None], GateRecord]


def publish(github: GitHub, repository: str, record: GateRecord, show: Show, *, settle: Settle | None = None) -> Posted:
    """Create the check run of a record at its head, or bring the one that is there up to date.

    Annotations that are there already are not sent again (GitHub only ever adds).

    Args:
        github: a client whose token may write checks.
        repository: OWNER/NAME.
        record: for which model and commit; and what is posted, without `settle`.
        show: what people read.
        settle: given the record that was there a moment ago, returns the one that is to be there; that very one is left as it is.

    Raises:
        ConfigError: the token is not a workflow's own.
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    if github.token.startswith(PERSONAL):
        raise _not_ours("a person")
    return github.again(lambda: _post(github, repository, record, show, settle or (lambda _: record)))


def _post(github: GitHub, repository: str, about: GateRecord, show: Show, settle: Settle) -> Posted:
    """Look first, then update or create: so it may be tried again."""
    query = {"check_name": PREFIX + about.model, "filter": "all"}
    runs = github.pages(f"repos/{repository}/commits/{about.head}/check-runs", query, key="check_runs")
    ours = sorted((run for run in runs if _ours(run, about.model)), key=lambda run: int(run["id"]))
    there = _believed(ours[-1], about.head, silent) if ours else None
    record = settle(there.record if there else None)
    if there and record is there.record:
        return there
    body = _body(record, show(record), github.now())
    shown = _written(github, repository, ours[-1] if ours else None, body, record)
    if _app(shown) != APP:
        _withdraw(github, repository, shown)
        raise _not_ours(f"the app {_app(shown)!r}")
    return Posted(shown["id"], shown["completed_at"], record)


def _body(record: GateRecord, output: Output, now: float) -> dict[str, Any]:
    text, _ = hide(record, output.text)
    return {
        "name": PREFIX + record.model,
        "external_id": MARK + record.model,
        "status": "completed",
        "conclusion": record.conclusion,
        "completed_at": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "output": {"title": output.title[:MOST_TITLE], "summary": output.summary, "text": text},
        **({"details_url": record.run_url} if record.run_url else {}),
    }


def _written(github: GitHub, repository: str, there: Any, body: dict[str, Any], record: GateRecord) -> Any:
    if there:
        return _update(github, repository, there, body, record.annotations)
    first, rest = record.annotations[:BATCH], record.annotations[BATCH:]
    made = github.send("POST", f"repos/{repository}/check-runs", {**_with(body, first), "head_sha": record.head})
    return _add(github, repository, made, body, rest)


def _withdraw(github: GitHub, repository: str, run: Any) -> None:
    """Take back what another app's token posted: check runs cannot be deleted, and this one must not look like a verdict."""
    words = "No verdict: it was posted with a token that is not the workflow's own."
    output = {"title": words, "summary": words, "text": ""}
    github.send("PATCH", f"repos/{repository}/check-runs/{run['id']}", {"conclusion": "cancelled", "output": output})


def _not_ours(whose: str) -> ConfigError:
    return ConfigError(
        f"The token belongs to {whose}, whose check runs nobody believes.",
        fix="pass the workflow's own token: `token: ${{ github.token }}`, which is the default.",
    )


def _ours(run: Any, model: str) -> bool:
    return bool(run["external_id"] == MARK + model and _app(run) == APP)


def _app(run: Any) -> str:
    return run["app"]["slug"] if run["app"] else ""


def _update(github: GitHub, repository: str, run: Any, body: dict[str, Any], annotations: list[Annotation]) -> Any:
    sent = _sent(run)
    new = [annotation for annotation in annotations if annotation not in sent]
    path = f"repos/{repository}/check-runs/{run['id']}"
    # Not repeated by itself: another job may have posted meanwhile, so it is looked at again first.
    changed = github.send("PATCH", path, _with(body, new[:BATCH]), once=True)
    return _add(github, repository, changed, body, new[BATCH:])


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
    if (record.head, PREFIX + record.model) != (sha, run["name"]) or not _ours(run, record.model):
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
