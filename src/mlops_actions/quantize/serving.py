"""Write what the server loads, the golden rows and the latency, and seal the bundle."""

import json
import shutil
from typing import Any

import numpy as np
import polars as pl

from mlops_actions.bundle import Bundle, Feature, ModelConfig
from mlops_actions.bundle.contract import Latency
from mlops_actions.bundle.golden import Golden
from mlops_actions.errors import DataError
from mlops_actions.files import replaced_folder, write_text
from mlops_actions.quantize.candidates import Candidate
from mlops_actions.quantize.forms import Form, open_form
from mlops_actions.quantize.sample import Sample, as_travelling
from mlops_actions.quantize.schemes import SCHEMES

GOLDEN_ROWS = 3


def write_serving(bundle: Bundle, config: ModelConfig, chosen: Candidate, sample: Sample) -> ModelConfig:
    """Write `serving/`, golden.json and the contract's latency, then seal.

    The seal comes last: a process that dies before leaves a bundle that `verify` refuses.

    Returns:
        the sealed identity.

    Raises:
        DataError: no test row can serve as a golden row.
    """
    assert chosen.form is not None
    assert chosen.speed is not None
    golden = golden_rows(config, chosen, sample)
    with replaced_folder(bundle.serving) as folder:
        shutil.copy(chosen.form.path, folder / chosen.form.path.name)
        write_text(folder / "signature.json", json.dumps(signature(config, chosen.form), indent=2) + "\n")
    bundle.write_golden(golden)
    latency = Latency(runtime=chosen.runtime, p50_us=chosen.speed.p50_us, p99_us=chosen.speed.p99_us)
    bundle.write_contract(bundle.contract().model_copy(update={"latency": latency}))
    return bundle.write_config(config, seal=True)


def withdraw(bundle: Bundle, config: ModelConfig) -> None:
    """Take back an earlier serving form and its seal: nothing of this bundle may be served."""
    if config.bundle_digest or bundle.serving.exists():
        bundle.write_config(config, seal=False)
        shutil.rmtree(bundle.serving, ignore_errors=True)
        (bundle.path / "golden.json").unlink(missing_ok=True)
        bundle.write_config(config, seal=False)


def signature(config: ModelConfig, form: Form) -> dict[str, Any]:
    """Return signature.json: how the server has to ask the model file."""
    return {
        "schema_version": 1,
        "model": config.id,
        "platform": form.platform,
        "file": form.path.name,
        "task": config.task,
        "classes": config.classes,
        "features": [feature.model_dump() for feature in config.features],
        "layout": form.layout,
        "output": form.output,
    }


def golden_rows(config: ModelConfig, chosen: Candidate, sample: Sample) -> Golden:
    """Return up to three rows and the scores that the chosen form gives them.

    One has a missing value where training saw missing values; none has one where training saw none, since a server
    refuses that. The tolerance is the scheme's (schemes.py), for a regression times the size of the answers.

    Raises:
        DataError: every test row misses a value that the model needs.
    """
    assert chosen.form is not None
    rows = pick(sample.rows, config.features)
    expected = open_form(chosen.form).scores(as_travelling(rows, config.features))
    scale = max(1.0, float(np.abs(expected).max()))
    return Golden(rows=rows.to_dicts(), expected=expected.tolist(), tolerance=SCHEMES[chosen.scheme].tolerance * scale)


def pick(rows: pl.DataFrame, features: list[Feature]) -> pl.DataFrame:
    nulls = rows.select(_missing(feature).alias(feature.name) for feature in features)
    needed = [feature.name for feature in features if not feature.nullable]
    infinite = rows.select(
        pl.any_horizontal(
            [pl.lit(value=False), *(pl.col(one.name).is_infinite() for one in features if one.dtype == "float")]
        )
    ).to_series()
    usable = ~(nulls.select(pl.any_horizontal(pl.lit(value=False), *needed)).to_series() | infinite)
    if not usable.any():
        raise DataError(
            "No test row has all the values that training always saw.",
            why="a column is empty in the test rows and never was in the training rows.",
            fix="check data.test, or exclude the column.",
        )
    plain = rows.select(
        pl.when(_missing(feature)).then(None).otherwise(pl.col(feature.name)).alias(feature.name)
        for feature in features
    ).filter(usable)
    gaps = plain.filter(pl.any_horizontal(pl.all().is_null()))
    whole = plain.filter(~pl.any_horizontal(pl.all().is_null()))
    optional = [feature.name for feature in features if feature.nullable]
    if optional and gaps.is_empty():
        gaps = plain[:1].with_columns(pl.lit(None).cast(plain.schema[optional[0]]).alias(optional[0]))
    # One row with a gap, then rows without, spread over the test set; where there are none, more with gaps.
    spread = whole[:: max(1, whole.height // GOLDEN_ROWS)]
    return pl.concat([gaps[:1], spread, gaps[1:]])[:GOLDEN_ROWS]


def _missing(feature: Feature) -> pl.Expr:
    """Say whether a value that travels is a missing one: NaN, and "" where training saw missing text."""
    column = pl.col(feature.name)
    return column.is_nan() if feature.dtype == "float" else (column == "") & feature.nullable
