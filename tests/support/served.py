"""Small sealed bundles with real model files: an ONNX model of mixed columns, and a LiteRT model of a matrix."""

import json
import math
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper

from mlops_actions.bundle import Bundle
from mlops_actions.bundle.golden import Golden
from mlops_actions.bundle.identity import Feature
from support.bundles import model_config

FEATURES = [
    Feature(name="dep delay", dtype="float", nullable=True),
    Feature(name="distance", dtype="float", nullable=False),
    Feature(name="carrier", dtype="string", nullable=True),
]
ROWS: list[dict[str, Any]] = [
    {"dep delay": 20.0, "distance": 100, "carrier": "UA"},
    {"dep delay": None, "distance": 500, "carrier": None},
    {"dep delay": -3.5, "distance": 1000, "carrier": "elsewhere"},
]
CODES = {"AA": 1.0, "UA": 2.0, "": 0.0}


def probability(row: dict[str, Any], bias: float = 0.0) -> float:
    """Return what the ONNX model says for class `yes`."""
    code = CODES.get(row["carrier"] or "", 3.0)
    logit = 0.1 * (row["dep delay"] or 0.0) + 0.001 * row["distance"] + 0.2 * code + bias
    return 1 / (1 + math.exp(-logit))


def onnx_model(path: Path, bias: float = 0.0) -> None:
    """Write the ONNX model: inputs f0, f1 (float32 [N, 1]), f2 (text [N, 1]), output `probabilities` [N, 2]."""
    nodes = [
        helper.make_node("IsNaN", ["f0"], ["missing"]),
        helper.make_node("Where", ["missing", "zero", "f0"], ["delay"]),
        helper.make_node(
            "LabelEncoder",
            ["f2"],
            ["code"],
            domain="ai.onnx.ml",
            keys_strings=list(CODES),
            values_floats=list(CODES.values()),
            default_float=3.0,
        ),
        helper.make_node("Concat", ["delay", "f1", "code"], ["x"], axis=1),
        helper.make_node("MatMul", ["x", "weights"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["yes"]),
        helper.make_node("Sub", ["one", "yes"], ["no"]),
        helper.make_node("Concat", ["no", "yes"], ["probabilities"], axis=1),
    ]
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 1]) for name in ("f0", "f1")]
    inputs.append(helper.make_tensor_value_info("f2", TensorProto.STRING, [None, 1]))
    output = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2])
    constants = {"zero": [0.0], "one": [1.0], "weights": [[0.1], [0.001], [0.2]], "bias": [bias]}
    initial = [onnx.numpy_helper.from_array(np.array(v, dtype=np.float32), name) for name, v in constants.items()]
    graph = helper.make_graph(nodes, "toy", inputs, [output], initial)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))


def litert_model(path: Path, weights: np.ndarray[Any, Any]) -> None:
    """Write a LiteRT model: softmax(x · weightsᵀ), x float32 [N, F], weights [K, F]."""
    model = schema.ModelT()
    model.version, model.description = 3, "toy"
    model.buffers = [schema.BufferT() for _ in range(2)]
    model.buffers[1].data = np.frombuffer(weights.astype("<f4").tobytes(), dtype=np.uint8)
    classes, features = weights.shape
    graph = schema.SubGraphT()
    graph.tensors = [
        _tensor("x", [1, features]),
        _tensor("weights", [classes, features], buffer=1),
        _tensor("logits", [1, classes]),
        _tensor("scores", [1, classes]),
    ]
    graph.inputs, graph.outputs = [0], [3]
    dense, softmax = schema.FullyConnectedOptionsT(), schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    graph.operators = [
        _operator(0, [0, 1, -1], [2], schema.BuiltinOptions.FullyConnectedOptions, dense),
        _operator(1, [2], [3], schema.BuiltinOptions.SoftmaxOptions, softmax),
    ]
    model.subgraphs = [graph]
    codes = (schema.BuiltinOperator.FULLY_CONNECTED, schema.BuiltinOperator.SOFTMAX)
    model.operatorCodes = [_operator_code(code) for code in codes]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(bytes(builder.Output()))


def _tensor(name: str, shape: list[int], buffer: int = 0) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, schema.TensorType.FLOAT32, buffer
    tensor.shapeSignature = [-1, *shape[1:]]
    return tensor


def _operator(code: int, inputs: list[int], outputs: list[int], kind: int, options: Any) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, inputs, outputs
    operator.builtinOptionsType, operator.builtinOptions = kind, options
    return operator


def _operator_code(code: int) -> Any:
    operator_code = schema.OperatorCodeT()
    operator_code.builtinCode = operator_code.deprecatedBuiltinCode = code
    operator_code.version = 1
    return operator_code


def signature(**changes: Any) -> dict[str, Any]:
    """Return the signature of the ONNX model, with changes."""
    usual = {
        "schema_version": 1,
        "model": "toy",
        "platform": "onnx",
        "file": "model.onnx",
        "task": "classification",
        "classes": ["no", "yes"],
        "features": [feature.model_dump() for feature in FEATURES],
        "layout": "columns",
        "output": "probabilities",
    }
    return {**usual, **changes}


def onnx_bundle(path: Path, *, bias: float = 0.0, version: str = "v1.0", weight_bytes: int = 0) -> Bundle:
    """Write a sealed bundle of the ONNX model; `weight_bytes` adds a file that makes the model layer large."""
    (path / "serving").mkdir(parents=True, exist_ok=True)
    onnx_model(path / "serving" / "model.onnx", bias)
    (path / "serving" / "signature.json").write_text(json.dumps(signature()))
    if weight_bytes:
        (path / "serving" / "weights.bin").write_bytes(np.random.default_rng(0).bytes(weight_bytes))
    expected = [[1 - probability(row, bias), probability(row, bias)] for row in ROWS]
    bundle = Bundle(path)
    bundle.write_golden(Golden(rows=ROWS, expected=expected, tolerance=1e-5))
    bundle.write_config(model_config(features=FEATURES, version=version), seal=True)
    return bundle


def litert_bundle(path: Path, *, features: int = 4, classes: int = 3) -> tuple[Bundle, np.ndarray[Any, Any]]:
    """Write a sealed bundle of a LiteRT model; return it with the weights [K, F]."""
    (path / "serving").mkdir(parents=True, exist_ok=True)
    weights = np.random.default_rng(1).normal(size=(classes, features)).astype(np.float32)
    litert_model(path / "serving" / "model.tflite", weights)
    inputs = [Feature(name=f"p{index}", dtype="float", nullable=False) for index in range(features)]
    names = [str(index) for index in range(classes)]
    content = signature(
        platform="litert",
        file="model.tflite",
        layout="matrix",
        output="scores",
        classes=names,
        features=[feature.model_dump() for feature in inputs],
    )
    (path / "serving" / "signature.json").write_text(json.dumps(content))
    rows: list[Any] = [{f"p{column}": float(row + column) for column in range(features)} for row in range(2)]
    matrix = np.array([list(row.values()) for row in rows])
    bundle = Bundle(path)
    bundle.write_golden(Golden(rows=rows, expected=softmax(matrix @ weights.T).tolist(), tolerance=1e-5))
    bundle.write_config(model_config(framework="keras", features=inputs, classes=names, version="v1.0"), seal=True)
    return bundle, weights


def softmax(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the softmax of each row."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: np.ndarray[Any, Any] = powers / powers.sum(axis=1, keepdims=True)
    return shares
