"""GitHub on loopback: one repository in memory, every request and answer held against GitHub's own OpenAPI description.

    with GitHubServer("owner/flights") as github:
        pull = github.add_pull(head=SHA, base=BASE)
        token = github.token(checks="write", pull_requests="write", contents="read")
        ... GITHUB_API_URL=github.url, the token as an input ...
        assert github.checks(SHA)["mlops / flights"].conclusion == "success"
        assert len(github.comments(pull.number)) == 1

Leaving the block raises if any request or answer was not as described. `before` and `after` run something at a request (a
race), `fail` answers in GitHub's place (rate limits, 5xx).
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.github_description import Operation, operation
from support.github_routes import MISSING, ROUTES, Answer, Call
from support.github_state import APP, Artifact, Check, Comment, Pull, Run, State, now

Action = Callable[[], object]


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    token: str


@dataclass
class Rule:
    """Something that happens at the next `times` requests that match."""

    method: str
    pattern: str
    times: int
    action: Action = lambda: None
    answer: Answer | None = None

    def takes(self, asked: Asked) -> bool:
        """Count a request if it matches."""
        matches = self.times > 0 and asked.method == self.method and re.search(self.pattern, asked.path) is not None
        self.times -= matches
        return matches


@dataclass(frozen=True)
class Token:
    """What a token may do, and whose it is."""

    permissions: dict[str, str]
    app: str

    def may(self, accepted: str) -> bool:
        """Say whether one of the accepted sets (`a=read,b=write; c=write`) is covered; metadata may always be read."""
        held = {"metadata": "read", **self.permissions}
        sets = [[pair.strip().partition("=") for pair in one.split(",")] for one in accepted.split(";")]
        return any(all(held.get(name) in {level, "write"} for name, _, level in pairs) for pairs in sets)


@dataclass
class GitHubServer:
    """A repository of GitHub and the API that serves it."""

    repository: str = "owner/flights"
    tokens: dict[str, Token] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    lock: Any = field(default_factory=RLock)

    def __post_init__(self) -> None:
        """Nothing is in the repository yet."""
        self.state = State(self.repository)
        self._before: list[Rule] = []
        self._after: list[Rule] = []
        self._faults: list[Rule] = []
        self._api = _listening(self.handle, self)
        # Artifacts come from another host than the API, which must not see the token.
        self._blobs = _listening(self.handle_blob, self)

    def __enter__(self) -> Self:
        for server in (self._api, self._blobs):
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for server in (self._api, self._blobs):
            server.shutdown()
            server.server_close()
        if kind is None:
            assert self.violations == [], "\n".join(self.violations)

    @property
    def url(self) -> str:
        """The API: GITHUB_API_URL."""
        return f"http://127.0.0.1:{self._api.server_address[1]}"

    # What is in the repository.

    def token(self, *, app: str = APP, **permissions: str) -> str:
        """Return a new token of a job with these `permissions:` (pull_requests="write", …) and no others."""
        value = f"ghs_{len(self.tokens):036d}"
        self.tokens[value] = Token(permissions, app)
        return value

    def add_pull(
        self, *, head: str, base: str, head_branch: str = "better", head_repository: str = "", author: str = "developer"
    ) -> Pull:
        """Open a pull request; a fork's has another `head_repository`."""
        with self.lock:
            number = len(self.state.pulls) + 1
            pull = Pull(number, head, head_branch, head_repository or self.repository, base, author=author)
            self.state.pulls[number] = pull
            return pull

    def push(self, number: int, head: str) -> None:
        """Move the head of a pull request."""
        self.state.pulls[number].head = head

    def close(self, number: int, *, merge_commit: str | None = None) -> None:
        """Close a pull request, or merge it."""
        pull = self.state.pulls[number]
        pull.state, pull.updated_at = "closed", now()
        pull.merged_at, pull.merge_commit = (now(), merge_commit) if merge_commit else (None, None)

    def add_commits(self, parents: dict[str, list[str]]) -> None:
        """Make commits known with their parents."""
        self.state.parents.update(parents)

    def add_comment(self, number: int, body: str, *, author: str, app: str = "", created_at: str = "") -> Comment:
        """Write a comment as a person, or as the bot of an app."""
        with self.lock:
            comment = Comment(self.state.next_id(), number, body, author, app, created_at=created_at or now())
            self.state.comments[comment.id] = comment
            return comment

    def remove_comment(self, identity: int) -> None:
        """Delete a comment, as a person may."""
        self.state.comments.pop(identity, None)

    def add_check(self, head: str, name: str, *, app: str = APP, suite: int = 1, **values: Any) -> Check:
        """Post a check run, as another job may."""
        with self.lock:
            check = Check(self.state.next_id(), head, name, app, suite=suite, **values)
            self.state.checks[check.id] = check
            return check

    def add_person(self, login: str, role: str) -> None:
        """Let a person do something: admin, maintain, write, triage or read."""
        self.state.permissions[login] = role

    def add_run(self, *, head: str, head_branch: str, head_repository: str = "", **values: Any) -> Run:
        """Add a workflow run."""
        with self.lock:
            run = Run(self.state.next_id(), head, head_branch, head_repository or self.repository, **values)
            self.state.runs[run.id] = run
            return run

    def add_artifact(
        self,
        run: int,
        name: str,
        content: bytes | Callable[[], Iterable[bytes]],
        *,
        size_in_bytes: int | None = None,
        expired: bool = False,
    ) -> Artifact:
        """Upload an artifact's zip; a function of pieces may go on for ever, and the declared size may be a lie."""
        declared = size_in_bytes if size_in_bytes is not None else len(content) if isinstance(content, bytes) else 0
        with self.lock:
            artifact = Artifact(self.state.next_id(), run, name, content, declared, expired)
            self.state.artifacts[artifact.id] = artifact
            return artifact

    def comments(self, number: int) -> list[Comment]:
        """Return the comments on a pull request, oldest first."""
        found = [comment for comment in self.state.comments.values() if comment.number == number]
        return sorted(found, key=lambda comment: comment.id)

    def checks(self, sha: str) -> dict[str, Check]:
        """Return the check runs of a commit by name; of one name, the latest."""
        found = sorted(self.state.checks.values(), key=lambda check: check.id)
        return {check.name: check for check in found if check.head == sha}

    # What goes wrong.

    def before(self, method: str, pattern: str, action: Action, *, times: int = 1) -> None:
        """Do something when the next matching request has come in and before it is looked at."""
        self._before.append(Rule(method, pattern, times, action))

    def after(self, method: str, pattern: str, action: Action, *, times: int = 1) -> None:
        """Do something when the next matching request was carried out and before its answer is sent."""
        self._after.append(Rule(method, pattern, times, action))

    def fail(self, method: str, pattern: str, answer: Answer, *, times: int = 1) -> None:
        """Answer the next matching requests with this, and carry nothing out."""
        self._faults.append(Rule(method, pattern, times, answer=answer))

    def written(self) -> list[Asked]:
        """Return the requests that changed something."""
        return [asked for asked in self.asked if asked.method != "GET"]

    # How it answers.

    def handle(self, asked: Asked) -> Answer:
        """Answer one request."""
        self.asked.append(asked)
        for rule in self._before:
            if rule.takes(asked):
                rule.action()
        fault = next((rule.answer for rule in self._faults if rule.takes(asked)), None)
        answer = fault or self._answer(asked)
        for rule in self._after:
            if rule.takes(asked):
                rule.action()
        return answer

    def _answer(self, asked: Asked) -> Answer:
        token = self.tokens.get(asked.token)
        if token is None:
            return Answer(401, {"message": "Bad credentials", "status": "401"})
        described = operation(asked.method, asked.path)
        if described is None or (asked.method, described.template) not in ROUTES:
            return self._violated(f"{asked.method} {asked.path}: not offered", MISSING)
        if not asked.path.startswith(f"/repos/{self.repository}/") and asked.path != f"/repos/{self.repository}":
            return MISSING
        return self._allowed(asked, described, token)

    def _allowed(self, asked: Asked, described: Operation, token: Token) -> Answer:
        needs, function = ROUTES[asked.method, described.template]
        if not token.may(needs):
            message = {"message": "Resource not accessible by integration", "status": "403"}
            return Answer(403, message, {"X-Accepted-GitHub-Permissions": needs})
        wrong = described.wrong_in_request(asked.query, asked.body)
        if wrong:
            return self._violated(f"{asked.method} {asked.path}: {wrong}", Answer(422, {"message": str(wrong)}))
        with self.lock:
            call = Call(self.state, described.values, asked.query, asked.body or {}, token.app, self.url)
            answer = self._paged(function(call), asked)
        wrong = described.wrong_in_answer(answer.status, answer.body)
        return self._violated(f"answer to {asked.method} {asked.path}: {wrong}", answer) if wrong else answer

    def _violated(self, what: str, answer: Answer) -> Answer:
        self.violations.append(what)
        return answer

    def _paged(self, answer: Answer, asked: Asked) -> Answer:
        items = answer.body[answer.key] if answer.key else answer.body
        if not isinstance(items, list):
            return answer
        size, page = min(int(asked.query.get("per_page", 30)), 100), int(asked.query.get("page", 1))
        shown = items[(page - 1) * size : page * size]
        following = urlencode({**asked.query, "page": page + 1})
        link = {"Link": f'<{self.url}{asked.path}?{following}>; rel="next"'} if page * size < len(items) else {}
        return Answer(answer.status, {**answer.body, answer.key: shown} if answer.key else shown, link)

    def handle_blob(self, asked: Asked) -> Answer:
        """Hand an artifact's bytes out, as the store that GitHub redirects to."""
        if asked.token:
            self.violations.append(f"{asked.path}: the token went to another host")
        return Answer(body=self.state.artifacts[int(asked.path.removeprefix("/"))].content)

    def blob_url(self, location: str) -> str:
        """Return where `blob:NUMBER` is."""
        return f"http://127.0.0.1:{self._blobs.server_address[1]}/{location.removeprefix('blob:')}"


def _listening(handle: Callable[[Asked], Answer], server: GitHubServer) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            body = json.loads(sent) if sent else None
            self.send(handle(Asked(self.command, parts.path, dict(parse_qsl(parts.query)), body, token)))

        do_GET = do_POST = do_PATCH = do_DELETE = respond  # noqa: N815 (names that http.server looks for)

        def send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in {"x-ratelimit-limit": "1000", "x-ratelimit-remaining": "900", **answer.headers}.items():
                self.send_header(name, server.blob_url(value) if value.startswith("blob:") else value)
            pieces = answer.body() if callable(answer.body) else [_bytes(answer.body)]
            if not callable(answer.body):
                self.send_header("Content-Length", str(len(pieces[0])))
            self.end_headers()
            try:
                for piece in pieces:
                    self.wfile.write(piece)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # whoever read has had enough

        def log_message(self, *_: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    return b"" if body is None else json.dumps(body).encode()
