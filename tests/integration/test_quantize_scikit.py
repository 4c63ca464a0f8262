"""scikit-learn models through the real converter and ONNX Runtime."""

import json
import shutil
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import onnxruntime
import pandas as pd
import polars as pl
import polars.selectors as cs
import pytest
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from mlops_actions import quantize
from mlops_actions.bundle import Bundle, Feature
from mlops_actions.config import Config, load
from mlops_actions.errors import ConfigError, DataError, OutsideError
from mlops_actions.progress import silent
from mlops_actions.quantize import measure, serving
from mlops_actions.report import Report
from mlops_actions.report.markdown import render
from mlops_actions.verdict import Decision
from support.bundles import model_config, predictions, write_bundle

HOSTILE = "::set-output name=a::b\n|<b>"
NAMES = ["delay", HOSTILE, "", "carrier"]
ROWS = 600


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "MOST_SECONDS", 0.3)


def config(folder: Path, section: str = "{}") -> Config:
    (folder / "mlops.yaml").write_text(f"model: toy\nquantize: {section}\n", encoding="utf-8")
    return load(folder)


def run(folder: Path, section: str = "{}") -> Report:
    return quantize.run(config(folder, section), progress=silent)


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    """Return rows with missing numbers, missing text, and column names that no format likes."""
    generator = np.random.default_rng(0)
    delay: list[float | None] = generator.normal(size=ROWS).astype(np.float32).tolist()
    delay[::7] = [None] * len(delay[::7])
    carriers = np.array(["AA", "BB", "CC", "DD", None], dtype=object)[generator.integers(0, 5, ROWS)]
    return pl.DataFrame(
        {
            "delay": pl.Series(delay, dtype=pl.Float32),
            HOSTILE: generator.integers(0, 100, ROWS),
            "": generator.normal(size=ROWS),
            "carrier": pl.Series(carriers.tolist(), dtype=pl.String),
        }
    )


FEATURES = [
    Feature(name="delay", dtype="float", nullable=True),
    Feature(name=HOSTILE, dtype="float", nullable=False),
    Feature(name="", dtype="float", nullable=False),
    Feature(name="carrier", dtype="string", nullable=True),
]


def travelling(rows: pl.DataFrame) -> pd.DataFrame:
    """Return what train shows to a model: float32 with NaN, text with ""."""
    return rows.select(cs.numeric().cast(pl.Float32).fill_null(float("nan")), cs.string().fill_null("")).to_pandas()


def labels(rows: pl.DataFrame) -> np.ndarray:
    """Return an answer that follows the numbers, and the carrier where there is one."""
    known = rows["carrier"].fill_null("").is_in(["AA", ""]) if "carrier" in rows.columns else pl.Series([True] * ROWS)
    return np.where(
        known.to_numpy() ^ (rows.to_series(-1 if "carrier" not in rows.columns else 2).to_numpy() > 0), "yes", "no"
    )


def boosting(encoder: Any, **arguments: Any) -> Pipeline:
    columns = ColumnTransformer([("text", encoder, ["carrier"]), ("numbers", "passthrough", ["delay", HOSTILE, ""])])
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0, **arguments)
    return Pipeline([("columns", columns), ("model", model)])


def bundle_of(folder: Path, model: Any, rows: pl.DataFrame, inputs: Any, **changes: Any) -> Bundle:
    """Write the bundle that train would write of a fitted classifier."""
    place = folder / ".mlops" / "toy" / "bundle"
    (place / "model").mkdir(parents=True)
    skops.io.dump(model, place / "model" / "model.skops")
    frame = predictions(
        [str(number) for number in range(ROWS)], list(labels(rows)), ["no", "yes"], model.predict_proba(inputs)
    )
    return write_bundle(place, model_config(**{"features": FEATURES, **changes}), frame, rows)


