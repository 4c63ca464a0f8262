"""How a trained model is kept: never as a pickle."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mlops_actions.train.refused import Refused

TRUSTED = ("sklearn.", "numpy.", "functools.partial")


def say(line: str) -> None:
    """Write a line to the worker's output, which the stage shows."""
    sys.stdout.write(line + "\n")


def is_keras(model: Any) -> bool:
    """Whether a model is a Keras model; without importing Keras."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(model, keras.Model)


def save_sklearn(model: Any, folder: Path) -> str:
    """Write `model.skops` and return the framework: a model that holds types of other libraries is opaque to us.

    Raises:
        Refused: skops is not in this environment, or cannot save the model.
    """
    if not find_spec("skops"):
        raise Refused(
            "The function returned a scikit-learn model, and this environment cannot save it safely.",
            "skops, which saves scikit-learn models without pickle, is not installed there.",
            f"add the line `skops` to your requirements, or run: {sys.executable} -m pip install skops",
        )
    import skops.io

    path = folder / "model.skops"
    skops.io.dump(model, path)
    foreign = [name for name in skops.io.get_untrusted_types(file=path) if not name.startswith(TRUSTED)]
    if foreign:
        say(f"The model holds {', '.join(foreign)[:300]}, which we cannot convert: it is kept as an opaque model.")
    return "opaque" if foreign else "sklearn"


def save_theirs(model: Any, folder: Path) -> str:
    """Keep what the user's function returned and return the framework.

    Of a kind we do not know (neither scikit-learn nor Keras) nothing is written but what the function wrote itself.
    """
    if type(model).__module__.split(".")[0] == "sklearn":
        return save_sklearn(model, folder)
    say(
        f"A {type(model).__module__}.{type(model).__qualname__} is an opaque model: kept is what the function wrote to `output`."
    )
    return "opaque"
