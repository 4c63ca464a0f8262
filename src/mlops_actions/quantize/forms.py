"""Serving forms on disk, and the runtimes that answer from them on one thread."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
import polars as pl
from ai_edge_litert.interpreter import Interpreter
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_state

from mlops_actions.quantize.sample import columns, matrix

Floats = npt.NDArray[np.float64]
# They share no base but Exception.
ONNX_ERRORS: tuple[type[Exception], ...] = (
    onnx_state.Fail,
    onnx_state.InvalidArgument,
    onnx_state.InvalidGraph,
    onnx_state.NotImplemented,
    onnx_state.RuntimeException,
)


@dataclass(frozen=True)
class Form:
    """A model file that a server can load.

    Attributes:
        path: the file.
        platform: which runtime loads it.
        layout: `columns`: one [N, 1] input a feature, named f0, f1, …; `matrix`: one float32 [N, F] input.
        output: name of the output that holds the scores.
    """

    path: Path
    platform: Literal["onnx", "litert"]
    layout: Literal["columns", "matrix"]
    output: str


class Runtime(Protocol):
    """Something that answers."""

    name: str

    def scores(self, rows: pl.DataFrame) -> Floats:
        """Return the scores of all rows: [N, K], or [N, 1] for a regression."""

    def single(self, row: pl.DataFrame) -> Callable[[], object]:
        """Return a call that answers one row whose input is made already: what is timed is the model, not the encoding."""


def open_form(form: Form) -> Runtime:
    """Load a form."""
    return OnnxRuntime(form) if form.platform == "onnx" else LiteRT(form)


class OnnxRuntime:
    """ONNX Runtime on one thread."""

    def __init__(self, form: Form) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.name = f"ONNX Runtime {onnxruntime.__version__}"
        self._session = onnxruntime.InferenceSession(str(form.path), options, providers=["CPUExecutionProvider"])
        self._form = form

    def _feeds(self, rows: pl.DataFrame) -> dict[str, Any]:
        return dict(columns(rows)) if self._form.layout == "columns" else {"f0": matrix(rows)}

    def scores(self, rows: pl.DataFrame) -> Floats:
        """Return [N, K] scores."""
        found = np.asarray(self._session.run([self._form.output], self._feeds(rows))[0], dtype=np.float64)
        return found.reshape(rows.height, -1)

    def single(self, row: pl.DataFrame) -> Callable[[], object]:
        """Return the call of one row."""
        feeds, wanted = self._feeds(row), [self._form.output]
        return lambda: self._session.run(wanted, feeds)


class LiteRT:
    """LiteRT on one thread; one interpreter of batch size 1, as the server has it."""

    def __init__(self, form: Form) -> None:
        self.name = f"LiteRT {version('ai-edge-litert')}"
        self._interpreter = Interpreter(model_path=str(form.path), num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = next(
            detail["index"] for detail in self._interpreter.get_output_details() if detail["name"] == form.output
        )

    def _answer(self, row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        self._interpreter.set_tensor(self._input, row)
        self._interpreter.invoke()
        answer: npt.NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return answer

    def scores(self, rows: pl.DataFrame) -> Floats:
        """Return [N, K] scores, row by row: batches may round differently, and a server answers single rows."""
        inputs = matrix(rows)
        return np.concatenate([self._answer(inputs[at : at + 1]) for at in range(len(inputs))]).astype(np.float64)

    def single(self, row: pl.DataFrame) -> Callable[[], object]:
        """Return the call of one row."""
        made = matrix(row)
        return lambda: self._answer(made)