@pytest.fixture
def flights(tmp_path: Path, rows: pl.DataFrame) -> Bundle:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    model = boosting(encoder).fit(travelling(rows), labels(rows))
    return bundle_of(tmp_path, model, rows, travelling(rows))


def test_a_pipeline_with_text_and_missing_values_is_served_as_onnx(tmp_path: Path, flights: Bundle) -> None:
    report = run(tmp_path)
    assert (report.decision, report.verdict.reason) == (Decision.PASS, "chosen")
    baseline, onnx = report.facts["candidates"]
    assert (baseline["scheme"], onnx["scheme"]) == ("scikit-learn", "onnx")
    assert baseline["runtime"].startswith("scikit-learn ")
    assert onnx["fidelity"]["agreement"] == 1.0
    assert onnx["fidelity"]["largest"] < 1e-5
    assert onnx["speed"]["calls"] >= 200
    assert report.outputs == {"scheme": "onnx", "bundle-digest": flights.verify().bundle_digest}
    assert len(report.tables[0].rows) == 2
    assert "baseline is scikit-learn" in report.tables[0].title
    contract = flights.contract()
    assert contract.latency is not None
    assert contract.latency.p50_us == onnx["speed"]["p50_us"]


def test_the_serving_form_is_what_its_signature_says_and_answers_the_golden_rows(
    tmp_path: Path, flights: Bundle
) -> None:
    run(tmp_path)
    signature = json.loads((flights.serving / "signature.json").read_text())
    assert signature == {
        "schema_version": 1,
        "model": "toy",
        "platform": "onnx",
        "file": "model.onnx",
        "task": "classification",
        "classes": ["no", "yes"],
        "features": [feature.model_dump() for feature in FEATURES],
        "layout": "columns",
        "output": "probabilities",
    }
    golden = flights.golden()
    assert len(golden.rows) == 3
    assert any(None in row.values() for row in golden.rows)
    assert all(row[HOSTILE] is not None and row[""] is not None for row in golden.rows)
    session = onnxruntime.InferenceSession(str(flights.serving / "model.onnx"))
    assert [given.name for given in session.get_inputs()] == ["f0", "f1", "f2", "f3"]
    for row, expected in zip(golden.rows, golden.expected, strict=True):
        feeds: dict[str, Any] = {}
        for number, feature in enumerate(FEATURES):
            value = row[feature.name]
            if feature.dtype == "float":
                feeds[f"f{number}"] = np.array([[np.nan if value is None else value]], dtype=np.float32)
            else:
                feeds[f"f{number}"] = np.array([["" if value is None else value]], dtype=object)
        assert session.run([signature["output"]], feeds)[0][0] == pytest.approx(expected, abs=golden.tolerance)


def test_the_same_model_gives_the_same_digest_whatever_was_measured(tmp_path: Path, flights: Bundle) -> None:
    first = run(tmp_path).outputs["bundle-digest"]
    assert run(tmp_path).outputs["bundle-digest"] == first


@pytest.mark.parametrize("kind", ["pipeline", "category dtype"])
def test_the_converter_that_is_silently_wrong_is_caught(tmp_path: Path, rows: pl.DataFrame, kind: str) -> None:
    if kind == "pipeline":
        model = boosting(OrdinalEncoder(), categorical_features=[0]).fit(travelling(rows), labels(rows))
        bundle = bundle_of(tmp_path, model, rows, travelling(rows))
    else:
        codes = rows.select(code=pl.Series(np.random.default_rng(1).integers(0, 6, ROWS)), other=pl.col(""))
        frame = codes.to_pandas().astype({"code": "category"})
        model = HistGradientBoostingClassifier(max_iter=20, categorical_features="from_dtype")
        model.fit(frame, np.where(codes["code"].is_in([1, 4]), "yes", "no"))
        features = [Feature(name=name, dtype="float", nullable=False) for name in ("code", "other")]
        bundle = bundle_of(tmp_path, model, codes, frame, features=features)
    report = run(tmp_path)
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "disagrees")
    onnx = report.facts["candidates"][-1]
    assert onnx["fidelity"]["agreement"] < 0.9
    assert "answers otherwise than the float model" in report.verdict.sentence
    assert report.findings[-1].key == "quantize.min_agreement"
    assert report.outputs == {"scheme": "", "bundle-digest": ""}
    assert not bundle.serving.exists()
    with pytest.raises(DataError, match="not sealed"):
        bundle.verify()


