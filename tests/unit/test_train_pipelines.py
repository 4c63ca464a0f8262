"""The pipeline before a bare estimator, and what is said when there is no such estimator."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from mlops_actions.train.pipelines import build, task_of
from mlops_actions.train.refused import Refused

HISTOGRAM = "sklearn.ensemble.HistGradientBoostingClassifier"
LOGISTIC = "sklearn.linear_model.LogisticRegression"


def frame() -> pd.DataFrame:
    number = np.array([1.0, np.nan, 3.0, 4.0], dtype="float32")
    return pd.DataFrame({"number": number, "town": pd.Series(["a", "b", "", "a"], dtype=object)})


def test_trees_get_codes_and_keep_missing_numbers() -> None:
    columns = build(HISTOGRAM, {}, 0, ["town"], ["number"])[0].fit(frame())
    assert isinstance(columns.transformers[0][1], OrdinalEncoder)
    assert columns.transformers[1][1] == "passthrough"
    unseen = columns.transform(pd.DataFrame({"number": [np.float32("nan")], "town": ["z"]}))
    assert unseen[0, 0] == -1
    assert np.isnan(unseen[0, 1])


def test_others_get_columns_and_the_median() -> None:
    columns = build(LOGISTIC, {}, 0, ["town"], ["number"])[0].fit(frame())
    assert isinstance(columns.transformers[0][1], OneHotEncoder)
    assert isinstance(columns.transformers[1][1], SimpleImputer)
    unseen = columns.transform(pd.DataFrame({"number": [np.float32("nan")], "town": ["z"]}))
    assert np.asarray(unseen).tolist() == [[0, 0, 0, 3]]


def test_the_seed_is_the_random_state_unless_one_is_given() -> None:
    assert build(HISTOGRAM, {}, 7, [], ["number"])[-1].random_state == 7
    assert build(HISTOGRAM, {"random_state": 1}, 7, [], ["number"])[-1].random_state == 1
    assert build("sklearn.neighbors.KNeighborsClassifier", {"n_neighbors": 3}, 7, [], ["number"])[-1].n_neighbors == 3


def test_the_task_is_the_estimators() -> None:
    assert task_of(HistGradientBoostingClassifier()) == "classification"
    assert task_of(build("sklearn.linear_model.Ridge", {}, 0, [], ["number"])[-1]) == "regression"


@pytest.mark.parametrize(
    ("path", "parameters", "words"),
    [
        ("sklearn.ensemble.HistGradientBoostClassifier", {}, HISTOGRAM),
        ("sklearn.ensembel.HistGradientBoostingClassifier", {}, HISTOGRAM),
        ("sklearn.ensemble", {}, "no estimator"),
        ("sklearn", {}, "no import path"),
        ("os.path", {}, "no import path of scikit-learn"),
        (LOGISTIC, {"max_itr": 3}, "did you mean max_iter"),
        (HISTOGRAM, {"categorical_features": [0]}, "silently wrong"),
        ("sklearn.ensemble.StackingClassifier", {}, "train.function"),
    ],
)
def test_a_slip_is_said_with_the_nearest_name(path: str, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused) as caught:
        build(path, parameters, 0, [], ["number"])
    assert words in f"{caught.value.what} {caught.value.why} {caught.value.fix}"


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(Refused, match="neither a classifier nor a regressor"):
        task_of(build("sklearn.cluster.KMeans", {}, 0, [], ["number"])[-1])
