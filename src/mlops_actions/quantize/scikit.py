"""scikit-learn models: loaded without pickle, answered by scikit-learn itself (the baseline), converted to ONNX."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from mlops_actions.bundle import Bundle, Feature, ModelConfig
from mlops_actions.errors import DataError
from mlops_actions.quantize.forms import Form
from mlops_actions.quantize.sample import matrix

# What skops does not know to be safe although scikit-learn's own estimators hold it.
TRUSTED = ("sklearn.", "numpy.", "functools.partial")


def load(bundle: Bundle) -> Any:
    """Load `model/model.skops`.

    Raises:
        DataError: missing, or it holds types of other libraries, which no converter of ours knows.
    """
    import skops.io

    path = bundle.model / "model.skops"
    if not path.is_file():
        raise DataError(f"The bundle {bundle.path} has no model/model.skops.", fix="train again.")
    held = skops.io.get_untrusted_types(file=path)
    foreign = [name for name in held if not name.startswith(TRUSTED)]
    if foreign:
        raise DataError(
            f"{path} holds types that are not scikit-learn's: {', '.join(foreign)[:300]}.",
            why="a step of the pipeline comes from another library or from your own code; it has no ONNX form.",
            fix="replace the step, or bring an image of your own.",
        )
    return skops.io.load(path, trusted=held)


class ScikitLearn:
    """The model as it was trained, in scikit-learn."""

    def __init__(self, model: Any) -> None:
        import sklearn

        self.name = f"scikit-learn {sklearn.__version__}"
        self._model = model
        self._answer = model.predict_proba if hasattr(model, "predict_proba") else self._plain

    def _plain(self, inputs: Any) -> npt.NDArray[np.float64]:
        found = np.asarray(self._model.predict(inputs))
        classes = getattr(self._model, "classes_", None)
        if classes is None:
            return found.reshape(-1, 1).astype(np.float64)
        return np.asarray(found[:, None] == np.asarray(classes)[None], dtype=np.float64)

    def _inputs(self, rows: pl.DataFrame) -> Any:
        return rows.to_pandas() if hasattr(self._model, "feature_names_in_") else matrix(rows)

    def scores(self, rows: pl.DataFrame) -> npt.NDArray[np.float64]:
        """Return [N, K] scores."""
        return np.asarray(self._answer(self._inputs(rows)), dtype=np.float64)

    def single(self, row: pl.DataFrame) -> Callable[[], object]:
        """Return the call of one row."""
        inputs = self._inputs(row)
        return lambda: self._answer(inputs)


def to_onnx(bundle: Bundle, config: ModelConfig, folder: Path) -> Form:
    """Convert the model with skl2onnx and write `model.onnx`.

    A pipeline that picks columns gets one input a feature; any other numeric model one matrix, which is faster.

    Raises:
        whatever skl2onnx raises for a model that it cannot convert.
    """
    from skl2onnx import convert_sklearn

    model = _by_position(load(bundle), config.features)
    layout = "columns" if _picks_columns(model) or any(one.dtype == "string" for one in config.features) else "matrix"
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    made = convert_sklearn(
        model,
        "model",
        initial_types=_inputs(config.features, layout),
        options={id(last): {"zipmap": False}} if hasattr(last, "predict_proba") else None,
    )
    path = folder / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return Form(path, "onnx", "columns" if layout == "columns" else "matrix", made.graph.output[-1].name)


def _inputs(features: list[Feature], layout: str) -> list[tuple[str, Any]]:
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    if layout == "matrix":
        return [("f0", FloatTensorType([None, len(features)]))]
    kinds = {"float": FloatTensorType, "string": StringTensorType}
    return [(f"f{number}", kinds[feature.dtype]([None, 1])) for number, feature in enumerate(features)]


def _selector(model: Any) -> Any:
    return model.steps[0][1] if hasattr(model, "steps") else model


def _picks_columns(model: Any) -> bool:
    return hasattr(_selector(model), "transformers_")


def _by_position(model: Any, features: list[Feature]) -> Any:
    """Return a copy that picks its columns by position: ONNX refuses some names that a column may have."""
    places = {feature.name: place for place, feature in enumerate(features)}
    changed = copy.deepcopy(model)
    if _picks_columns(changed):
        selector = _selector(changed)
        selector.transformers_ = [
            (name, step, [places.get(one, one) for one in picked] if isinstance(picked, list | np.ndarray) else picked)
            for name, step, picked in selector.transformers_
        ]
    return changed
