"""State as GitHub's JSON: the official description's own examples with our values in them."""

from typing import Any

from support.github_description import R, example
from support.github_state import APP, Artifact, Check, Comment, Pull, Run, State, now


def user(login: str, *, bot: bool = False) -> dict[str, Any]:
    """Return a person or a bot."""
    shown: dict[str, Any] = example("GET", f"{R}/issues/{{issue_number}}/comments", 200)["user"]
    return shown | {"login": login, "type": "Bot" if bot else "User", "html_url": f"https://github.invalid/{login}"}


def app(slug: str) -> dict[str, Any]:
    """Return a GitHub App."""
    shown: dict[str, Any] = example("GET", f"{R}/check-runs/{{check_run_id}}", 200)["app"]
    return shown | {"slug": slug, "name": slug, "id": 15368 if slug == APP else 99}


def repository(full_name: str, *, default_branch: str = "main") -> dict[str, Any]:
    """Return a repository as it stands in a pull request."""
    shown: dict[str, Any] = example("GET", f"{R}/pulls/{{pull_number}}", 200)["base"]["repo"]
    owner, _, name = full_name.partition("/")
    return shown | {"full_name": full_name, "name": name, "owner": user(owner), "default_branch": default_branch}


def whole_repository(full_name: str, default_branch: str) -> dict[str, Any]:
    """Return the repository itself."""
    shown: dict[str, Any] = example("GET", R, 200)
    for part in ("source", "parent", "template_repository"):  # a fork's and a template's; not all of it is as described
        shown.pop(part, None)
    owner, _, name = full_name.partition("/")
    ours = {"full_name": full_name, "name": name, "owner": user(owner), "default_branch": default_branch}
    return shown | ours | {"language": "Python", "fork": False}


def pull(state: State, one: Pull, *, whole: bool) -> dict[str, Any]:
    """Return a pull request, as a list shows it or whole."""
    shown: dict[str, Any] = example("GET", f"{R}/pulls/{{pull_number}}" if whole else f"{R}/pulls", 200)
    shown |= {"number": one.number, "state": one.state, "user": user(one.author), "requested_teams": []}
    shown |= {"merged_at": one.merged_at, "merge_commit_sha": one.merge_commit, "updated_at": one.updated_at}
    shown |= {"closed_at": one.updated_at if one.state == "closed" else None}
    shown["head"] = shown["head"] | _side(one.head, one.head_branch, one.head_repository)
    shown["base"] = shown["base"] | _side(one.base, one.base_branch, state.repository)
    return shown | {"merged": one.merged_at is not None} if whole else shown


def _side(sha: str, branch: str, full_name: str) -> dict[str, Any]:
    owner = full_name.partition("/")[0]
    label = f"{owner}:{branch}"
    return {"sha": sha, "ref": branch, "label": label, "repo": repository(full_name), "user": user(owner)}


def comment(one: Comment, url: str) -> dict[str, Any]:
    """Return a comment."""
    shown: dict[str, Any] = example("GET", f"{R}/issues/{{issue_number}}/comments", 200)
    shown |= {"id": one.id, "body": one.body, "created_at": one.created_at, "updated_at": one.updated_at}
    shown |= {"user": user(one.author, bot=bool(one.app)), "html_url": f"{url}#issuecomment-{one.id}"}
    return shown | {"performed_via_github_app": app(one.app) if one.app else None}


def check(one: Check) -> dict[str, Any]:
    """Return a check run."""
    shown: dict[str, Any] = example("GET", f"{R}/check-runs/{{check_run_id}}", 200)
    shown |= {"id": one.id, "head_sha": one.head, "name": one.name, "status": one.status, "conclusion": one.conclusion}
    shown |= {"external_id": one.external_id, "details_url": one.details_url, "completed_at": one.completed_at}
    output = {"title": one.title, "summary": one.summary, "text": one.text, "annotations_count": len(one.annotations)}
    shown["output"] = shown["output"] | output
    return shown | {"app": app(one.app), "check_suite": {"id": one.suite}, "pull_requests": []}


def artifact(state: State, one: Artifact, api_url: str) -> dict[str, Any]:
    """Return an artifact."""
    shown: dict[str, Any] = example("GET", f"{R}/actions/runs/{{run_id}}/artifacts", 200)["artifacts"][0]
    address = f"{api_url}/repos/{state.repository}/actions/artifacts/{one.id}"
    shown |= {"id": one.id, "name": one.name, "size_in_bytes": one.size_in_bytes, "expired": one.expired}
    run = state.runs.get(one.run)
    origin = {"id": one.run, "head_branch": run.head_branch, "head_sha": run.head} if run else {"id": one.run}
    shown["workflow_run"] = shown["workflow_run"] | origin
    return shown | {"url": address, "archive_download_url": f"{address}/zip"}


def run(state: State, one: Run) -> dict[str, Any]:
    """Return a workflow run; GitHub lists no pull requests for a fork's."""
    shown: dict[str, Any] = example("GET", f"{R}/actions/runs/{{run_id}}", 200)
    shown |= {"id": one.id, "head_sha": one.head, "head_branch": one.head_branch, "event": one.event, "path": one.path}
    shown |= {"conclusion": one.conclusion, "status": "completed" if one.conclusion else "in_progress"}
    shown["head_repository"] = shown["head_repository"] | {"full_name": one.head_repository}
    shown["repository"] = shown["repository"] | {"full_name": state.repository}
    return shown | {"pull_requests": []}


def commit(sha: str, parents: list[str]) -> dict[str, Any]:
    """Return a commit."""
    shown: dict[str, Any] = example("GET", f"{R}/commits/{{ref}}", 200)
    pointers = [shown["parents"][0] | {"sha": parent} for parent in parents]
    return shown | {"sha": sha, "parents": pointers, "files": []}


def file(change: dict[str, str]) -> dict[str, Any]:
    """Return a file that a pull request changes: `filename`, and `previous_filename` where it was renamed."""
    shown: dict[str, Any] = example("GET", f"{R}/pulls/{{pull_number}}/files", 200)
    return shown | change


def reaction(one: Comment, login: str, content: str) -> dict[str, Any]:
    """Return a reaction to a comment."""
    shown: dict[str, Any] = example("POST", f"{R}/issues/comments/{{comment_id}}/reactions", 201)
    return shown | {"id": one.id, "content": content, "user": user(login, bot=True), "created_at": now()}


def permission(login: str, role: str) -> dict[str, Any]:
    """Return what a person may do: `permission` knows four words, `role_name` all."""
    shown: dict[str, Any] = example("GET", f"{R}/collaborators/{{username}}/permission", 200)
    coarse = {"maintain": "write", "triage": "read"}.get(role, role)
    return shown | {"permission": coarse, "role_name": role, "user": user(login) | {"role_name": role}}
