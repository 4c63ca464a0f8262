"""What differs between two models beside their predictions."""

from collections.abc import Mapping
from typing import Any, Literal

from mlops_actions.bundle import ModelConfig
from mlops_actions.evaluate.changes.short import MOST_NAME, setting, short
from mlops_actions.report.evaluation import Cell, Difference

MOST_OF_A_KIND = 30
Kind = Literal["hyperparameter", "feature", "data", "environment", "setting"]


def differences(candidate: ModelConfig, base: ModelConfig) -> list[Difference]:
    """List settings, hyperparameters (nested ones dotted), features, data and packages that differ.

    What is on one side only is None on the other. Beyond 30 of a kind the rest is counted in a last line.
    """
    kinds: dict[Kind, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
        "setting": (_settings(base), _settings(candidate)),
        "hyperparameter": (_flat(base.hyperparameters), _flat(candidate.hyperparameters)),
        "feature": (_features(base), _features(candidate)),
        "data": (_data(base), _data(candidate)),
        "environment": (_environment(base), _environment(candidate)),
    }
    return [found for kind, (before, after) in kinds.items() for found in _differing(kind, before, after)]


def _differing(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    changed = [
        name
        for name in [*before, *(name for name in after if name not in before)]
        if (name in before) != (name in after) or setting(before[name]) != setting(after[name])
    ]
    shown = [
        Difference(kind=kind, name=short(name), base=_cell(before, name), candidate=_cell(after, name))
        for name in changed[:MOST_OF_A_KIND]
    ]
    more = len(changed) - len(shown)
    return [*shown, *([Difference(kind=kind, name=f"… and {more} more", base=None, candidate=None)] if more else [])]


def _cell(values: Mapping[str, Any], name: str) -> Cell:
    if name not in values:
        return None
    value = setting(values[name])
    return short(value, MOST_NAME) if isinstance(value, str) else value


def _settings(config: ModelConfig) -> dict[str, Any]:
    return {
        "architecture": config.base_architecture,
        "framework": config.framework,
        "task": config.task,
        "label": config.label,
        "classes": ", ".join(config.classes),
        "seed": config.seed,
    }


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        nested = isinstance(value, Mapping) and value
        flat |= _flat(value, f"{prefix}{name}.") if nested else {f"{prefix}{name}": value}
    return flat


def _features(config: ModelConfig) -> dict[str, str]:
    return {one.name: one.dtype + (", may be missing" if one.nullable else "") for one in config.features}


def _data(config: ModelConfig) -> dict[str, str | int]:
    data = config.dataset
    return {
        "path": data.path,
        "sha256": data.sha256.removeprefix("sha256:")[:12],
        "train rows": data.train_rows,
        "test rows": data.test_rows,
    }


def _environment(config: ModelConfig) -> dict[str, str]:
    return {"python": config.environment.python, **config.environment.packages}
