"""After the run of a fork's pull request: judge its predictions by trusted code, and publish what came out as unverified.

The run that made them could write nothing. This one can, and runs nothing of the pull request: it reads data.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from mlops_actions.github import checks
from mlops_actions.github.artifacts import names_models
from mlops_actions.github.event import DEPENDABOT, WorkflowRunEvent
from mlops_actions.github.publish import Place, publish
from mlops_actions.github.pulls import Pull, changed_files, pulls_with_head
from mlops_actions.github.recompute import Trusted, judge, without_predictions
from mlops_actions.report.gate import GateRecord

STARTED_BY = "pull_request"
NEVER_RAN = {"action_required", "skipped", "stale"}


def verify(place: Place, event: WorkflowRunEvent, models: Sequence[Trusted], *, run_url: str) -> list[GateRecord]:
    """Judge and publish every model that the run left data of.

    Args:
        place: where to publish; its token needs actions: read, checks: write, pull-requests: write.
        event: the run that ended.
        models: of the default branch; artifacts of others are not looked at.
        run_url: page of this run, where the numbers are from; of the other one only its log is linked.

    Returns:
        The records as they stand now; none where there is nothing to say, which `place.progress` was told.

    Raises:
        GitHubError: GitHub refused (the message has the YAML to add) or did not answer.
    """
    reason = nothing_to_do(event)
    pulls = [] if reason else _open(place, event)
    if reason or not pulls:
        place.progress(reason or f"No open pull request is at {event.head[:12]} now: nothing is written.")
        return []
    found = [
        record if record.evaluation is None else record.model_copy(update={"run_url": run_url})
        for record in _judged(place, event, pulls, [_with_record(place, model, pulls) for model in models])
    ]
    return [
        publish(place, record.model_copy(update={"pull_request": pull.number, "base_branch": pull.base_branch}))
        for record in found
        for pull in pulls
    ]


def nothing_to_do(event: WorkflowRunEvent) -> str:
    """Return why a run does not concern us; "" if it does."""
    if event.action != "completed":
        return "The run has not ended yet."
    if event.conclusion in NEVER_RAN:
        return f"The run ended as {event.conclusion}: it has not run, so there is nothing to judge."
    if event.event != STARTED_BY:
        return f"The run was started by {event.event}, not by a pull request."
    if event.head_repository == event.repository and event.actor != DEPENDABOT:
        return "The run was one of this repository's own branches, and has published its verdict itself."
    return ""


def _open(place: Place, event: WorkflowRunEvent) -> list[Pull]:
    """Return the open pull requests whose head is this very commit of this very repository and branch.

    Numbers come from GitHub alone. Two forks may have branches of one name, and a fork's owner may have several.
    """
    owner = event.head_repository.partition("/")[0]
    if not owner or not event.head_branch:
        return []
    found = pulls_with_head(place.github, place.repository, owner=owner, branch=event.head_branch)
    same = [pull for pull in found if (pull.head, pull.head_repository) == (event.head, event.head_repository)]
    return [pull for pull in same if pull.state == "open"]


def _with_record(place: Place, model: Trusted, pulls: Sequence[Pull]) -> Trusted:
    """Add what the gate said of the base, for a model whose base left no predictions."""
    if model.base is not None:
        return model
    commits = dict.fromkeys([model.commit, *(pull.base for pull in pulls)])
    found = (
        checks.record_of(place.github, place.repository, commit, model.model, progress=place.progress)
        for commit in commits
        if commit
    )
    return replace(model, record=next((one for one in found if one and one.verified and one.evaluation), None))


def _judged(
    place: Place, event: WorkflowRunEvent, pulls: Sequence[Pull], models: Sequence[Trusted]
) -> list[GateRecord]:
    """Return the records of the models that the run was about."""
    changed = cache(lambda: [changed_files(place.github, place.repository, pull.number) for pull in pulls])
    found = [judge(place.github, event, model, changed=changed, progress=place.progress) for model in models]
    records = [record for record in found if record]
    if records or names_models(place.github, event.repository, event.run):
        return records
    # It ended before it could say which models it was about. Those that another run has told of already stay.
    known = {one.model for one in checks.records(place.github, place.repository, event.head, progress=place.progress)}
    return [without_predictions(event, model) for model in models if model.model not in known]
