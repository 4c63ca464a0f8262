"""The JSON Schema of mlops.yaml, for editors."""

from typing import Any

from mlops_actions.config.models import Config


def json_schema() -> dict[str, Any]:
    """Return the schema; `model` may also be a bare string there, as `load` allows."""
    schema = Config.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "mlops.yaml"
    properties = schema["properties"]
    properties["model"] = {"anyOf": [{"type": "string"}, properties["model"]]}
    return schema
