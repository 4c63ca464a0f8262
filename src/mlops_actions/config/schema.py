"""The JSON Schema of mlops.yaml, for editors."""

from typing import Any

from mlops_actions.config.models import WAYS_TO_TRAIN, Config


def json_schema() -> dict[str, Any]:
    """Return the schema: what `load` allows, but for rules that compare two values (r0 < r1, min ≤ max, rising steps)."""
    schema = Config.model_json_schema()
    definitions = schema["$defs"]
    definitions["TrainSection"]["oneOf"] = [{"required": [way]} for way in WAYS_TO_TRAIN]
    name = definitions["ModelSection"]["properties"]["id"]
    schema["properties"]["model"] = {"anyOf": [name, schema["properties"]["model"]]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "mlops.yaml"}
