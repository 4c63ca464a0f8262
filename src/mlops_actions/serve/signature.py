"""serving/signature.json: what the model file wants and gives."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from mlops_actions.serve.errors import ModelError


@dataclass(frozen=True, slots=True)
class Feature:
    """One input column; a null is refused where training saw none."""

    name: str
    dtype: Literal["float", "string"]
    nullable: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """What the model file wants and gives.

    Attributes:
        version: of the model, from model_config.yaml: a commit alone must not change a sealed file.
        file: the model file, beside signature.json.
        classes: labels in the order of the scores; empty for regression.
        layout: `columns`: tensors f0, f1, … of shape [N, 1], float32 or text; `matrix`: one float32 [N, F].
        output: name of the tensor of scores, [N, classes] (regression: [N, 1]).
    """

    model: str
    version: str
    platform: Literal["onnx", "litert"]
    file: str
    task: Literal["classification", "regression"]
    classes: tuple[str, ...]
    features: tuple[Feature, ...]
    layout: Literal["columns", "matrix"]
    output: str

    @property
    def width(self) -> int:
        """How many scores a row gets."""
        return len(self.classes) or 1


def read_signature(folder: Path, version: str) -> Signature:
    """Read signature.json of a `serving/` folder; `version` is the model's.

    Raises:
        ModelError: missing, not JSON, or not of this version.
    """
    path = folder / "signature.json"
    try:
        return _typed(orjson.loads(path.read_bytes()), version)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}.") from None
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path} is not a signature of this version: {error}.") from None


def _typed(content: dict[str, Any], version: str) -> Signature:
    if content["schema_version"] != 1:
        raise ValueError(f"schema_version {content['schema_version']}")
    features = tuple(Feature(item["name"], item["dtype"], item["nullable"]) for item in content["features"])
    for value, known in (
        (content["platform"], {"onnx", "litert"}),
        (content["layout"], {"columns", "matrix"}),
        (content["task"], {"classification", "regression"}),
        *((feature.dtype, {"float", "string"}) for feature in features),
    ):
        if value not in known:
            raise ValueError(f"{value!r} is none of {sorted(known)}")
    return Signature(
        model=content["model"],
        version=version,
        platform=content["platform"],
        file=content["file"],
        task=content["task"],
        classes=tuple(content["classes"]),
        features=features,
        layout=content["layout"],
        output=content["output"],
    )
