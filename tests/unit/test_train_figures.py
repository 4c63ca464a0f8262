"""Numbers of the contract, against plain definitions."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from mlops_actions.train.figures import contract

SCORE = st.integers(0, 4).map(lambda number: number / 4)


def table(labels: list[str], scores: list[float]) -> pl.DataFrame:
    frame = pl.DataFrame({"label": labels, "score_no": [1 - score for score in scores], "score_yes": scores})
    return frame.with_columns(prediction=pl.when(pl.col("score_yes") > 0.5).then(pl.lit("yes")).otherwise(pl.lit("no")))


@given(st.lists(st.tuples(st.sampled_from(["no", "yes"]), SCORE), min_size=2, max_size=40))
def test_two_classes_agree_with_scikit_learn(rows: list[tuple[str, float]]) -> None:
    labels, scores = [label for label, _ in rows], [score for _, score in rows]
    frame = table(labels, scores)
    found = contract(frame, ["no", "yes"])
    truth = [label == "yes" for label in labels]
    assert found.metrics["accuracy"].value == pytest.approx((frame["label"] == frame["prediction"]).mean())
    expected = f1_score(labels, frame["prediction"].to_list(), average="weighted")
    assert found.metrics["f1_weighted"].value == pytest.approx(expected)
    assert ("roc_auc" in found.metrics) == (0 < sum(truth) < len(truth))
    if "roc_auc" in found.metrics:
        assert found.metrics["roc_auc"].value == pytest.approx(roc_auc_score(truth, scores))
    assert sum(found.scores.counts) == sum(found.class_counts.values()) == len(rows)
    assert len(found.scores.edges) == len(found.scores.counts) + 1 == 21


def test_more_classes_are_one_against_the_rest() -> None:
    scores = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.5, 0.1, 0.4], [0.2, 0.4, 0.4], [0.3, 0.3, 0.4]]
    labels = ["a", "b", "c", "b", "c", "a"]
    frame = pl.DataFrame(scores, schema=["score_a", "score_b", "score_c"], orient="row")
    frame = frame.with_columns(label=pl.Series(labels), prediction=pl.Series(["a", "b", "c", "a", "b", "c"]))
    found = contract(frame, ["a", "b", "c"])
    assert found.metrics["roc_auc"].value == pytest.approx(roc_auc_score(labels, scores, multi_class="ovr"))
    assert found.class_counts == {"a": 2, "b": 2, "c": 2}


def test_values() -> None:
    found = contract(pl.DataFrame({"label": [1.0, 2.0], "prediction": [1.0, 5.0]}), [])
    assert found.metrics["mae"].value == 1.5
    assert found.metrics["rmse"].value == pytest.approx(4.5**0.5)
    assert found.class_counts == {}
    assert (found.scores.edges[0], found.scores.edges[-1], sum(found.scores.counts)) == (1.0, 5.0, 2)
