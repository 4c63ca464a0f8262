"""The same repository with a few keys of mlops.yaml changed: for stories that try several settings one after the other."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mlops_actions.config.models import Config
from mlops_actions.errors import ConfigError


def changed(config: Config, changes: Mapping[str, Any], *, work: Path, source: Path) -> Config:
    """Return the configuration with some keys replaced and a work folder of its own.

    Args:
        config: what is in mlops.yaml.
        changes: like a part of mlops.yaml; mappings are merged, everything else replaces what was there.
        work: folder instead of `.mlops/<model>`.
        source: file that the changes come from, for messages.

    Raises:
        ConfigError: the result is not a valid mlops.yaml.
    """
    try:
        result = Config.model_validate(_merged(config.model_dump(exclude_unset=True), changes))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"{source}: the changes make {key} unusable: {first['msg']}.", fix="correct them.", file=str(source)
        ) from None
    result._file, result._lines, result._work = config.file, config._lines, work  # noqa: SLF001 (as load does)
    return result


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    both = {key: _merged(old[key], value) for key, value in new.items() if _mappings(old.get(key), value)}
    return {**old, **new, **both}


def _mappings(one: object, other: object) -> bool:
    return isinstance(one, Mapping) and isinstance(other, Mapping)
