"""The server's paths over raw ASGI: a framework's request object alone would cost a fifth of the time of a request."""

import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from mlops_actions.serve import tensors
from mlops_actions.serve.complaints import Complaints
from mlops_actions.serve.errors import ModelError, RefusedError
from mlops_actions.serve.inputs import columns_from_rows
from mlops_actions.serve.metrics import Outcome
from mlops_actions.serve.runtimes import Scores
from mlops_actions.serve.service import Service, State

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = Callable[[Any], Awaitable[dict[str, Any]]]

LOG = logging.getLogger(__name__)
_NOT_FINITE = (b"NaN", b"Infinity")


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is sent."""

    status: int
    body: bytes
    content_type: bytes = b"application/json"
    allow: bytes = b""


class ClientGoneError(Exception):
    """The client closed the connection before its request was whole: there is nobody to answer."""


class App:
    """The ASGI application of one service."""

    def __init__(self, service: Service, *, max_bytes: int) -> None:
        self._service, self._max_bytes = service, max_bytes
        self._complaints = Complaints()
        self._pages: dict[str, Callable[[], Reply]] = {
            "/v2": self._server,
            "/v2/health/live": lambda: _json(200, {"live": True}),
            "/v2/health/ready": self._ready,
            "/health": self._health,
            "/metrics": self._metrics,
        }

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            reply = await self._route(scope, receive)
        except ClientGoneError:
            return
        headers = [(b"content-type", reply.content_type), (b"content-length", b"%d" % len(reply.body))]
        if reply.allow:
            headers.append((b"allow", reply.allow))
        if self._service.state is State.DRAINING or reply.status == 413:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _route(self, scope: Message, receive: Receive) -> Reply:
        path, method = scope["path"], scope["method"]
        if page := self._pages.get(path):
            return page() if method in {"GET", "HEAD"} else _only(b"GET, HEAD")
        answer = self._predict if path == "/predict" else None
        if path.startswith("/v2/models/"):
            try:
                found = self._model_path(scope["raw_path"].decode("latin-1"))
            except RefusedError as refused:
                return _json(refused.status, {"error": refused.sentence})
            if found != "infer":
                return self._model_page(found, method)
            answer = self._infer
        if answer is None:
            return _json(404, {"error": f"There is nothing at {path}."})
        return await self._counted(answer, scope, receive) if method == "POST" else _only(b"POST")

    def _model_path(self, path: str) -> str:
        """Return what is asked of the model: `` (metadata), `ready` or `infer`."""
        signature = self._service.signature
        parts = [unquote(part) for part in path.removeprefix("/v2/models/").split("/")]
        name, rest = parts[0], parts[1:]
        if name != signature.model:
            raise RefusedError(404, f"There is no model {name!r} here; this is {signature.model!r}.")
        if rest[:1] == ["versions"] and len(rest) > 1:
            if rest[1] != signature.version:
                raise RefusedError(404, f"There is no version {rest[1]!r} here; this is {signature.version!r}.")
            rest = rest[2:]
        if rest not in ([], ["ready"], ["infer"]):
            raise RefusedError(404, f"A model has no {'/'.join(rest)!r}.")
        return "".join(rest)

    def _model_page(self, name: str, method: str) -> Reply:
        if method not in {"GET", "HEAD"}:
            return _only(b"GET, HEAD")
        if name == "ready":
            return self._ready(name=self._service.signature.model)
        return _json(200, tensors.metadata(self._service.signature))

    async def _counted(self, answer: Answer, scope: Message, receive: Receive) -> Reply:
        """Answer an inference request and count it by outcome; only a client that left is not counted."""
        begun = time.perf_counter()
        counted: Outcome | None = "error"
        try:
            body = await answer(_parsed(await self._body(scope, receive)))
            counted = "ok"
            return _json(200, body)
        except RefusedError as refused:
            counted = "invalid" if refused.status < 500 else "error"
            self._complaints.note(refused.status, refused.sentence)
            return _json(refused.status, {"error": refused.sentence})
        except ModelError as error:
            if self._complaints.note(500, str(error)):
                LOG.exception("a request failed")
            return _json(500, {"error": str(error)})
        except ClientGoneError:
            counted = None
            raise
        finally:
            if counted:
                self._service.metrics.request(counted, time.perf_counter() - begun)

    async def _body(self, scope: Message, receive: Receive) -> bytearray:
        for name, value in scope["headers"]:
            if name == b"content-length" and int(value) > self._max_bytes:
                raise self._too_large()
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            body += message.get("body", b"")
            if len(body) > self._max_bytes:
                raise self._too_large()
            if not message.get("more_body"):
                return body

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"The body is larger than {self._max_bytes} bytes.")

    async def _predict(self, content: Any) -> dict[str, Any]:
        columns = columns_from_rows(self._service.signature.features, _rows(content))
        return {"predictions": self._predictions(await self._service.predict(columns))}

    def _predictions(self, scores: Scores) -> list[dict[str, Any]]:
        names = self._service.signature.classes
        if not names:
            return [{"value": value} for (value,) in scores.tolist()]
        classes = self._service.classes(scores)
        rows = zip(classes, scores.tolist(), strict=True)
        return [{"class": name, "scores": dict(zip(names, row, strict=True))} for name, row in rows]

    async def _infer(self, content: Any) -> dict[str, Any]:
        if type(content) is not dict:
            raise RefusedError(400, "The request is not a JSON object.")
        signature = self._service.signature
        scores = await self._service.predict(tensors.columns_from_request(signature, content))
        return tensors.response(signature, content, scores, self._service.classes(scores))

    def _server(self) -> Reply:
        return _json(200, {"name": "mlops-actions", "version": "2", "extensions": []})

    def _ready(self, **more: str) -> Reply:
        service = self._service
        ready = service.state is State.READY
        body = {**more, "ready": ready, "live": True, "state": service.state, "reason": service.reason}
        return _json(200 if ready else 503, body)

    def _health(self) -> Reply:
        service = self._service
        status = 200 if service.state is State.READY else 503
        signature = service.signature
        return _json(status, {"status": service.state, "model": signature.model, "version": signature.version})

    def _metrics(self) -> Reply:
        return Reply(200, self._service.metrics.text(), b"text/plain; version=0.0.4; charset=utf-8")


def _parsed(body: bytearray) -> Any:
    if not body.strip():
        raise RefusedError(400, "The body is empty.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "infinity" in error.msg or any(word in body for word in _NOT_FINITE):
            raise RefusedError(422, f"A number is not finite; send null for a missing one. ({error})") from None
        raise RefusedError(400, f"The body is not JSON: {error}.") from None


def _rows(content: Any) -> list[Any]:
    """Take a list of rows, an object with the list `rows`, or one plain row."""
    if type(content) is dict:
        rows = content.get("rows")
        content = rows if type(rows) is list else [content]
    if type(content) is not list:
        raise RefusedError(400, 'The body is neither {"rows": [...]} nor a row nor a list of rows.')
    if not content:
        raise RefusedError(400, "There are no rows in the request.")
    return content


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status, orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY))


def _only(methods: bytes) -> Reply:
    return Reply(405, orjson.dumps({"error": f"Only {methods.decode()} here."}), allow=methods)
