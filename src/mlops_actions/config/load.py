"""Read mlops.yaml: YAML with line numbers, then the typed models; every error names file, line and what was expected."""

import difflib
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
    content, lines = _parse(_text(path), path)
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
        lines: dict[str, int] = {}
        _collect_lines(node, "", lines, path)
        return yaml.safe_load(text), lines
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "not YAML"
        raise ConfigError(
            f"{path}:{line} is not YAML: {problem}.",
            why="a missing quote, bracket or space after a colon.",
            file=str(path),
            line=line,
        ) from None


def _collect_lines(node: yaml.Node, prefix: str, lines: dict[str, int], path: Path) -> None:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[f"{prefix}.{index}"] = item.start_mark.line + 1
            _collect_lines(item, f"{prefix}.{index}", lines, path)
    if not isinstance(node, yaml.MappingNode):
        return
    for key_node, value_node in node.value:
        key, line = f"{prefix}.{key_node.value}".lstrip("."), key_node.start_mark.line + 1
        if key in lines:
            raise ConfigError(
                f"{path}:{line} says {key} twice; the first is on line {lines[key]}.",
                why="YAML would silently keep the last one.",
                fix="remove one of them.",
                file=str(path),
                line=line,
            )
        lines[key] = line
        _collect_lines(value_node, key, lines, path)


def _explain(error: ValidationError, path: Path, lines: dict[str, int]) -> ConfigError:
    """Turn pydantic's first complaint into file, line, what was expected and the nearest valid key; count the rest."""
    details = error.errors()
    first = details[0]
    key = ".".join(str(part) for part in first["loc"] if not _is_union_tag(part))
    line = _line_of(key, lines)
    if first["type"] == "extra_forbidden":
        what, fix = _unknown_key(first, key)
    else:
        expected = first["msg"].removeprefix("Value error, ")
        what, fix = (
            f"{key or 'the file'}: {expected} (given: {_shown(first['input'])})",
            "see docs/schemas/mlops.schema.json for every key.",
        )
    more = f" ({len(details) - 1} more after this one)" if len(details) > 1 else ""
    return ConfigError(f"{path}:{line} {what}.{more}", fix=fix, file=str(path), line=line)


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
