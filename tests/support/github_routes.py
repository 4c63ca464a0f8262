"""What the tests' GitHub does on each call: one small function each, and the permission that it needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support import github_answers as answers
from support.github_description import R, example
from support.github_state import APP, Check, Comment, Pull, State, now


@dataclass(frozen=True)
class Call:
    """One request, after all that could be wrong with it was looked at."""

    state: State
    values: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    app: str
    url: str

    def number(self, name: str) -> int:
        """Return a number from the path."""
        return int(self.values[name])


@dataclass(frozen=True)
class Answer:
    """Status, JSON (None for nothing), headers. `key` names the list of a paged answer that is an object."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    key: str = ""


Function = Callable[[Call], Answer]
MISSING = Answer(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})
ROUTES: dict[tuple[str, str], tuple[str, Function]] = {}


def route(method: str, template: str, needs: str) -> Callable[[Function], Function]:
    """Register a function with the permission sets that it accepts, as X-Accepted-GitHub-Permissions writes them."""

    def register(function: Function) -> Function:
        ROUTES[method, template] = needs, function
        return function

    return register


def invalid(message: str) -> Answer:
    """Return what GitHub says of a request that it cannot process."""
    return Answer(422, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": "422"})


@route("GET", R, "metadata=read")
def _repository(call: Call) -> Answer:
    return Answer(body=answers.whole_repository(call.state.repository, call.state.default_branch))


@route("GET", f"{R}/pulls", "pull_requests=read")
def _pulls(call: Call) -> Answer:
    state = call.query.get("state", "open")
    found = [pull for pull in call.state.pulls.values() if state in ("all", pull.state)]
    if head := call.query.get("head"):
        found = [pull for pull in found if f"{pull.head_repository.partition('/')[0]}:{pull.head_branch}" == head]
    if base := call.query.get("base"):
        found = [pull for pull in found if pull.base_branch == base]
    updated = call.query.get("sort") == "updated"
    descending = call.query.get("direction", "asc" if updated else "desc") == "desc"
    found.sort(key=lambda pull: (pull.updated_at if updated else "", pull.number), reverse=descending)
    return Answer(body=[answers.pull(call.state, pull, whole=False) for pull in found])


@route("GET", f"{R}/pulls/{{pull_number}}", "pull_requests=read")
def _pull(call: Call) -> Answer:
    pull = call.state.pulls.get(call.number("pull_number"))
    return Answer(body=answers.pull(call.state, pull, whole=True)) if pull else MISSING


@route("GET", f"{R}/pulls/{{pull_number}}/files", "pull_requests=read")
def _files(call: Call) -> Answer:
    pull = call.state.pulls.get(call.number("pull_number"))
    return Answer(body=[answers.file(one) for one in pull.files]) if pull else MISSING


@route("GET", f"{R}/commits/{{commit_sha}}/pulls", "pull_requests=read")
def _pulls_of_commit(call: Call) -> Answer:
    sha = call.values["commit_sha"]
    found = [pull for pull in call.state.pulls.values() if _holds(call.state, pull, sha)]
    return Answer(body=[answers.pull(call.state, pull, whole=False) for pull in found])


def _holds(state: State, pull: Pull, sha: str) -> bool:
    """GitHub lists the pull request that brought a merged commit, else those with the commit among theirs."""
    own = set(state.ancestors(pull.head)) - set(state.ancestors(pull.base))
    return sha == pull.merge_commit or (sha in own if pull.head in state.parents else sha == pull.head)


@route("GET", f"{R}/issues/{{issue_number}}/comments", "issues=read; pull_requests=read")
def _comments(call: Call) -> Answer:
    number = call.number("issue_number")
    if number not in call.state.pulls:
        return MISSING
    found = [comment for comment in call.state.comments.values() if comment.number == number]
    return Answer(body=[_comment(call, comment) for comment in sorted(found, key=lambda comment: comment.id)])


def _comment(call: Call, comment: Comment) -> dict[str, Any]:
    return answers.comment(comment, f"{call.url}/{call.state.repository}/pull/{comment.number}")


@route("POST", f"{R}/issues/{{issue_number}}/comments", "issues=write; pull_requests=write")
def _add_comment(call: Call) -> Answer:
    number = call.number("issue_number")
    if number not in call.state.pulls:
        return MISSING
    if len(call.body["body"]) > 65536:
        return invalid("Body is too long (maximum is 65536 characters)")
    time = call.state.clock()
    comment = Comment(call.state.next_id(), number, call.body["body"], f"{call.app}[bot]", call.app, time, time)
    call.state.comments[comment.id] = comment
    return Answer(201, _comment(call, comment))


@route("GET", f"{R}/issues/comments/{{comment_id}}", "issues=read; pull_requests=read")
def _one_comment(call: Call) -> Answer:
    comment = call.state.comments.get(call.number("comment_id"))
    return Answer(body=_comment(call, comment)) if comment else MISSING


@route("PATCH", f"{R}/issues/comments/{{comment_id}}", "issues=write; pull_requests=write")
def _edit_comment(call: Call) -> Answer:
    comment = call.state.comments.get(call.number("comment_id"))
    if not comment:
        return MISSING
    if len(call.body["body"]) > 65536:
        return invalid("Body is too long (maximum is 65536 characters)")
    comment.body, comment.updated_at = call.body["body"], call.state.clock()
    return Answer(body=_comment(call, comment))


@route("DELETE", f"{R}/issues/comments/{{comment_id}}", "issues=write; pull_requests=write")
def _remove_comment(call: Call) -> Answer:
    return Answer(204) if call.state.comments.pop(call.number("comment_id"), None) else MISSING


@route("POST", f"{R}/issues/comments/{{comment_id}}/reactions", "issues=write; pull_requests=write")
def _react(call: Call) -> Answer:
    comment = call.state.comments.get(call.number("comment_id"))
    if not comment:
        return MISSING
    mine = (f"{call.app}[bot]", call.body["content"])
    status = 200 if mine in comment.reactions else 201
    if status == 201:
        comment.reactions.append(mine)
    return Answer(status, answers.reaction(comment, *mine))


@route("GET", f"{R}/collaborators/{{username}}/permission", "metadata=read")
def _permission(call: Call) -> Answer:
    login = call.values["username"]
    return Answer(body=answers.permission(login, call.state.permissions.get(login, "none")))


@route("POST", f"{R}/check-runs", "checks=write")
def _add_check(call: Call) -> Answer:
    check = Check(call.state.next_id(), call.body["head_sha"], call.body["name"], call.app)
    refused = _change(check, call.body)
    if refused:
        return refused
    call.state.checks[check.id] = check
    return Answer(201, answers.check(check))


@route("PATCH", f"{R}/check-runs/{{check_run_id}}", "checks=write")
def _edit_check(call: Call) -> Answer:
    check = call.state.checks.get(call.number("check_run_id"))
    if not check:
        return MISSING
    if check.app != call.app:
        return Answer(403, {"message": f"Invalid app_id `{call.app}` - check run can only be modified by its app."})
    return _change(check, call.body) or Answer(body=answers.check(check))


def _change(check: Check, body: dict[str, Any]) -> Answer | None:
    output = body.get("output", {})
    # Columns of 65,535 bytes: more is refused whatever the number of characters.
    long = [name for name in ("summary", "text") if len(output.get(name, "").encode()) > 65535]
    if long:
        return invalid(f"Invalid request.\n\nOnly 65535 characters are allowed; output.{long[0]} has more.")
    for name in ("external_id", "details_url", "status", "conclusion", "completed_at"):
        setattr(check, name, body.get(name, getattr(check, name)))
    if body.get("conclusion"):
        check.status, check.completed_at = "completed", body.get("completed_at", now())
    for name in ("title", "summary", "text"):
        setattr(check, name, output.get(name, getattr(check, name)))
    check.annotations += output.get("annotations", [])
    return None


@route("GET", f"{R}/check-runs/{{check_run_id}}", "checks=read")
def _check(call: Call) -> Answer:
    check = call.state.checks.get(call.number("check_run_id"))
    return Answer(body=answers.check(check)) if check else MISSING


@route("GET", f"{R}/commits/{{ref}}/check-runs", "checks=read")
def _checks(call: Call) -> Answer:
    found = [check for check in call.state.checks.values() if check.head == call.values["ref"]]
    if name := call.query.get("check_name"):
        found = [check for check in found if check.name == name]
    if identity := call.query.get("app_id"):
        found = [check for check in found if (check.app == APP) == (identity == "15368")]
    if call.query.get("filter", "latest") == "latest":
        latest = {(check.name, check.app, check.suite): check for check in sorted(found, key=lambda check: check.id)}
        found = list(latest.values())
    found.sort(key=lambda check: check.id, reverse=True)
    shown = [answers.check(check) for check in found]
    return Answer(body={"total_count": len(shown), "check_runs": shown}, key="check_runs")


@route("GET", f"{R}/commits/{{ref}}", "contents=read")
def _commit(call: Call) -> Answer:
    sha = call.values["ref"]
    return Answer(body=answers.commit(sha, call.state.parents[sha])) if sha in call.state.parents else MISSING


@route("GET", f"{R}/compare/{{basehead}}", "contents=read")
def _compare(call: Call) -> Answer:
    base, _, head = call.values["basehead"].partition("...")
    before, after = call.state.ancestors(base), call.state.ancestors(head)
    shared = next((sha for sha in after if sha in before), None)
    if shared is None or head not in call.state.parents:
        return MISSING
    shown = example("GET", f"{R}/compare/{{basehead}}", 200)
    parents = call.state.parents
    shown |= {"merge_base_commit": answers.commit(shared, parents[shared])}
    shown |= {"base_commit": answers.commit(base, parents[base]), "ahead_by": len(set(after) - set(before))}
    return Answer(body=shown | {"behind_by": len(set(before) - set(after))})


@route("GET", f"{R}/actions/runs/{{run_id}}", "actions=read")
def _run(call: Call) -> Answer:
    run = call.state.runs.get(call.number("run_id"))
    return Answer(body=answers.run(call.state, run)) if run else MISSING


@route("GET", f"{R}/actions/runs/{{run_id}}/artifacts", "actions=read")
def _artifacts(call: Call) -> Answer:
    number, name = call.number("run_id"), call.query.get("name")
    found = [one for one in call.state.artifacts.values() if one.run == number and name in (None, one.name)]
    shown = [answers.artifact(call.state, artifact, call.url) for artifact in found]
    return Answer(body={"total_count": len(shown), "artifacts": shown}, key="artifacts")


@route("GET", f"{R}/actions/artifacts/{{artifact_id}}/{{archive_format}}", "actions=read")
def _download(call: Call) -> Answer:
    artifact = call.state.artifacts.get(call.number("artifact_id"))
    if not artifact:
        return MISSING
    if artifact.expired:
        return Answer(410, {"message": "Artifact has expired", "documentation_url": "https://docs.github.com/rest"})
    return Answer(302, headers={"Location": f"blob:{artifact.id}"})
