"""The candidates. A new scheme is one function and one line in SCHEMES, and its name in `QuantizeSection` (config/models.py)."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ai_edge_litert.interpreter import Interpreter

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.errors import DataError
from mlops_actions.quantize.forms import Form
from mlops_actions.quantize.scikit import to_onnx


@dataclass(frozen=True)
class Scheme:
    """A way to make a serving form.

    Attributes:
        framework: which kind of model it takes.
        build: (bundle, identity, empty folder) to the form, written into the folder.
        tolerance: largest difference of a score that another processor may make in a golden row.
    """

    framework: Literal["keras", "sklearn"]
    build: Callable[[Bundle, ModelConfig, Path], Form]
    tolerance: float


def float32(bundle: Bundle, config: ModelConfig, folder: Path) -> Form:  # noqa: ARG001 (all builders take the same)
    """Take the float model that train exported."""
    return _lite(Path(shutil.copy(_exported(bundle), folder / "model.tflite")))


def float16(bundle: Bundle, config: ModelConfig, folder: Path) -> Form:  # noqa: ARG001
    """Store the weights in 16 bits; compute in 32."""
    from ai_edge_quantizer import Quantizer, qtyping
    from ai_edge_quantizer.algorithm_manager import AlgorithmName

    quantizer = Quantizer(str(_exported(bundle)))
    quantizer.update_quantization_recipe(
        regex=".*",
        operation_name=qtyping.TFLOperationName.ALL_SUPPORTED,
        op_config=qtyping.OpQuantizationConfig(
            weight_tensor_config=qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT),
            compute_precision=qtyping.ComputePrecision.FLOAT,
            explicit_dequantize=True,
        ),
        algorithm_key=AlgorithmName.FLOAT_CASTING,
    )
    return _quantized(quantizer, folder)


def dynamic_int8(bundle: Bundle, config: ModelConfig, folder: Path) -> Form:  # noqa: ARG001
    """Store the weights in 8 bits; round activations as they come (dynamic range)."""
    from ai_edge_quantizer import Quantizer, recipe

    return _quantized(Quantizer(str(_exported(bundle)), recipe.dynamic_wi8_afp32()), folder)


SCHEMES: dict[str, Scheme] = {
    "float32": Scheme("keras", float32, 1e-4),
    "float16": Scheme("keras", float16, 1e-4),
    # Kernels round activations differently from processor to processor.
    "dynamic_int8": Scheme("keras", dynamic_int8, 1e-2),
    "onnx": Scheme("sklearn", to_onnx, 1e-4),
}


def _exported(bundle: Bundle) -> Path:
    path = bundle.model / "float32.tflite"
    if not path.is_file():
        raise DataError(
            f"The bundle {bundle.path} has no model/float32.tflite.",
            why="train writes it next to model.keras; the artifact is incomplete.",
            fix="train again.",
        )
    return path


def _quantized(quantizer: Any, folder: Path) -> Form:
    made = quantizer.quantize(enable_progress_bar=False, enable_progress_report=False).quantized_model
    path = folder / "model.tflite"
    path.write_bytes(bytes(made))
    return _lite(path)


def _lite(path: Path) -> Form:
    return Form(path, "litert", "matrix", Interpreter(model_path=str(path)).get_output_details()[0]["name"])
