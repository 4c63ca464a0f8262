"""Run a model file. Both runtimes use one thread for one call and may be called from many threads at once."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mlops_actions.serve.errors import ModelError
from mlops_actions.serve.inputs import Column
from mlops_actions.serve.signature import Signature

Scores = NDArray[np.float32]


class Runtime(Protocol):
    """A loaded model."""

    def scores(self, columns: Sequence[Column]) -> Scores:
        """Return the scores, [N, classes] (regression: [N, 1]), of the columns, [N] each.

        Raises:
            ModelError: the runtime failed, or the result has another shape or is not finite.
        """


def load(folder: Path, signature: Signature) -> Runtime:
    """Load the model file of a `serving/` folder.

    Raises:
        ModelError: missing or damaged, or it does not fit its signature.
    """
    path = folder / signature.file
    if not path.is_file():
        raise ModelError(f"There is no model file {path}.")
    return OnnxRuntime(path, signature) if signature.platform == "onnx" else LiteRtRuntime(path, signature)


class OnnxRuntime:
    """ONNX Runtime. A session may be used by many threads at once."""

    def __init__(self, path: Path, signature: Signature) -> None:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as state

        # The classes of ONNX Runtime's errors share no base class but Exception.
        self._errors = tuple(
            kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except self._errors as error:
            raise ModelError(f"{path} is no model for ONNX Runtime: {_first_line(error)}") from None
        self._inputs = [item.name for item in self._session.get_inputs()]
        self._signature = signature

    def scores(self, columns: Sequence[Column]) -> Scores:
        """Run the session."""
        if self._signature.layout == "columns":
            # A graph may have dropped an input that it does not use.
            tensors = {f"f{index}": values.reshape(-1, 1) for index, values in enumerate(columns)}
            feed = {name: tensors[name] for name in self._inputs if name in tensors}
        else:
            feed = {self._inputs[0]: _matrix(columns)}
        try:
            (found,) = self._session.run([self._signature.output], feed)
        except self._errors as error:
            raise ModelError(f"ONNX Runtime failed: {_first_line(error)}") from None
        return _checked(found, len(columns[0]), self._signature)


class LiteRtRuntime:
    """LiteRT. An interpreter belongs to one thread: sharing one breaks most calls, so every thread gets its own."""

    def __init__(self, path: Path, signature: Signature) -> None:
        if signature.layout != "matrix":
            raise ModelError(f"{path}: a LiteRT model takes a matrix, and its signature says {signature.layout}.")
        self._content, self._signature, self._path = path.read_bytes(), signature, path
        self._local = threading.local()
        self._interpreter(1)

    def scores(self, columns: Sequence[Column]) -> Scores:
        """Run this thread's interpreter."""
        matrix = _matrix(columns)
        try:
            interpreter = self._interpreter(len(matrix))
            interpreter.set_tensor(self._local.input, matrix)
            interpreter.invoke()
            found = interpreter.get_tensor(self._local.output)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"LiteRT failed: {_first_line(error)}") from None
        return _checked(found, len(matrix), self._signature)

    def _interpreter(self, rows: int) -> Any:
        """Return this thread's interpreter, made ready for this many rows."""
        if not hasattr(self._local, "interpreter"):
            self._open()
        if self._local.rows != rows:
            self._local.interpreter.resize_tensor_input(self._local.input, [rows, len(self._signature.features)])
            self._local.interpreter.allocate_tensors()
            self._local.rows = rows
        return self._local.interpreter

    def _open(self) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            interpreter = Interpreter(model_content=self._content, num_threads=1)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"{self._path} is no model for LiteRT: {_first_line(error)}") from None
        self._local.input = interpreter.get_input_details()[0]["index"]
        self._local.output = interpreter.get_output_details()[0]["index"]
        self._local.rows, self._local.interpreter = 0, interpreter


def _matrix(columns: Sequence[Column]) -> NDArray[np.float32]:
    return np.stack(columns, axis=1, dtype=np.float32)


def _checked(found: NDArray[Any], rows: int, signature: Signature) -> Scores:
    scores = np.asarray(found, dtype=np.float32)
    if scores.size != rows * signature.width:
        raise ModelError(f"The model gave scores of shape {list(scores.shape)} for {rows} rows.")
    if not np.isfinite(scores).all():
        raise ModelError("The model gave a score that is not finite.")
    return scores.reshape(rows, signature.width)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
