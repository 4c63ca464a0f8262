"""Payloads of the events that start our workflows, as GitHub sends them, cut to what workflows and commands may read."""

from typing import Any

from support.github_state import Comment, Pull, Run

Payload = dict[str, Any]


def repository(full_name: str) -> Payload:
    """Return a repository."""
    owner, name = full_name.split("/")
    return {
        "full_name": full_name,
        "name": name,
        "owner": {"login": owner, "type": "Organization"},
        "default_branch": "main",
        "private": False,
        "html_url": f"https://github.com/{full_name}",
    }


def person(login: str) -> Payload:
    """Return a user."""
    return {"login": login, "type": "User"}


def pull_request(pull: Pull, home: str, merge: str, before: str) -> Payload:
    """Return a push to a pull request; `merge` is the commit that GitHub tests, `before` the head until then."""
    return {
        "action": "synchronize",
        "number": pull.number,
        "before": before,
        "after": pull.head,
        "pull_request": {
            "number": pull.number,
            "state": pull.state,
            "draft": False,
            "merge_commit_sha": merge,
            "html_url": f"https://github.com/{home}/pull/{pull.number}",
            "user": person(pull.author),
            "head": {
                "ref": pull.head_branch,
                "sha": pull.head,
                "repo": {**repository(pull.head_repository), "fork": pull.head_repository != home},
                "user": person(pull.head_repository.split("/")[0]),
            },
            "base": {
                "ref": pull.base_branch,
                "sha": pull.base,
                "repo": repository(home),
                "user": person(home.split("/", maxsplit=1)[0]),
            },
        },
        "repository": repository(home),
        "sender": person(pull.author),
    }


def push(home: str, before: str, after: str, ref: str) -> Payload:
    """Return a push of a branch or tag."""
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "deleted": False,
        "head_commit": {"id": after},
        "repository": repository(home),
        "sender": person("developer"),
    }


def workflow_run(run: Run, home: str) -> Payload:
    """Return the end of a run; `pull_requests` is empty for forks."""
    return {
        "action": "completed",
        "workflow_run": {
            "id": run.id,
            "name": "Model",
            "path": run.path,
            "event": run.event,
            "status": "completed",
            "conclusion": run.conclusion,
            "head_branch": run.head_branch,
            "head_sha": run.head,
            "head_repository": repository(run.head_repository),
            "repository": repository(home),
            "html_url": f"https://github.com/{home}/actions/runs/{run.id}",
            "run_attempt": 1,
            "pull_requests": [],
            "actor": person("developer"),
        },
        "workflow": {"name": "Model", "path": run.path},
        "repository": repository(home),
        "sender": person("developer"),
    }


def issue_comment(comment: Comment, home: str) -> Payload:
    """Return a new comment on a pull request."""
    url = f"https://github.com/{home}/pull/{comment.number}"
    return {
        "action": "created",
        "issue": {
            "number": comment.number,
            "state": "open",
            "pull_request": {"html_url": url},
            "user": person("developer"),
        },
        "comment": {
            "id": comment.id,
            "body": comment.body,
            "user": person(comment.author),
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "html_url": f"{url}#issuecomment-{comment.id}",
            "author_association": "MEMBER",
        },
        "repository": repository(home),
        "sender": person(comment.author),
    }
