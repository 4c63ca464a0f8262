"""A pull request that breaks mlops.yaml: its check turns red all the same, on the model that the file was about before."""

from collections.abc import Iterable

from mlops_actions.errors import ConfigError
from mlops_actions.github import checks, sticky
from mlops_actions.github.event import PullRequestEvent, PushEvent
from mlops_actions.github.publish import Place, publish
from mlops_actions.report import GateRecord

MOST_SENTENCE = 1000


def publish_unreadable(
    place: Place,
    event: PullRequestEvent | PushEvent,
    error: ConfigError,
    *,
    path: str,
    told: Iterable[str],
    run_url: str,
) -> list[GateRecord]:
    """Publish that a model could not be judged since its mlops.yaml cannot be read.

    Which model that is, the file does not say any more. Who does: what jobs before have written, else the records of the
    commits before that name this file.

    Args:
        place: where, and how it is shown.
        event: what is judged.
        error: what is wrong with the file.
        path: of the file in the repository.
        told: models that plan or reports of this run name.
        run_url: page of this run.

    Returns:
        The records as they stand; none where nothing says which model it is.

    Raises:
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    models = sorted(set(told)) or _known(place, event, path)
    before = event.before if isinstance(event, PullRequestEvent) else ""
    return [publish(place, _stopped(model, event, error, path, run_url), before=before) for model in models]


def _known(place: Place, event: PullRequestEvent | PushEvent, path: str) -> list[str]:
    commits = [event.base, event.before] if isinstance(event, PullRequestEvent) else [event.before]
    if isinstance(event, PullRequestEvent):
        commits += [one.head for one in sticky.stickies(place.github, place.repository, event.number)]
    for sha in dict.fromkeys(commit for commit in [event.head, *commits] if commit):
        found = checks.records(place.github, place.repository, sha, progress=place.progress)
        if models := [record.model for record in found if record.config == path]:
            return models
    return []


def _stopped(
    model: str, event: PullRequestEvent | PushEvent, error: ConfigError, path: str, run_url: str
) -> GateRecord:
    problem = f"{path} cannot be read: {error.what}"[:MOST_SENTENCE]
    pull = event if isinstance(event, PullRequestEvent) else None
    return GateRecord(
        model=model,
        config=path,
        head=event.head,
        base=pull.base if pull else event.before,
        base_branch=pull.base_branch if pull else "",
        pull_request=pull.number if pull else None,
        outcome="stopped",
        conclusion="failure",
        unenforced="failure",
        sentence=problem,
        problem=problem,
        run_url=run_url,
    )
