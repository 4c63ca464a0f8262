"""The client of GitHub's API against a small server on loopback."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from mlops_actions.errors import ExitCode
from mlops_actions.github.client import GitHub
from mlops_actions.github.refusal import GitHubError
from servers import free_port

TOKEN, NOW = "ghs_secret", 1_000_000.0


@dataclass
class Answer:
    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: object


class Api:
    """Answers with a list of answers, one after the other (the last for ever), and remembers what was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [Answer(body={})]
        self.asked: list[Request] = []
        self.waited: list[float] = []
        self.url = ""

    def client(self, url: str | None = None) -> GitHub:
        return GitHub(url or self.url, TOKEN, timeout_seconds=5, sleep=self.waited.append, now=lambda: NOW)


def handler(api: Api) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.asked.append(Request(self.command, self.path, dict(self.headers), json.loads(sent) if sent else None))
            answer = api.answers.pop(0) if len(api.answers) > 1 else api.answers[0]
            body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
            body = b"" if answer.status == 204 else body
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 (names that http.server looks for)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def listening(api: Api) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(api))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    return server


@pytest.fixture
def api() -> Iterator[Api]:
    api = Api()
    server = listening(api)
    yield api
    server.shutdown()
    server.server_close()


@pytest.fixture
def other() -> Iterator[Api]:
    """Another host than the API's, as far as tokens are concerned."""
    other = Api()
    server = listening(other)
    yield other
    server.shutdown()
    server.server_close()


def failing(call: Callable[[], object]) -> GitHubError:
    with pytest.raises(GitHubError) as raised:
        call()
    return raised.value


def test_a_request_carries_token_and_version(api: Api) -> None:
    api.answers = [Answer(body={"full_name": "o/r"})]
    assert api.client().get("/repos/o/r") == {"full_name": "o/r"}
    headers = api.asked[0].headers
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"


def test_the_token_is_not_shown(api: Api) -> None:
    api.answers = [Answer(401, {"message": "Bad credentials"})]
    error = failing(lambda: api.client().get("user"))
    assert "Bad credentials" in str(error)
    assert TOKEN not in repr(api.client()) + str(error)


def test_a_netrc_does_not_take_the_tokens_place(
    api: Api, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    api.client().get("user")
    assert api.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_all_pages_are_read(api: Api) -> None:
    following = {"Link": f'<{api.url}/comments?page=2>; rel="next", <{api.url}/comments?page=3>; rel="last"'}
    api.answers = [Answer(body=[1, 2], headers=following), Answer(body=[3])]
    assert list(api.client().pages("comments", {"since": "x"})) == [1, 2, 3]
    assert [request.path for request in api.asked] == ["/comments?per_page=100&since=x", "/comments?page=2"]


def test_pages_that_are_objects_name_their_list(api: Api) -> None:
    api.answers = [Answer(body={"total_count": 1, "artifacts": ["a"]})]
    assert list(api.client().pages("artifacts", key="artifacts")) == ["a"]


def test_a_page_elsewhere_is_not_followed_with_the_token(api: Api, other: Api) -> None:
    api.answers = [Answer(body=[1], headers={"Link": f'<{other.url}/comments?page=2>; rel="next"'})]
    assert "not followed" in str(failing(lambda: list(api.client().pages("comments"))))
    assert other.asked == []


def test_an_address_that_only_begins_like_the_api_is_elsewhere(api: Api) -> None:
    api.answers = [Answer(body=[1], headers={"Link": f'<{api.url}0/x>; rel="next"'})]
    assert "not followed" in str(failing(lambda: list(api.client().pages("comments"))))


def test_a_redirect_elsewhere_loses_the_token(api: Api, other: Api) -> None:
    api.answers = [Answer(302, headers={"Location": f"{other.url}/blob"})]
    other.answers = [Answer(body={"here": True})]
    assert api.client().get("artifact") == {"here": True}
    assert "Authorization" not in other.asked[0].headers


def test_a_busy_api_is_asked_again(api: Api) -> None:
    api.answers = [Answer(502, "bad gateway"), Answer(503), Answer(body={"id": 1})]
    assert api.client().get("x") == {"id": 1}
    assert api.waited == [2.0, 4.0]


@pytest.mark.parametrize("status", [429, 403])
def test_a_limit_is_waited_for_as_long_as_asked_even_before_a_post(api: Api, status: int) -> None:
    api.answers = [Answer(status, {"message": "secondary rate limit"}, {"Retry-After": "7"}), Answer(201, {"id": 1})]
    assert api.client().send("POST", "comments", {"body": "b"}) == {"id": 1}
    assert api.waited == [7.0]


def test_a_wait_of_hours_is_an_error_now(api: Api) -> None:
    api.answers = [Answer(429, {"message": "rate limit"}, {"Retry-After": "3600"})]
    assert failing(lambda: api.client().get("x")).status == 429
    assert api.waited == []


@pytest.mark.parametrize("status", [403, 429])
def test_the_primary_limit_is_waited_for_until_it_is_reset(api: Api, status: int) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 40)}
    api.answers = [Answer(status, {"message": "API rate limit exceeded"}, headers), Answer(201, {"id": 1})]
    assert api.client().send("POST", "comments", {"body": "b"}) == {"id": 1}
    assert api.waited == [41.0]


