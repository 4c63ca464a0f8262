"""Which candidate is chosen, what counts as agreement, and which rows may be golden."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.bundle import Feature
from mlops_actions.config.models import QuantizeSection
from mlops_actions.errors import DataError
from mlops_actions.quantize import serving
from mlops_actions.quantize.candidates import Candidate, choose, judge
from mlops_actions.quantize.forms import Form
from mlops_actions.quantize.measure import Fidelity, Speed, fidelity
from mlops_actions.quantize.sample import Sample, as_travelling, columns

FORM = Form(Path("model.tflite"), "litert", "matrix", "scores")


def candidate(scheme: str, p50: float, size: int, rejected: str = "", form: Form | None = FORM) -> Candidate:
    return Candidate(scheme, "LiteRT", form, size, Speed(p50, p50, 200), rejected=rejected)


def test_the_fastest_that_may_be_served_is_chosen() -> None:
    slow, fast = candidate("float32", 9, 100), candidate("dynamic_int8", 3, 50)
    assert choose([slow, fast]) is fast
    assert choose([slow, replace(fast, rejected="it disagrees")]) is slow


def test_among_equally_fast_ones_the_smallest_wins_so_that_noise_does_not_decide() -> None:
    large, small = candidate("float32", 7.0, 100), candidate("float16", 7.6, 50)
    assert choose([large, small]) is small
    assert choose([large, candidate("float16", 7.8, 50)]) is large


def test_a_baseline_that_no_server_loads_is_never_chosen() -> None:
    baseline = candidate("scikit-learn", 1, 1, form=None)
    assert choose([baseline]) is None
    assert choose([baseline, candidate("onnx", 9, 100, rejected="it disagrees")]) is None


@pytest.mark.parametrize(
    ("agreement", "change", "limit"),
    [(0.999, -0.001, ""), (0.98, 0.0, "min_agreement"), (0.999, -0.006, "max_drop_abs"), (0.98, -0.1, "min_agreement")],
)
def test_limits(agreement: float, change: float, limit: str) -> None:
    found, reason = judge(Fidelity(agreement, 0.1, 0.9, change, None, None), QuantizeSection())
    assert found == limit
    assert bool(reason) == bool(limit)


def sample(labels: list[int], predicted: list[int]) -> Sample:
    rows = pl.DataFrame({"x": [0.0] * len(labels)})
    return Sample(rows, np.array(labels), np.array(predicted), np.eye(2)[predicted], len(labels))


def test_agreement_is_with_the_float_model_and_quality_with_the_labels() -> None:
    found = fidelity(sample([0, 1, 1, 1], [0, 1, 1, 0]), np.eye(2)[[0, 1, 0, 1]])
    assert (found.agreement, found.quality, found.change, found.largest) == (0.5, 0.75, 0.0, 1.0)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


def test_a_class_that_training_never_saw_is_never_right() -> None:
    assert fidelity(sample([-1, 1], [0, 1]), np.eye(2)[[0, 1]]).quality == 0.5


def test_a_regression_agrees_within_a_hundredth_of_the_spread() -> None:
    before = np.array([0.0, 10.0, 20.0])
    given_rows = Sample(pl.DataFrame({"x": [0.0] * 3}), before + 1, before, before[:, None], 3)
    found = fidelity(given_rows, (before + np.array([0.0, 0.05, 1.0]))[:, None])
    assert found.agreement == pytest.approx(2 / 3)
    assert found.largest == 1.0
    assert found.change > 0  # the answers came nearer to the labels


FEATURES = [
    Feature(name="x", dtype="float", nullable=False),
    Feature(name="y", dtype="float", nullable=True),
    Feature(name="t", dtype="string", nullable=True),
    Feature(name="u", dtype="string", nullable=False),
]
ROWS = st.lists(
    st.tuples(
        st.sampled_from([1.5, None, float("inf")]),
        st.sampled_from([2.5, None, float("nan")]),
        st.sampled_from(["a", "", None]),
        st.sampled_from(["b", ""]),
    ),
    min_size=1,
    max_size=12,
)


@given(ROWS)
def test_golden_rows_have_a_gap_where_one_may_be_and_none_where_a_server_refuses(
    rows: list[tuple[float | None, float | None, str | None, str]],
) -> None:
    table = pl.DataFrame(rows, schema={"x": pl.Float32, "y": pl.Float64, "t": pl.String, "u": pl.String}, orient="row")
    travelling = as_travelling(table, FEATURES)
    if not any(x == 1.5 for x, _, _, _ in rows):
        with pytest.raises(DataError, match="No test row has all the values"):
            serving.pick(travelling, FEATURES)
        return
    picked = serving.pick(travelling, FEATURES)
    assert 1 <= picked.height <= 3
    assert picked["x"].to_list() == [1.5] * picked.height
    assert picked["u"].null_count() == 0
    if table.filter(pl.col("x") == 1.5).n_unique() == table.height >= 3:
        assert picked.n_unique() >= 2
    assert picked["y"].null_count() + picked["t"].null_count() > 0
    # As JSON rows they travel back to the same inputs.
    again = as_travelling(picked, FEATURES)
    assert set(again["y"].fill_nan(-1).to_list()) <= {2.5, -1}


def test_missing_values_travel_as_nan_and_empty_text() -> None:
    table = pl.DataFrame({"t": [None, "a"], "n": [None, 3], "b": [True, None]})
    features = [
        Feature(name="n", dtype="float", nullable=True),
        Feature(name="t", dtype="string", nullable=True),
        Feature(name="b", dtype="float", nullable=True),
    ]
    arrays = columns(as_travelling(table, features))
    assert list(arrays) == ["f0", "f1", "f2"]
    assert {array.shape for array in arrays.values()} == {(2, 1)}
    assert np.isnan(arrays["f0"][0, 0])
    assert arrays["f1"].tolist() == [[""], ["a"]]
    assert arrays["f2"].dtype == np.float32
    assert arrays["f2"][0, 0] == 1.0
