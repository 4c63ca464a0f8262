"""Labels from `data` of mlops.yaml: what a job that trusts nobody uses against predictions that came from outside."""

from pathlib import Path

import polars as pl

from mlops_actions import data as data_room
from mlops_actions.config import Config
from mlops_actions.errors import ConfigError, DataError

ROLES = ("label", "weight", "group")


def test_rows(config: Config) -> tuple[Path, data_room.Split]:
    """Return the path of `data` and its split.

    Raises:
        ConfigError: mlops.yaml has no section data.
        DataError: the data cannot be read or split.
    """
    if config.data is None:
        raise ConfigError(
            f"{config.file} has no section data, where the test rows would come from.",
            fix="add data, or name a Parquet file of labels.",
            file=str(config.file),
        )
    return config.resolve(config.data.path), data_room.split(config.root, config.data)


def labels_of_data(config: Config) -> tuple[Path, pl.DataFrame]:
    """Return where the labels come from, and id, label, weight and group of the test rows, with their other columns.

    A column of the data that is called like one of these gives way.
    """
    path, rows = test_rows(config)
    assert config.data is not None
    named = {role: getattr(config.data, role) for role in ROLES if getattr(config.data, role)}
    missing = [name for name in named.values() if name not in rows.test.columns]
    if missing:
        raise DataError(f"{path} has no column {missing[0]!r}.", fix="correct data in mlops.yaml.")
    own = [rows.test_ids.alias("id"), *(rows.test.get_column(name).alias(role) for role, name in named.items())]
    taken = {"id", *named}
    others = [rows.test.get_column(name) for name in rows.test.columns if name not in taken]
    return path, pl.DataFrame([*own, *others])
