"""GitHub's official OpenAPI description (npm @octokit/openapi): what a request may be, and what an answer has to be."""

import copy
import hashlib
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from npm import CACHE, packed

VERSION = "23.0.2"
MEMBER = "package/generated/api.github.com.json"
ROOT = "urn:github"
R = "/repos/{owner}/{repo}"
# What the tests' server offers: the rest of 13 MB is left in the package.
PATHS = (
    "/user",
    "/rate_limit",
    R,
    f"{R}/pulls",
    f"{R}/pulls/{{pull_number}}",
    f"{R}/pulls/{{pull_number}}/files",
    f"{R}/issues/{{issue_number}}/comments",
    f"{R}/issues/comments/{{comment_id}}",
    f"{R}/issues/comments/{{comment_id}}/reactions",
    f"{R}/collaborators/{{username}}/permission",
    f"{R}/check-runs",
    f"{R}/check-runs/{{check_run_id}}",
    f"{R}/commits/{{ref}}",
    f"{R}/commits/{{ref}}/check-runs",
    f"{R}/commits/{{commit_sha}}/pulls",
    f"{R}/compare/{{basehead}}",
    f"{R}/actions/runs/{{run_id}}",
    f"{R}/actions/runs/{{run_id}}/artifacts",
    f"{R}/actions/artifacts/{{artifact_id}}/{{archive_format}}",
)


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _nullable(part: Any) -> Any:
    """Let null into an enum that is `nullable`, as GitHub's own examples do: OpenAPI 3.0.3 would have it listed."""
    if isinstance(part, list):
        return [_nullable(value) for value in part]
    if not isinstance(part, dict):
        return part
    changed = {key: _nullable(value) for key, value in part.items()}
    if changed.get("nullable") is True and isinstance(changed.get("enum"), list):
        changed["enum"] = [*changed["enum"], None]
    return changed


def _extract(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the paths we use with every component that they refer to."""
    small: dict[str, Any] = {"paths": {path: whole["paths"][path] for path in PATHS}, "components": {}}
    left, seen = list(_references(small["paths"])), set[str]()
    while left:
        reference = left.pop()
        if reference in seen:
            continue
        seen.add(reference)
        _, _, kind, name = reference.split("/")
        component = whole["components"][kind][name]
        small["components"].setdefault(kind, {})[name] = component
        left += _references(component)
    changed: dict[str, Any] = _nullable(small)
    return changed


@cache
def document() -> dict[str, Any]:
    """Return the part of the description that the server needs, kept beside the download."""
    key = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    kept = CACHE / f"github-{VERSION}-{key}.json"
    if not kept.exists():
        with tarfile.open(packed("@octokit/openapi", VERSION)) as package:
            member = package.extractfile(MEMBER)
            assert member
            small = _extract(json.load(member))
        aside = kept.with_suffix(f".{id(small)}")
        aside.write_text(json.dumps(small))
        aside.replace(kept)
    content: dict[str, Any] = json.loads(kept.read_text())
    return content


@cache
def _registry() -> Registry[Any]:
    registry: Registry[Any] = Registry().with_contents([(ROOT, document())], default_specification=DRAFT4)
    return registry


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        _, _, kind, name = part["$ref"].split("/")
        part = document()["components"][kind][name]
    return part


def _problems(schema: dict[str, Any], value: object) -> list[str]:
    # Inside the schema, `#/components/…` has to lead into the description.
    absolute = json.loads(json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{ROOT}#/'))
    validator = OAS30Validator(absolute, registry=_registry(), format_checker=oas30_format_checker)
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


@dataclass(frozen=True)
class Operation:
    """One method of one path, as described."""

    method: str
    template: str
    values: dict[str, str]
    described: dict[str, Any] = field(repr=False)

    def wrong_in_request(self, query: dict[str, str], body: object) -> list[str]:
        """Say what the description does not allow of a request; keys that GitHub would ignore are wrong too."""
        return [*self._wrong_query(query), *self._wrong_body(body)]

    def _wrong_query(self, query: dict[str, str]) -> list[str]:
        parameters = [_resolved(parameter) for parameter in self.described.get("parameters", [])]
        schemas = {parameter["name"]: parameter["schema"] for parameter in parameters if parameter["in"] == "query"}
        wrong = [f"query {name} is not described" for name in query if name not in schemas]
        for name, value in query.items():
            if name in schemas:
                number = schemas[name].get("type") == "integer" and value.isdecimal()
                wrong += _problems(schemas[name], int(value) if number else value)
        return wrong

    def _wrong_body(self, body: object) -> list[str]:
        described = self.described.get("requestBody")
        if not described:
            return [] if body in (None, {}) else ["a body where none is described"]
        if body is None and not described.get("required"):
            return []
        schema = described["content"]["application/json"]["schema"]
        known = set(schema.get("properties", {}))
        strange = [f"{key} is not described" for key in body if key not in known] if isinstance(body, dict) else []
        return [*strange, *_problems(schema, body)]

    def wrong_in_answer(self, status: int, body: object) -> list[str]:
        """Say what the description does not allow of an answer; errors that any call may have are not listed in it."""
        answers = self.described["responses"]
        if str(status) not in answers:
            return [] if status >= 400 else [f"status {status} is not described"]
        content = _resolved(answers[str(status)]).get("content", {}).get("application/json")
        if not content:
            return [] if body is None else ["an answer where none is described"]
        return _problems(content["schema"], body)

    def example(self, status: int) -> Any:
        """Return the description's own example of an answer; of a list, its first item."""
        content = _resolved(self.described["responses"][str(status)])["content"]["application/json"]
        value = copy.deepcopy(_resolved(next(iter(content["examples"].values())))["value"])
        return value[0] if isinstance(value, list) else value


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), path) for path in PATHS]


def operation(method: str, path: str) -> Operation | None:
    """Return the operation that answers a request; None if GitHub has none (or the server offers none)."""
    for pattern, template in _patterns():
        found = pattern.fullmatch(path)
        if found and method.lower() in document()["paths"][template]:
            return Operation(method, template, found.groupdict(), document()["paths"][template][method.lower()])
    return None


def example(method: str, template: str, status: int) -> Any:
    """Return an example by the path's template."""
    described = document()["paths"][template][method.lower()]
    return Operation(method, template, {}, described).example(status)
