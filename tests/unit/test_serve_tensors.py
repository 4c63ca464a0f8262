"""The Open Inference Protocol's bodies: cases from its specification, and hostile ones."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlops_actions.serve import tensors
from mlops_actions.serve.errors import RefusedError
from mlops_actions.serve.signature import Feature, Signature
from support.refused import answer

COLUMNS = Signature(
    model="toy",
    version="v1.0",
    platform="onnx",
    file="model.onnx",
    task="classification",
    classes=("no", "yes"),
    features=(Feature("delay", "float", nullable=True), Feature("carrier", "string", nullable=True)),
    layout="columns",
    output="probabilities",
)
MATRIX = Signature(
    model="digits",
    version="v1.0",
    platform="litert",
    file="model.tflite",
    task="classification",
    classes=("0", "1", "2"),
    features=tuple(Feature(f"p{index}", "float", nullable=False) for index in range(3)),
    layout="matrix",
    output="scores",
)


def tensor(name: str, data: Any, **changes: Any) -> dict[str, Any]:
    usual = {"name": name, "datatype": "BYTES" if name == "carrier" else "FP32", "shape": [2, 1], "data": data}
    return {**usual, **changes}


def request(**changes: Any) -> dict[str, Any]:
    return {"inputs": [tensor("delay", [1.5, None]), tensor("carrier", ["AA", "UA"])], **changes}


def test_metadata_of_columns() -> None:
    assert tensors.metadata(COLUMNS) == {
        "name": "toy",
        "versions": ["v1.0"],
        "platform": "onnx_onnxv1",
        "inputs": [
            {"name": "delay", "datatype": "FP32", "shape": [-1, 1]},
            {"name": "carrier", "datatype": "BYTES", "shape": [-1, 1]},
        ],
        "outputs": [
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
            {"name": "class", "datatype": "BYTES", "shape": [-1]},
        ],
    }


def test_metadata_of_a_matrix() -> None:
    assert tensors.metadata(MATRIX)["inputs"] == [{"name": "features", "datatype": "FP32", "shape": [-1, 3]}]


@pytest.mark.parametrize(
    "delay",
    [
        tensor("delay", [1.5, None]),
        tensor("delay", [[1.5], [None]]),
        tensor("delay", [1.5, None], shape=[2]),
        tensor("delay", [1.5, None], datatype="FP64"),
    ],
)
def test_flat_and_nested_data_are_the_same(delay: dict[str, Any]) -> None:
    found = tensors.columns_from_request(COLUMNS, {"inputs": [delay, tensor("carrier", ["AA", "UA"])]})
    np.testing.assert_array_equal(found[0], np.array([1.5, np.nan], dtype=np.float32))
    assert found[1].tolist() == ["AA", "UA"]


@pytest.mark.parametrize("data", [[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]])
def test_a_matrix_is_split_into_its_columns(data: Any) -> None:
    item = tensor("features", data, shape=[2, 3], datatype="INT64")
    found = tensors.columns_from_request(MATRIX, {"inputs": [item]})
    assert [values.tolist() for values in found] == [[1, 4], [2, 5], [3, 6]]


@pytest.mark.parametrize(
    ("inputs", "status", "part"),
    [
        (None, 400, "no list `inputs`"),
        ([], 400, "no list `inputs`"),
        ([1], 400, "name, shape, datatype and data"),
        ([{**tensor("delay", [1, 2]), "name": 3}], 400, "not text"),
        ([tensor("delay", [1.5, 2])], 422, "'carrier' is missing"),
        (
            [tensor("delay", [1.5, 2], shape=[3, 1]), tensor("carrier", ["a", "b"])],
            400,
            "2 values; its shape [3, 1] needs 3",
        ),
        (
            [tensor("delay", [1.5, 2], shape=[-1, 1]), tensor("carrier", ["a", "b"])],
            400,
            "not a list of positive integers",
        ),
        ([tensor("delay", [1.5, 2], shape=[1, 2]), tensor("carrier", ["a", "b"])], 422, "[N, 1] or [N] is wanted"),
        ([tensor("delay", [1.5], shape=[1, 1]), tensor("carrier", ["a", "b"])], 400, "different numbers of rows"),
        ([tensor("delay", [1.5, 2], datatype="BYTES"), tensor("carrier", ["a", "b"])], 422, "datatype 'BYTES'"),
        ([tensor("delay", "1.5"), tensor("carrier", ["a", "b"])], 400, "data is not a list"),
        ([tensor("delay", [[1.5], 2]), tensor("carrier", ["a", "b"])], 422, "is a list, not a number"),
    ],
)
def test_requests_that_are_refused(inputs: Any, status: int, part: str) -> None:
    with pytest.raises(RefusedError) as refused:
        tensors.columns_from_request(COLUMNS, {"inputs": inputs})
    assert refused.value.status == status
    assert part in refused.value.sentence


def test_a_matrix_of_another_width_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"shape \[2, 2\]; \[N, 3\] is wanted"):
        tensors.columns_from_request(MATRIX, {"inputs": [tensor("features", [1, 2, 3, 4], shape=[2, 2])]})


def test_the_answer_has_all_outputs_and_echoes_the_id() -> None:
    scores = np.array([[0.25, 0.75]], dtype=np.float32)
    body = tensors.response(COLUMNS, request(id="42"), scores, ["yes"])
    assert {key: body[key] for key in ("model_name", "model_version", "id")} == {
        "model_name": "toy",
        "model_version": "v1.0",
        "id": "42",
    }
    assert [(item["name"], item["shape"], list(item["data"])) for item in body["outputs"]] == [
        ("probabilities", [1, 2], [0.25, 0.75]),
        ("class", [1], ["yes"]),
    ]


def test_the_answer_has_only_what_was_asked_for_and_no_id_of_its_own() -> None:
    body = tensors.response(COLUMNS, request(outputs=[{"name": "class"}]), np.zeros((1, 2), dtype=np.float32), ["no"])
    assert [item["name"] for item in body["outputs"]] == ["class"]
    assert "id" not in body


@pytest.mark.parametrize(
    ("outputs", "status"), [([{"name": "other"}], 422), ("class", 400), ([{}], 400), (["class"], 400)]
)
def test_wrong_outputs_are_refused(outputs: Any, status: int) -> None:
    with pytest.raises(RefusedError) as refused:
        tensors.response(COLUMNS, request(outputs=outputs), np.zeros((1, 2), dtype=np.float32), ["no"])
    assert refused.value.status == status


ANYTHING = st.recursive(
    st.none() | st.integers(-3, 3) | st.text(max_size=3) | st.sampled_from(["delay", "carrier", "FP32", "BYTES"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "shape", "datatype", "data", "inputs"]), inner)
    ),
    max_leaves=20,
)


@given(
    st.fixed_dictionaries(
        {
            "inputs": st.lists(
                st.fixed_dictionaries(dict.fromkeys(("name", "shape", "datatype", "data"), ANYTHING)), max_size=3
            )
            | ANYTHING
        }
    )
)
@example({"inputs": [{"name": "delay", "shape": [1], "datatype": [], "data": [1]}]})
def test_any_request_gives_columns_or_is_refused(body: dict[str, Any]) -> None:
    found = answer(lambda: tensors.columns_from_request(COLUMNS, body))
    if isinstance(found, RefusedError):
        assert found.status in {400, 422}
    else:
        assert len(found[0]) == len(found[1]) > 0
