"""Keras models through the real quantizer and LiteRT, without TensorFlow in the process that quantizes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from ai_edge_litert.interpreter import Interpreter

from mlops_actions import quantize
from mlops_actions.bundle import Bundle, Feature
from mlops_actions.config import load
from mlops_actions.errors import DataError
from mlops_actions.progress import silent
from mlops_actions.quantize import candidates, measure
from mlops_actions.quantize.measure import Speed
from mlops_actions.report import Report
from mlops_actions.verdict import Decision
from support.bundles import model_config, predictions, write_bundle

CLASSES = ["0", "1", "2"]
NAMES = [f"pixel {number}" for number in range(16)]
# As train does it: its own process, a normalised network, exported as float32.
TRAINING = """
import sys, numpy as np, keras
keras.utils.set_random_seed(0)
rows, labels = np.load(sys.argv[1]), np.load(sys.argv[2])
normal = keras.layers.Normalization(); normal.adapt(rows)
model = keras.Sequential([
    keras.Input((16,)), normal, keras.layers.Reshape((4, 4, 1)), keras.layers.Conv2D(8, 3, activation="relu"),
    keras.layers.Flatten(), keras.layers.Dense(64, activation="relu"), keras.layers.Dense(3, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(rows, labels, epochs=12, verbose=0)
np.save(sys.argv[3], model.predict(rows, verbose=0))
model.export(sys.argv[4], format="litert", verbose=False)
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Train once; return the files."""
    folder = tmp_path_factory.mktemp("keras")
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 500)
    rows = (generator.normal(size=(500, 16)) + 1.5 * np.eye(3)[labels].repeat(6, axis=1)[:, :16]).astype(np.float32)
    paths = {name: folder / name for name in ("rows.npy", "labels.npy", "scores.npy", "float32.tflite")}
    np.save(paths["rows.npy"], rows)
    np.save(paths["labels.npy"], labels)
    subprocess.run([sys.executable, "-c", TRAINING, *map(str, paths.values())], check=True, capture_output=True)
    return paths


@pytest.fixture
def bundle(tmp_path: Path, trained: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setattr(measure, "MOST_SECONDS", 0.3)
    place = tmp_path / ".mlops" / "toy" / "bundle"
    (place / "model").mkdir(parents=True)
    (place / "model" / "float32.tflite").write_bytes(trained["float32.tflite"].read_bytes())
    labels, scores = np.load(trained["labels.npy"]), np.load(trained["scores.npy"]).astype(np.float64)
    frame = predictions([str(number) for number in range(500)], [CLASSES[code] for code in labels], CLASSES, scores)
    features = [Feature(name=name, dtype="float", nullable=False) for name in NAMES]
    identity = model_config(framework="keras", base_architecture="cnn", classes=CLASSES, features=features)
    return write_bundle(place, identity, frame, pl.DataFrame(np.load(trained["rows.npy"]), schema=NAMES))


def run(folder: Path, section: str = "{}") -> Report:
    (folder / "mlops.yaml").write_text(f"model: toy\nquantize: {section}\n", encoding="utf-8")
    return quantize.run(load(folder), progress=silent)


def test_every_scheme_is_built_measured_and_shown(tmp_path: Path, bundle: Bundle) -> None:
    report = run(tmp_path)
    assert report.decision is Decision.PASS
    by_name = {one["scheme"]: one for one in report.facts["candidates"]}
    assert list(by_name) == ["float32", "float16", "dynamic_int8"]
    assert len(report.tables[0].rows) == 3
    assert by_name["float32"]["fidelity"]["largest"] < 1e-4
    assert by_name["float16"]["fidelity"]["largest"] < 1e-2
    for one in by_name.values():
        assert one["runtime"].startswith("LiteRT ")
        assert one["fidelity"]["agreement"] >= 0.95
        assert one["speed"]["p50_us"] <= one["speed"]["p99_us"]
        assert one["speed"]["calls"] >= 200
    assert by_name["dynamic_int8"]["bytes"] < by_name["float16"]["bytes"] < by_name["float32"]["bytes"]
    assert report.outputs["scheme"] in by_name
    assert report.outputs["bundle-digest"] == bundle.verify().bundle_digest


@pytest.mark.parametrize("scheme", ["float32", "float16", "dynamic_int8"])
def test_each_scheme_can_be_served(
    tmp_path: Path, bundle: Bundle, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixed = {"float32": 9.0, "float16": 9.0, "dynamic_int8": 9.0, scheme: 1.0}
    speeds = iter([Speed(fixed[name], 10.0, 200) for name in ("float32", "float16", "dynamic_int8")])
    monkeypatch.setattr(candidates, "speed", lambda *_: next(speeds))
    report = run(tmp_path, "{min_agreement: 0.9, max_drop_abs: 0.1}")
    assert report.outputs["scheme"] == scheme
    assert report.verdict.reason == ("kept_float" if scheme == "float32" else "chosen")
    signature = json.loads((bundle.serving / "signature.json").read_text())
    assert (signature["platform"], signature["file"], signature["layout"]) == ("litert", "model.tflite", "matrix")
    interpreter = Interpreter(model_path=str(bundle.serving / "model.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    output = next(one for one in interpreter.get_output_details() if one["name"] == signature["output"])
    golden = bundle.golden()
    assert len(golden.rows) == 3
    for row, expected in zip(golden.rows, golden.expected, strict=True):
        given = np.array([[row[name] for name in NAMES]], dtype=np.float32)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], given)
        interpreter.invoke()
        assert interpreter.get_tensor(output["index"])[0] == pytest.approx(expected, abs=golden.tolerance)


def test_an_export_that_is_not_the_trained_model_is_refused(tmp_path: Path, bundle: Bundle) -> None:
    frame = pl.read_parquet(bundle.predictions)
    turned = frame.with_columns(prediction=pl.col("prediction").replace_strict(CLASSES, [*CLASSES[1:], CLASSES[0]]))
    turned.write_parquet(bundle.predictions)
    report = run(tmp_path)
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "disagrees")
    assert [finding.name for finding in report.findings] == ["float32", "float16", "dynamic_int8"]
    assert not bundle.serving.exists()


def test_named_schemes_only_and_the_baseline(tmp_path: Path, bundle: Bundle) -> None:
    report = run(tmp_path, "{schemes: [float16]}")
    assert [one["scheme"] for one in report.facts["candidates"]] == ["float32", "float16"]


def test_a_model_without_its_export(tmp_path: Path, bundle: Bundle) -> None:
    (bundle.model / "float32.tflite").unlink()
    with pytest.raises(DataError, match="not the file that train wrote"):
        run(tmp_path)
    bundle.write_config(bundle.config(), seal=False)
    with pytest.raises(DataError, match=r"no model/float32\.tflite"):
        run(tmp_path)


def test_a_truncated_export_is_refused_before_anything_is_built(tmp_path: Path, bundle: Bundle) -> None:
    whole = (bundle.model / "float32.tflite").read_bytes()
    (bundle.model / "float32.tflite").write_bytes(whole[:-100])
    with pytest.raises(DataError, match="not the file that train wrote"):
        run(tmp_path)


def test_neither_tensorflow_nor_scikit_learn_is_loaded(tmp_path: Path, bundle: Bundle) -> None:
    run(tmp_path)  # writes mlops.yaml
    script = (
        "import sys; from pathlib import Path; from mlops_actions import quantize; from mlops_actions.config import load; "
        f"quantize.run(load(Path({str(tmp_path)!r})), progress=lambda line: None); "
        "sys.exit(' '.join(name for name in ('tensorflow', 'keras', 'sklearn') if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
