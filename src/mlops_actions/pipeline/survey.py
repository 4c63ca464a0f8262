"""Look at a repository: where its data are, which column is the answer, how its model is trained. Guesses, each with its reason."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mlops_actions.data import scan
from mlops_actions.errors import ConfigError

LABELS = ("label", "target", "y", "class", "outcome", "answer")
ENDINGS = {".parquet", ".pq", ".csv", ".tsv"}
MOST_CLASSES = 50
ALMOST_ALL_DISTINCT = 0.5  # text that hardly repeats names rows; it does not describe them


@dataclass(frozen=True)
class Survey:
    """What a repository seems to be.

    Attributes:
        model: id made of the folder's name.
        data: the section `data` of mlops.yaml.
        train: the section `train`.
        classes: number of classes, or None for regression.
        groups: the first feature of text that repeats, whose values may be judged apart; "" if there is none.
        requirements: the requirements file of the training code, if it has one.
        guesses: what was guessed and why, for people.
    """

    model: str
    data: dict[str, Any]
    train: dict[str, Any]
    classes: int | None
    groups: str
    requirements: str | None
    guesses: list[str]


def survey(root: Path) -> Survey:
    """Look at the files below a folder.

    Raises:
        ConfigError: no data file there.
        DataError: the data file cannot be read.
    """
    path = _data_file(root)
    frame = scan(path)
    schema = dict(frame.collect_schema())
    label, why = _label(list(schema))
    classes = _classes(frame, label, schema[label])
    texts = _repeats(
        frame, [name for name, dtype in schema.items() if dtype == pl.String and name not in {label, "id"}]
    )
    dates = [name for name, dtype in schema.items() if dtype.is_temporal() and name != label]
    left_out = dates + [name for name, repeats in texts.items() if not repeats]
    train, how = _training(root, classes)
    identity = {"id": "id"} if "id" in schema else {}
    exclude = {"exclude": left_out} if left_out else {}
    requirements = "requirements.txt" if "estimator" not in train and (root / "requirements.txt").exists() else None
    guesses = [
        f"data: {path.relative_to(root)}, the largest data file here",
        f"label: {label}, {why}" + (f"; {classes} classes" if classes else "; a number, so regression"),
        *([f"left out: {', '.join(left_out)}: dates, or text that hardly repeats"] if left_out else []),
        f"train: {how}",
        *([_where(requirements)] if requirements else []),
        "test rows: a random fifth; if rows have a time, write a condition such as data.test: month >= 10",
    ]
    data = {"path": path.relative_to(root).as_posix(), "label": label, **identity, **exclude}
    # It is offered in a comment, which ends with its line.
    groups = next((name for name, repeats in texts.items() if repeats and name.isprintable()), "")
    return Survey(_name(root), data, train, classes, groups, requirements, guesses)


def _where(requirements: str) -> str:
    return f"requirements: in the workflows your code runs in an environment made from {requirements}; locally it runs in our environment unless train.python is set"


def _data_file(root: Path) -> Path:
    files = [path for path in _files(root) if path.suffix.lower() in ENDINGS]
    if not files:
        raise ConfigError(
            f"There is no Parquet or CSV file below {root}.",
            why="the data are elsewhere, or in Git LFS that was not fetched.",
            fix="put a data file there, or write mlops.yaml by hand: model, data and train are enough.",
        )
    return max(files, key=lambda path: (path.stat().st_size, path.as_posix()))


def _files(root: Path) -> list[Path]:
    """Return the files below a folder, without hidden folders and installed packages."""
    return [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not any(
            part.startswith(".") or part in {"node_modules", "site-packages"} for part in path.relative_to(root).parts
        )
    ]


def _label(columns: list[str]) -> tuple[str, str]:
    for name in columns:
        if name.lower() in LABELS:
            return name, "by its name"
    return columns[-1], "the last column"


def _classes(frame: pl.LazyFrame, label: str, dtype: pl.DataType) -> int | None:
    distinct: int = frame.select(pl.col(label).drop_nulls().n_unique()).collect(engine="streaming").item()
    return None if dtype.is_numeric() and distinct > MOST_CLASSES else distinct


def _repeats(frame: pl.LazyFrame, texts: list[str]) -> dict[str, bool]:
    """Say of each column of text whether its values repeat, as those of a feature do."""
    shares = [(pl.col(name).n_unique() / pl.len()).alias(name) for name in texts]
    distinct = frame.select(shares).collect(engine="streaming").row(0, named=True) if shares else {}
    return {name: share <= ALMOST_ALL_DISTINCT for name, share in distinct.items()}


def _training(root: Path, classes: int | None) -> tuple[dict[str, Any], str]:
    for path in _files(root):
        if path.suffix == ".py" and _defines_fit(path):
            module = ".".join(path.relative_to(root).with_suffix("").parts)
            return {"function": f"{module}:fit"}, f"the function fit of {path.relative_to(root)}"
    if (root / "train.py").exists():
        return {"command": "python train.py"}, "your train.py; it is told where to write by MLOPS_OUTPUT"
    kind = "Classifier" if classes else "Regressor"
    return {
        "estimator": f"sklearn.ensemble.HistGradientBoosting{kind}"
    }, "gradient boosting, since there is no train.py and no function fit"


def _defines_fit(path: Path) -> bool:
    """Whether a module defines fit(train, parameters, output); a file that is not Python defines nothing."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return False
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return any(node.name == "fit" and len(node.args.args) == 3 for node in functions)


def _name(root: Path) -> str:
    """Return the folder's name as the id of a model: small letters, digits, dots and dashes, at most 63."""
    return re.sub(r"[^a-z0-9._-]+", "-", root.resolve().name.lower())[:63].strip("-._") or "model"
