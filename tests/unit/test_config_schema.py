"""The published JSON Schemas: current, and of one mind with `load`."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import schemas
from mlops_actions.config import load
from mlops_actions.config.schema import json_schema
from mlops_actions.errors import ConfigError

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*/mlops.yaml"))
WHOLE: dict[str, Any] = {"model": "m", "data": {"path": "a.csv", "label": "y"}}
ACCEPTED: list[dict[str, Any]] = [
    {},
    {"model": {"id": "m"}},
    {"data": {"path": "a", "label": "y", "test": {"fraction": 0.1}}},
    {"data": {"path": "a", "label": "y", "test": "m > 1", "features": ["a"]}},
    {"validate_data": {"rows": {"min": 0}, "columns": {"a.b": {"type": "number", "min": -1, "max": 2.5}}}},
    {"train": {"estimator": "a.B", "parameters": {"x": [1, None]}}},
    {"evaluate": {"roc_auc": {"max_drop_abs": 0.005}}},
    {"enforce": False},
]
REFUSED: list[dict[str, Any]] = [
    {"model": "Big"},
    {"model": {"description": "no id"}},
    {"model": 3},
    {"unknown": 1},
    {"data": {"path": "a"}},
    {"data": {"path": "a", "label": "y", "test": {"fraction": 1.5}}},
    {"data": {"path": "a", "label": "y", "test": ["m > 1"]}},
    {"validate_data": {"columns": {"a": {"mim": 1}}}},
    {"validate_data": {"columns": {"a": {"type": "text"}}}},
    {"validate_data": {"columns": {"a": {"max_null_share": 2}}}},
    {"validate_data": {"columns": {"a": {"max_distinct": 0}}}},
    {"validate_data": {"rows": {"min": -1}}},
    {"train": {}},
    {"train": {"estimator": "a.B", "command": "c"}},
    {"train": {"base_architecture": "transformer"}},
    {"evaluate": {"roc_auc": {"max_drop_abs": -1}}},
    {"deploy": {"steps": "all"}},
    {"check_metrics": {"alpha": 0}},
    {"enforce": "perhaps"},
]


def loads(folder: Path, content: dict[str, Any]) -> bool:
    (folder / "mlops.yaml").write_text(yaml.safe_dump(content))
    try:
        load(folder)
    except ConfigError:
        return False
    return True


def fits(content: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft202012Validator(json_schema()).is_valid(content))


@pytest.mark.parametrize("part", ACCEPTED)
def test_the_schema_accepts_what_load_accepts(tmp_path: Path, part: dict[str, Any]) -> None:
    assert loads(tmp_path, WHOLE | part)
    assert fits(WHOLE | part)


@pytest.mark.parametrize("part", REFUSED)
def test_the_schema_refuses_what_load_refuses(tmp_path: Path, part: dict[str, Any]) -> None:
    assert not loads(tmp_path, WHOLE | part)
    assert not fits(WHOLE | part)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_schema_accepts_the_examples(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text()), json_schema(), jsonschema.Draft202012Validator)


def test_both_examples_are_there() -> None:
    assert {path.parent.name for path in EXAMPLES} >= {"digits", "flights"}


def test_the_published_files_are_current_and_are_schemas() -> None:
    assert schemas.stale() == []
    for path in schemas.schemas():
        jsonschema.Draft202012Validator.check_schema(yaml.safe_load(path.read_text()))


def test_check_names_what_is_not_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["schemas.py"])
    assert len(schemas.stale()) == len(schemas.FILES) + 1
    assert schemas.main() == 0
    (tmp_path / "report.schema.json").write_text("{}")
    assert schemas.stale() == ["report.schema.json"]
    monkeypatch.setattr("sys.argv", ["schemas.py", "--check"])
    assert schemas.main() == 1


def test_every_key_of_the_data_sections_is_explained() -> None:
    definitions = json_schema()["$defs"]
    explained = {name for name, key in definitions["DataSection"]["properties"].items() if "description" in key}
    assert explained == set(definitions["DataSection"]["properties"])
