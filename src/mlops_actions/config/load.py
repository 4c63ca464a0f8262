"""Read mlops.yaml: YAML with line numbers, then the typed models; every error names file, line and what was expected."""

import difflib
import re
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mlops_actions.config.models import Config
from mlops_actions.errors import ConfigError

DEFAULT_NAME = "mlops.yaml"


def load(path: Path) -> Config:
    """Read a configuration file.

    Args:
        path: mlops.yaml, or a folder that holds one.

    Raises:
        ConfigError: missing, not UTF-8, not YAML, or not what the schema asks for; with file and line.
    """
    path = path / DEFAULT_NAME if path.is_dir() else path
    return loads(_text(path), path)


def loads(text: str, path: Path) -> Config:
    """Read a configuration that is in memory, such as that of an earlier commit.

    Args:
        text: what the file says.
        path: the file it is, or was.

    Raises:
        ConfigError: not YAML, or not what the schema asks for; with file and line.
    """
    content, lines = _parse(text, path)
    try:
        config = Config.model_validate(content)
    except ValidationError as error:
        raise _explain(error, path, lines) from None
    config._file, config._lines = path, lines  # noqa: SLF001 (set once here, read through properties)
    return config


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"There is no {path}.",
            why="the step runs in another folder, or the repository was not checked out.",
            fix="pass --config PATH (the input `config` of the action), or run `mlops init` to write one.",
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text (byte {error.start}).", fix="save it as UTF-8.", file=str(path)
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", file=str(path)) from None


def _parse(text: str, path: Path) -> tuple[Any, dict[str, int]]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            raise ConfigError(f"{path} is empty.", fix="write at least model, data and train.", file=str(path), line=1)
        lines = _Lines(path)
        lines.collect(node, "")
        return yaml.safe_load(text), lines.by_key
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        raise _not_yaml(path, mark.line + 1 if mark else 1, problem) from None
    except (ValueError, RecursionError) as error:  # a date such as 2026-13-45, or ten thousand brackets
        raise _not_yaml(path, 1, str(error)) from None


def _not_yaml(path: Path, line: int, problem: str) -> ConfigError:
    return ConfigError(
        f"{path}:{line} is not YAML: {problem}.",
        why="a missing quote, bracket or space after a colon.",
        file=str(path),
        line=line,
    )


class _Lines:
    """The line of every key, by dotted key (column names may hold dots themselves)."""

    def __init__(self, path: Path) -> None:
        self.by_key: dict[str, int] = {}
        self._path = path
        self._entered: dict[int, bool] = {}  # node -> still inside; an alias brings the same node again

    def collect(self, node: yaml.Node, prefix: str) -> None:
        """Walk a node; the lines of an aliased part are those of its first place."""
        if self._entered.get(id(node)):
            raise self._error(node, f"{prefix} holds itself", fix="remove the alias.")
        if id(node) in self._entered:
            return
        self._entered[id(node)] = True
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.by_key[f"{prefix}.{index}"] = item.start_mark.line + 1
                self.collect(item, f"{prefix}.{index}")
        elif isinstance(node, yaml.MappingNode):
            self._collect_mapping(node, prefix)
        self._entered[id(node)] = False

    def _collect_mapping(self, node: yaml.MappingNode, prefix: str) -> None:
        own: dict[str, int] = {}
        for key_node, value_node in node.value:
            name, line = str(key_node.value), key_node.start_mark.line + 1
            key = f"{prefix}.{name}" if prefix else name
            if name in own:
                raise self._error(
                    key_node,
                    f"says {_shown(key)} twice; the first is on line {own[name]}",
                    why="YAML would silently keep the last one.",
                    fix="remove one of them.",
                )
            own[name] = self.by_key[key] = line
            self.collect(value_node, key)

    def _error(self, node: yaml.Node, what: str, *, fix: str, why: str = "") -> ConfigError:
        line = node.start_mark.line + 1
        return ConfigError(f"{self._path}:{line} {what}.", why=why, fix=fix, file=str(self._path), line=line)


def _explain(error: ValidationError, path: Path, lines: dict[str, int]) -> ConfigError:
    """Turn the most telling of pydantic's complaints into file, line, what was expected and the nearest valid key."""
    details = error.errors()
    # An unknown key is often why another one is missing; of a union's members the deepest is the one that was meant.
    first = min(details, key=lambda detail: (detail["type"] != "extra_forbidden", -len(detail["loc"])))
    key = _key(first)
    line = _line_of(key, lines)
    what, fix = _complaint(first, key)
    others = len({_key(detail) for detail in details}) - 1
    more = f" (and {others} more)" if others else ""
    return ConfigError(f"{path}:{line} {what}.{more}", fix=fix, file=str(path), line=line)


def _key(detail: ErrorDetails) -> str:
    return ".".join(str(part) for part in detail["loc"] if not _is_union_tag(part))


def _complaint(detail: ErrorDetails, key: str) -> tuple[str, str]:
    if detail["type"] == "extra_forbidden":
        return _unknown_key(detail, key)
    place = key if key.isprintable() and len(key) <= 100 else _shown(key)
    if detail["loc"][-1:] == ("[key]",):
        given = detail["input"]
        return f"{place}: a name has to be text (YAML reads {given!r})", "put the name in quotes."
    expected = detail["msg"].removeprefix("Value error, ")
    expected = re.sub(r"a valid dictionary or instance of \w+", "a mapping of keys to values", expected)
    what = f"{place or 'the file'}: {expected} (given: {_shown(detail['input'])})"
    return what, "see docs/schemas/mlops.schema.json for every key."


def _is_union_tag(part: object) -> bool:
    """Pydantic puts the tried member of a union into the location; it is no key of the file."""
    return isinstance(part, str) and (part in {"str", "int", "float", "bool", "HoldOut"} or "[" in part)


def _line_of(key: str, lines: dict[str, int]) -> int:
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key, 1)


def _unknown_key(detail: ErrorDetails, key: str) -> tuple[str, str]:
    valid = _valid_keys([str(part) for part in detail["loc"][:-1] if not _is_union_tag(part)])
    given = key.rpartition(".")[2]
    near = difflib.get_close_matches(given, valid, n=1, cutoff=0.5)
    fix = f"did you mean `{near[0]}`?" if near else "remove it."
    return f"unknown key {_shown(key)}", f"{fix} Valid here: {', '.join(valid)}."


def _valid_keys(parents: list[str]) -> list[str]:
    """Walk the models along the parents' names and return the keys that the last one knows."""
    model: type[BaseModel] | None = Config
    values_of_mapping: Any = None
    for parent in parents:
        if values_of_mapping is not None:
            model, values_of_mapping = values_of_mapping, None
            continue
        field = model.model_fields.get(parent) if model else None
        annotation = field.annotation if field else None
        model = _model_in(annotation)
        if get_origin(annotation) is dict:
            values_of_mapping = _model_in(get_args(annotation)[1])
    return sorted(model.model_fields) if model else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, UnionType}:
        return next((found for part in get_args(annotation) if (found := _model_in(part))), None)
    return None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