def test_limits_are_waited_for_ten_minutes_in_all_and_it_is_said(api: Api) -> None:
    """Each wait of five minutes is bearable, and the third is one too many, whichever request it is of."""
    said: list[str] = []
    busy = Answer(429, {"message": "rate limit"}, {"Retry-After": "300"})
    api.answers = [busy, Answer(body={"id": 1}), busy, Answer(body={"id": 2}), busy]
    github = replace(api.client(), progress=said.append)
    assert [github.get("x"), github.get("y")] == [{"id": 1}, {"id": 2}]
    assert failing(lambda: github.get("z")).status == 429
    assert api.waited == [300.0, 300.0]
    assert said == ["GitHub limits how often it is asked: waiting 300 seconds."] * 2


def test_a_limit_may_come_more_often_than_an_outage(api: Api) -> None:
    api.answers = [Answer(403, {"message": "secondary rate limit"}) for _ in range(9)] + [Answer(body={"id": 1})]
    assert api.client().get("x") == {"id": 1}
    assert api.waited == [60.0] * 9


def test_a_reset_in_an_hour_is_an_error_now(api: Api) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW) + 3600)}
    api.answers = [Answer(403, {"message": "API rate limit exceeded"}, headers)]
    error = failing(lambda: api.client().get("x"))
    assert (error.status, error.exit_code, api.waited) == (429, ExitCode.OUTSIDE_UNAVAILABLE, [])
    assert "later" in error.fix


def test_a_secondary_limit_that_does_not_say_how_long_takes_a_minute(api: Api) -> None:
    api.answers = [Answer(403, {"message": "You have exceeded a secondary rate limit."}), Answer(body={"id": 1})]
    assert api.client().get("x") == {"id": 1}
    assert api.waited == [60.0]


def test_a_refusal_is_no_limit(api: Api) -> None:
    api.answers = [Answer(403, {"message": "Resource not accessible by integration"}, {"X-RateLimit-Remaining": "12"})]
    assert failing(lambda: api.client().get("x")).status == 403
    assert api.waited == []


def test_what_looks_first_is_tried_again(api: Api) -> None:
    api.answers = [Answer(502), Answer(502), Answer(201, {"id": 1})]
    github = api.client()
    assert github.again(lambda: github.send("POST", "comments", {"body": "b"})) == {"id": 1}
    assert api.waited == [2.0, 4.0]


def test_what_is_refused_is_not_tried_again(api: Api) -> None:
    api.answers = [Answer(422, {"message": "no"})]
    github = api.client()
    assert failing(lambda: github.again(lambda: github.send("POST", "comments", {"body": "b"}))).status == 422
    assert len(api.asked) == 1


def test_a_body_can_be_read_in_pieces(api: Api) -> None:
    api.answers = [Answer(body="0123456789")]
    with api.client().opened("artifact") as response:
        assert list(response.iter_content(4)) == [b"0123", b"4567", b"89"]


def test_patience_ends(api: Api) -> None:
    api.answers = [Answer(500)]
    error = failing(lambda: api.client().get("x"))
    assert (error.status, error.exit_code, len(api.asked)) == (500, ExitCode.OUTSIDE_UNAVAILABLE, 4)


def test_a_post_that_may_have_arrived_is_not_sent_twice(api: Api) -> None:
    api.answers = [Answer(500)]
    assert failing(lambda: api.client().send("POST", "comments", {"body": "b"})).status == 500
    assert len(api.asked) == 1


def test_nobody_there_is_outside(api: Api) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    error = failing(lambda: api.client(nobody).get("x"))
    assert (error.status, error.exit_code, len(api.waited)) == (0, ExitCode.OUTSIDE_UNAVAILABLE, 3)


def test_a_missing_permission_is_answered_with_the_yaml_to_add(api: Api) -> None:
    accepted = {"X-Accepted-GitHub-Permissions": "pull_requests=write,contents=read; issues=write"}
    api.answers = [Answer(403, {"message": "Resource not accessible by integration"}, accepted)]
    error = failing(lambda: api.client().send("PATCH", "issues/comments/1", {"body": "b"}))
    assert (error.status, error.exit_code) == (403, ExitCode.UNUSABLE_INPUT)
    assert "permissions:\n  pull-requests: write\n  contents: read" in error.fix


def test_an_empty_answer_is_none(api: Api) -> None:
    api.answers = [Answer(204)]
    assert api.client().send("DELETE", "comments/1", {}) is None


@pytest.mark.parametrize("status", [200, 404])
def test_a_page_that_is_no_json_is_an_error_of_ours(api: Api, status: int) -> None:
    api.answers = [Answer(status, "<html>proxy</html>")]
    assert isinstance(failing(lambda: api.client().get("x")), GitHubError)
