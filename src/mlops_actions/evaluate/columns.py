"""What is known of the test rows besides answers: columns that slices go by, and features to show of a row."""

import polars as pl

from mlops_actions.config import Config
from mlops_actions.data import listed, nearest, shown
from mlops_actions.errors import ConfigError, DataError
from mlops_actions.evaluate.pairing import Order, label_columns
from mlops_actions.evaluate.sources import Source, Sources, read_table
from mlops_actions.evaluate.trusted import test_rows

TEST_ROWS = "test_rows.parquet"
MOST_FEATURES = 6


def known_columns(config: Config, sources: Sources, order: Order, slicing: list[str]) -> pl.DataFrame:
    """Return the columns that slices go by and the first features of the model, N rows in order.

    Looked for beside the labels, in the candidate's bundle (unless nothing that it says is to be believed), then in `data`,
    which is read for slices, or for features that may be shown.

    Args:
        config: mlops.yaml.
        sources: what was opened.
        order: of the test rows.
        slicing: columns that have to be found.

    Raises:
        ConfigError: a column is nowhere, or is the id or the label.
        DataError: a file cannot be read, or does not have these rows.
    """
    _refuse_answers(config, sources.answers, slicing)
    found = _picked(sources.answers.frame, sources.answers, order, slicing)
    features = _features(sources)
    bundled = _of_bundle(sources, order, [name for name in dict.fromkeys([*slicing, *features]) if name not in found])
    found |= bundled
    missing = [name for name in slicing if name not in found]
    unseen = [name for name in features if name not in found and name not in missing]
    if missing or (unseen and config.data and config.evaluate.show_rows):
        found |= _of_data(config, order, missing, unseen, [*sources.answers.frame.columns, *bundled])
    return pl.DataFrame([column.alias(name) for name, column in found.items()])


def _refuse_answers(config: Config, answers: Source, slicing: list[str]) -> None:
    """Refuse slices by what is judged: each row is an id of its own, and rows of one label have nothing to tell apart."""
    roles = {"id", *label_columns(answers), *((config.data.id, config.data.label) if config.data else ())}
    refused = [name for name in slicing if name in roles]
    if refused:
        raise ConfigError(
            f"evaluate.slices names {shown(refused[0])}, which is the id or the label of the rows.",
            why="slices go by what is known of a row before its answer; how each class fares stands in the report anyway.",
            fix="name another column.",
            file=str(config.file),
            line=config.line("evaluate.slices"),
        )


def _features(sources: Sources) -> list[str]:
    identity = sources.candidate.config
    return [feature.name for feature in identity.features][:MOST_FEATURES] if identity else []


def _picked(frame: pl.DataFrame, source: Source, order: Order, names: list[str]) -> dict[str, pl.Series]:
    """Return the columns of `frame` that are among `names`, in order; its rows are those of `source`."""
    there = [name for name in dict.fromkeys(names) if name in frame.columns]
    if not there:
        return {}
    keyed = pl.DataFrame(
        [source.frame["id"].alias("id"), *(frame.get_column(name).alias(f"of {name}") for name in there)]
    )
    rows = order.aligned(Source(source.path, keyed, source.config)).frame
    return {name: rows[f"of {name}"] for name in there}


def _of_bundle(sources: Sources, order: Order, names: list[str]) -> dict[str, pl.Series]:
    candidate = sources.candidate
    path = candidate.path / TEST_ROWS
    if sources.from_data or candidate.config is None or not path.exists() or not names:
        return {}
    frame = read_table(path, names)
    if frame.height != candidate.frame.height:
        raise DataError(
            f"The bundle {candidate.path} has {candidate.frame.height} predictions for {frame.height} test rows.",
            fix="train again.",
        )
    return _picked(frame, candidate, order, names)


def _of_data(
    config: Config, order: Order, names: list[str], features: list[str], elsewhere: list[str]
) -> dict[str, pl.Series]:
    """Return `names`, which have to be there, and those of `features` that are."""
    if config.data is None:
        raise _nowhere(config, names[0], elsewhere)
    path, rows = test_rows(config)
    if missing := [name for name in names if name not in rows.test.columns]:
        raise _nowhere(config, missing[0], [*elsewhere, *rows.test.columns])
    there = [*names, *(name for name in features if name in rows.test.columns)]
    frame = rows.test.select(pl.col(there)).with_columns(rows.test_ids.alias("id"))
    if frame.height > len(order.ids):  # labels may be of some of the test rows
        frame = frame.filter(frame["id"].is_in(order.ids.implode()))
    return _picked(frame, Source(path, frame, None), order, there)


def _nowhere(config: Config, name: str, there: list[str]) -> ConfigError:
    return ConfigError(
        f"evaluate.slices names the column {shown(name)}, which is nowhere: the columns are {listed(there)}.",
        why="slices go by columns of the labels, of the bundle's test rows, or of data.",
        fix=nearest(name, there),
        file=str(config.file),
        line=config.line("evaluate.slices"),
    )
