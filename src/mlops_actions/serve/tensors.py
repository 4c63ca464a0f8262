"""Bodies of the Open Inference Protocol, version 2, REST.

Source: the protocol's specification (open-inference-protocol, `inference_rest`). A model of layout `columns` has one input
for each feature, shape [-1, 1]; a model of layout `matrix` has one input `features`, shape [-1, F]. Data may be flat or nested.
"""

from collections.abc import Sequence
from typing import Any

from mlops_actions.serve.errors import RefusedError
from mlops_actions.serve.inputs import Column, column
from mlops_actions.serve.runtimes import Scores
from mlops_actions.serve.signature import Feature, Signature

MATRIX = "features"
_NUMERIC = {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP32", "FP64"}
_DATATYPES = {"float": _NUMERIC, "string": {"BYTES"}}


def metadata(signature: Signature) -> dict[str, Any]:
    """Return the model's metadata; -1 is a dimension that the client chooses."""
    return {
        "name": signature.model,
        "versions": [signature.version],
        "platform": {"onnx": "onnx_onnxv1", "litert": "litert"}[signature.platform],
        "inputs": _inputs(signature),
        "outputs": _outputs(signature),
    }


def _inputs(signature: Signature) -> list[dict[str, Any]]:
    if signature.layout == "matrix":
        return [{"name": MATRIX, "datatype": "FP32", "shape": [-1, len(signature.features)]}]
    datatypes = {"float": "FP32", "string": "BYTES"}
    return [{"name": item.name, "datatype": datatypes[item.dtype], "shape": [-1, 1]} for item in signature.features]


def _outputs(signature: Signature) -> list[dict[str, Any]]:
    scores = {"name": signature.output, "datatype": "FP32", "shape": [-1, signature.width]}
    return [scores, {"name": "class", "datatype": "BYTES", "shape": [-1]}] if signature.classes else [scores]


def columns_from_request(signature: Signature, request: dict[str, Any]) -> list[Column]:
    """Return one [N] column for each feature.

    Raises:
        RefusedError: 400 for a request that is not of the protocol, 422 for values that the model does not take.
    """
    tensors = _by_name(request)
    if signature.layout == "matrix":
        values, shape = _data(tensors, MATRIX, _NUMERIC)
        return _split(signature.features, values, shape)
    columns = [_column(tensors, feature) for feature in signature.features]
    if len({len(values) for values in columns}) != 1:
        raise RefusedError(400, "The inputs have different numbers of rows.")
    return columns


def _by_name(request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    inputs = request.get("inputs")
    if type(inputs) is not list or not inputs:
        raise RefusedError(400, "The request has no list `inputs`.")
    for item in inputs:
        if type(item) is not dict or not {"name", "shape", "datatype", "data"} <= item.keys():
            raise RefusedError(400, "An input needs name, shape, datatype and data.")
        if type(item["name"]) is not str:
            raise RefusedError(400, "The name of an input is not text.")
    return {item["name"]: item for item in inputs}


def _column(tensors: dict[str, dict[str, Any]], feature: Feature) -> Column:
    values, shape = _data(tensors, feature.name, _DATATYPES[feature.dtype])
    if shape[1:] not in ([], [1]):
        raise RefusedError(422, f"Input {feature.name!r} has shape {shape}; [N, 1] or [N] is wanted.")
    return column(feature, values)


def _split(features: Sequence[Feature], values: list[Any], shape: list[int]) -> list[Column]:
    width = len(features)
    if shape[1:] != [width]:
        raise RefusedError(422, f"Input {MATRIX!r} has shape {shape}; [N, {width}] is wanted.")
    return [column(feature, values[index::width]) for index, feature in enumerate(features)]


def _data(tensors: dict[str, dict[str, Any]], name: str, datatypes: set[str]) -> tuple[list[Any], list[int]]:
    """Return the values of an input in row-major order, with its shape."""
    if name not in tensors:
        raise RefusedError(422, f"The input {name!r} is missing.")
    tensor = tensors[name]
    if type(tensor["datatype"]) is not str or tensor["datatype"] not in datatypes:
        raise RefusedError(422, f"Input {name!r} has datatype {tensor['datatype']!r}; wanted: {sorted(datatypes)}.")
    shape = tensor["shape"]
    if type(shape) is not list or not shape or not all(type(size) is int and size > 0 for size in shape):
        raise RefusedError(400, f"Input {name!r}: the shape is not a list of positive integers.")
    values, expected = _flat(tensor["data"], name), 1
    for size in shape:
        expected *= size
    if len(values) != expected:
        raise RefusedError(400, f"Input {name!r} has {len(values)} values; its shape {shape} needs {expected}.")
    return values, shape


def _flat(data: Any, name: str) -> list[Any]:
    if type(data) is not list:
        raise RefusedError(400, f"Input {name!r}: data is not a list.")
    while data and all(type(item) is list for item in data):
        data = [value for item in data for value in item]
    return list(data)


def response(signature: Signature, request: dict[str, Any], scores: Scores, classes: list[str]) -> dict[str, Any]:
    """Return the body of an answer: the outputs that were asked for (all, when none was named); the id is echoed.

    Raises:
        RefusedError: 422: an output that the model does not have.
    """
    outputs: dict[str, dict[str, Any]] = {
        signature.output: {"datatype": "FP32", "shape": list(scores.shape), "data": scores.ravel()}
    }
    if signature.classes:
        outputs["class"] = {"datatype": "BYTES", "shape": [len(scores)], "data": classes}
    wanted = _wanted(request) or list(outputs)
    if unknown := [name for name in wanted if name not in outputs]:
        raise RefusedError(422, f"The model has no output {unknown[0]!r}; it has {list(outputs)}.")
    body: dict[str, Any] = {"model_name": signature.model, "model_version": signature.version}
    if "id" in request:
        body["id"] = request["id"]
    return {**body, "outputs": [{"name": name, **outputs[name]} for name in wanted]}


def _wanted(request: dict[str, Any]) -> list[str]:
    outputs = request.get("outputs", [])
    if type(outputs) is not list or not all(type(item) is dict and type(item.get("name")) is str for item in outputs):
        raise RefusedError(400, "`outputs` is not a list of objects with a name.")
    return [item["name"] for item in outputs]
