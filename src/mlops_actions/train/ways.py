"""The ways to train, as the worker does them: an estimator, a network, or the user's function."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops_actions.train import answers, saving, tables
from mlops_actions.train.refused import Refused


def _columns(job: dict[str, Any], kind: str) -> list[str]:
    return [feature["name"] for feature in job["features"] if feature["dtype"] == kind]


def _kinds(job: dict[str, Any]) -> dict[str, str]:
    return {feature["name"]: feature["dtype"] for feature in job["features"]}


def _target(job: dict[str, Any], folder: Path, task: str) -> Any:
    """Return the labels of training: class indices, or values."""
    import numpy as np

    if task == "classification" and job["classes"] is None:
        raise Refused(
            f"{job['label']} has too many different values to be classes.",
            "a classifier was asked to learn a number.",
            "name a regressor, or another label.",
        )
    if task == "regression" and not (folder / "values.bin").exists():
        raise Refused(f"{job['label']} is no number, which a regression needs.", fix="name a classifier.")
    name, code = ("classes.bin", "q") if task == "classification" else ("values.bin", "d")
    return np.asarray(tables.raw(folder / name, code))


def _weight(job: dict[str, Any], folder: Path) -> Any:
    import numpy as np

    return np.asarray(tables.raw(folder / "weights.bin", "d")) if job["weight"] else None


def _finish(folder: Path, answered: tuple[Any, str, list[str]], count: int, **found: Any) -> dict[str, Any]:
    matrix, kind, classes = answered
    answers.write(folder, matrix, kind, classes, count)
    return found


def estimator(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train a scikit-learn estimator in a pipeline of ours."""
    from sklearn.utils.validation import has_fit_parameter

    from mlops_actions.train import pipelines

    text = _columns(job, "string")
    pipeline = pipelines.build(job["name"], job["parameters"], job["seed"], text, _columns(job, "float"))
    model = pipeline[-1]
    task = pipelines.task_of(model)
    if job["task"] not in {None, task}:
        raise Refused(f"{job['name']} is for {task}, and train.task says {job['task']}.", fix="change one of them.")
    weight = _weight(job, folder)
    if weight is not None and not has_fit_parameter(model, "sample_weight"):
        saving.say(f"{job['name']} takes no weights: {job['weight']} counts in evaluation only.")
        weight = None
    train, test = (_frame(folder / name, job, text) for name in (job["train"], job["test"]))
    pipeline.fit(train, _target(job, folder, task), **({} if weight is None else {"model__sample_weight": weight}))
    # The pipeline learned indices into the sorted classes, so its columns are already in their order.
    matrix, kind = _pipeline_answer(pipeline, test, task, job["classes"])
    framework = saving.save_sklearn(pipeline, _model_folder(folder))
    return _finish(
        folder,
        (matrix, kind, job["classes"] if task == "classification" else []),
        job["test_rows"],
        task=task,
        framework=framework,
        architecture=job["name"],
        hyperparameters=_plain(model.get_params(deep=False)),
    )


def _frame(path: Path, job: dict[str, Any], text: list[str]) -> Any:
    # Encoders store the categories they saw; as plain text they need no pandas type to be saved or converted.
    return tables.read(path, _kinds(job)).astype(dict.fromkeys(text, object))


def _pipeline_answer(pipeline: Any, test: Any, task: str, classes: list[str]) -> tuple[Any, str]:
    import numpy as np

    if task == "regression":
        return pipeline.predict(test).reshape(len(test), -1), "values"
    if hasattr(pipeline, "predict_proba"):
        return pipeline.predict_proba(test), "probabilities"
    saving.say(f"{type(pipeline[-1]).__name__} gives labels without probabilities: its scores are 0 or 1.")
    return np.eye(len(classes))[pipeline.predict(test)], "labels"


def _plain(parameters: dict[str, Any]) -> dict[str, Any]:
    """Keep what JSON can hold; the rest as text."""
    simple = (str, int, float, bool, type(None), list)
    return {name: value if isinstance(value, simple) else repr(value) for name, value in parameters.items()}