def test_a_bundle_that_may_no_longer_be_served_loses_its_form_and_seal(tmp_path: Path, flights: Bundle) -> None:
    run(tmp_path)
    frame = pl.read_parquet(flights.predictions)
    swapped = frame.with_columns(
        prediction=pl.when(pl.col("prediction") == "no").then(pl.lit("yes")).otherwise(pl.lit("no"))
    )
    swapped.write_parquet(flights.predictions)
    assert run(tmp_path).decision is Decision.FAIL
    assert not flights.serving.exists()
    assert not (flights.path / "golden.json").exists()
    with pytest.raises(DataError, match="not sealed"):
        flights.verify()


def test_a_run_that_ends_half_way_leaves_nothing_that_verifies(
    tmp_path: Path, flights: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Bundle, "write_contract", Mock(side_effect=OutsideError("The disk is full.")))
        with pytest.raises(OutsideError):
            run(tmp_path)
    with pytest.raises(DataError, match="not sealed"):
        flights.verify()
    run(tmp_path)
    assert flights.verify().bundle_digest


def test_the_seal_is_taken_back_before_the_form(
    tmp_path: Path, flights: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path)
    monkeypatch.setattr(shutil, "rmtree", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        serving.withdraw(flights, flights.config())
    with pytest.raises(DataError, match="not sealed"):
        flights.verify()


def test_a_numeric_model_gets_one_matrix(tmp_path: Path, rows: pl.DataFrame) -> None:
    numbers = rows.select(HOSTILE, "")
    inputs = numbers.cast(pl.Float32).to_pandas()
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(inputs, labels(rows))
    features = [Feature(name=name, dtype="float", nullable=False) for name in (HOSTILE, "")]
    bundle = bundle_of(tmp_path, model, numbers, inputs, features=features)
    assert run(tmp_path).decision is Decision.PASS
    signature = json.loads((bundle.serving / "signature.json").read_text())
    assert signature["layout"] == "matrix"
    assert len(bundle.golden().rows) == 3


def test_one_hot_columns_convert(tmp_path: Path, rows: pl.DataFrame) -> None:
    model = boosting(OneHotEncoder(handle_unknown="ignore", sparse_output=False)).fit(travelling(rows), labels(rows))
    bundle_of(tmp_path, model, rows, travelling(rows))
    report = run(tmp_path)
    assert report.decision is Decision.PASS
    assert report.facts["candidates"][1]["fidelity"]["agreement"] == 1.0


def test_a_model_without_a_converter_is_a_failure_with_the_converters_words(tmp_path: Path, rows: pl.DataFrame) -> None:
    # Several text columns straight into the estimator: no graph of skl2onnx takes that.
    frame = travelling(rows).assign(carrier=lambda given: given["carrier"].astype("category"))
    model = HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype").fit(frame, labels(rows))
    bundle_of(tmp_path, model, rows, frame)
    report = run(tmp_path)
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "not_convertible")
    assert "cannot be built" in report.verdict.sentence
    assert "HistGradientBoosting" in report.verdict.sentence