def architecture(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Train a Keras network of ours."""
    from mlops_actions.train import networks

    chosen = networks.settings(job["parameters"])
    train, test = (_matrix(folder / name, job) for name in (job["train"], job["test"]))
    classes = job["classes"] if job["task"] == "classification" else []
    target, weight = _target(job, folder, job["task"]), _weight(job, folder)
    model = networks.fit(job["name"], chosen, train, target, len(classes), weight=weight, seed=job["seed"])
    networks.save(model, _model_folder(folder))
    kind = "probabilities" if classes else "values"
    return _finish(
        folder,
        (networks.predict(model, test), kind, classes),
        job["test_rows"],
        task=job["task"],
        framework="keras",
        architecture=job["name"],
        hyperparameters=chosen,
    )


def _matrix(path: Path, job: dict[str, Any]) -> Any:
    text = _columns(job, "string")
    if text:
        raise Refused(
            f"A Keras network takes numbers only, and {', '.join(map(repr, text))[:300]} is text.",
            fix="name it in data.exclude, encode it in the data, or use a scikit-learn estimator.",
        )
    return tables.read(path, _kinds(job)).to_numpy(dtype="float32")


def function(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Call the user's `fit(train, parameters, output)` and ask what it returns about the test rows."""
    columns = {**_kinds(job), job["label"]: job["label_kind"], **({job["weight"]: "value"} if job["weight"] else {})}
    # Read before the repository is on the path: a pandas.py of theirs is not ours to import.
    train, test = tables.read(folder / job["train"], columns), tables.read(folder / job["test"], _kinds(job))
    fit = load(job["name"], Path(job["root"]))
    _seed(job["seed"])
    output, classes = _model_folder(folder), job["classes"] or []
    model = fit(train, job["parameters"], output)
    if saving.is_keras(model):
        framework, answered = _their_network(job, model, test, output)
    else:
        answered = answers.answer(model, test, job["test_rows"], job["task"], classes)
        framework = saving.save_theirs(model, output)
    return _finish(
        folder,
        answered,
        job["test_rows"],
        task=job["task"],
        framework=framework,
        architecture=type(model).__name__,
        hyperparameters=job["parameters"],
    )


def _their_network(job: dict[str, Any], model: Any, test: Any, output: Path) -> tuple[str, tuple[Any, str, list[str]]]:
    from mlops_actions.train import networks

    classes = job["classes"] if job["task"] == "classification" else []
    if _columns(job, "string"):
        raise Refused("A Keras model takes numbers only.", fix="name the text columns in data.exclude, or encode them.")
    form = networks.served(model, len(job["features"]), len(classes))
    networks.save(form, output)
    matrix = networks.predict(form, test.to_numpy(dtype="float32"))
    return "keras", (matrix, "probabilities" if classes else "values", classes)


def load(path: str, root: Path) -> Callable[..., Any]:
    """Import the user's function.

    The repository comes last on the path: a file of it that is named like a library does not take the library's place.

    Raises:
        Refused: no such function, or its module is hidden by a library of the same name.
    """
    name, _, attribute = path.partition(":")
    sys.path.append(str(root))
    module = importlib.import_module(name)
    own = root.joinpath(*name.split("."))
    origin = getattr(module, "__file__", None)
    if (own.with_suffix(".py").exists() or own.is_dir()) and origin and root not in Path(origin).resolve().parents:
        raise Refused(
            f"{name} is {origin}, not the file of your repository.",
            "a module of Python or of a library has the same name.",
            "rename yours, or put it in a package.",
        )
    found = getattr(module, attribute, None)
    if not callable(found):
        raise Refused(
            f"{name} has no function {attribute!r}.", fix="write train.function as `package.module:function`."
        )
    return found  # type: ignore[no-any-return]


def _seed(seed: int) -> None:
    """Seed the generators that need no import; the function seeds its own libraries."""
    import random
    from importlib.util import find_spec

    random.seed(seed)
    if find_spec("numpy"):
        import numpy as np

        np.random.seed(seed)  # noqa: NPY002 (scikit-learn's and most users' default generator)


def _model_folder(folder: Path) -> Path:
    output = folder / "output" / "model"
    output.mkdir(parents=True, exist_ok=True)
    return output


WAYS: dict[str, Callable[[dict[str, Any], Path], dict[str, Any]]] = {
    "estimator": estimator,
    "architecture": architecture,
    "function": function,
}