def test_a_regression_is_compared_by_its_values(tmp_path: Path, rows: pl.DataFrame) -> None:
    numbers = rows.select(HOSTILE, "")
    target = (numbers[HOSTILE] * 100 + numbers[""] * 1000).to_numpy()
    model = RandomForestRegressor(5, random_state=0).fit(numbers.cast(pl.Float32).to_numpy(), target)
    place = tmp_path / ".mlops" / "toy" / "bundle"
    (place / "model").mkdir(parents=True)
    skops.io.dump(model, place / "model" / "model.skops")
    frame = pl.DataFrame(
        {
            "id": [str(number) for number in range(ROWS)],
            "label": target,
            "prediction": model.predict(numbers.cast(pl.Float32).to_numpy()),
        }
    )
    features = [Feature(name=name, dtype="float", nullable=False) for name in (HOSTILE, "")]
    bundle = write_bundle(place, model_config(task="regression", classes=[], features=features), frame, numbers)
    report = run(tmp_path)
    assert report.decision is Decision.PASS
    assert report.tables[0].columns[7] == "R²"
    assert report.facts["candidates"][1]["fidelity"]["agreement"] == 1.0
    golden = bundle.golden()
    assert all(len(values) == 1 for values in golden.expected)
    assert golden.tolerance > 1e-4  # the values are in thousands


def test_a_sample_is_drawn_and_said(tmp_path: Path, flights: Bundle) -> None:
    report = run(tmp_path, "{sample_rows: 100}")
    assert (report.facts["rows"], report.facts["of_rows"]) == (100, ROWS)
    assert "100 test rows" in report.verdict.sentence
    assert report.facts["threads"] == 1
    assert report.facts["cpu"]
    assert report.facts["flags"]


def test_hostile_names_come_out_inert(tmp_path: Path, flights: Bundle) -> None:
    assert HOSTILE not in render(run(tmp_path))


def test_a_scheme_of_another_kind_of_model(tmp_path: Path, flights: Bundle) -> None:
    with pytest.raises(ConfigError, match="float16 cannot be made of a sklearn model") as caught:
        run(tmp_path, "{schemes: [float16]}")
    assert caught.value.line == 2


def test_an_opaque_model_passes_by(tmp_path: Path, rows: pl.DataFrame) -> None:
    place = tmp_path / ".mlops" / "toy" / "bundle"
    frame = predictions(["1", "2"], ["no", "yes"], ["no", "yes"], np.eye(2))
    write_bundle(place, model_config(framework="opaque", bundle_digest="sha256:theirs"), frame)
    report = run(tmp_path)
    assert (report.decision, report.verdict.reason) == (Decision.PASS, "opaque")
    assert report.outputs["scheme"] == "none"


def test_files_that_are_missing_or_do_not_fit(tmp_path: Path, flights: Bundle, rows: pl.DataFrame) -> None:
    rows[:-1].write_parquet(flights.path / "test_rows.parquet")
    with pytest.raises(DataError, match="600 predictions for 599 test rows"):
        run(tmp_path)
    rows.drop("carrier").write_parquet(flights.path / "test_rows.parquet")
    with pytest.raises(DataError, match="lacks 'carrier'"):
        run(tmp_path)
    (flights.path / "test_rows.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        run(tmp_path)
    rows.write_parquet(flights.path / "test_rows.parquet")
    (flights.model / "model.skops").unlink()
    flights.write_config(flights.config(), seal=False)
    with pytest.raises(DataError, match=r"no model/model\.skops"):
        run(tmp_path)


def test_no_bundle_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no bundle"):
        run(tmp_path)


def test_types_of_other_libraries_are_not_loaded(tmp_path: Path, rows: pl.DataFrame, flights: Bundle) -> None:
    model = skops.io.load(
        flights.model / "model.skops", trusted=skops.io.get_untrusted_types(file=flights.model / "model.skops")
    )
    model.steps.insert(1, ("theirs", Theirs()))
    skops.io.dump(model, flights.model / "model.skops")
    flights.write_config(flights.config(), seal=False)
    with pytest.raises(DataError, match=r"types that are not scikit-learn's: .*Theirs"):
        run(tmp_path)


class Theirs:
    """A step of the user's own."""

    def transform(self, rows: Any) -> Any:
        return rows
