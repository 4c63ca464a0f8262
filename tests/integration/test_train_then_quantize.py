"""From the user's function to the verdict on its serving form, as a consumer runs them."""

from pathlib import Path

from mlops_actions import quantize
from mlops_actions.config import load
from mlops_actions.progress import silent
from mlops_actions.verdict import Decision
from support import training

BOOSTING = """
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

def fit(train, parameters, output):
    rows = train.drop(columns="late").fillna({"town": ""})
    codes = make_column_transformer((OrdinalEncoder(), ["town"]), remainder="passthrough", verbose_feature_names_out=False)
    return make_pipeline(codes, HistGradientBoostingClassifier(categorical_features=[0])).fit(rows, train["late"])
"""


def test_a_conversion_that_answers_differently_stops_the_users_model(tmp_path: Path) -> None:
    """skl2onnx converts `categorical_features` without a word, and wrong."""
    folder = training.repository(tmp_path, training.rows(900), train={"function": "fit:fit"})
    (folder / "fit.py").write_text(BOOSTING)
    _, bundle, _ = training.run(folder)
    assert bundle.config().framework == "sklearn"
    report = quantize.run(load(folder), progress=silent)
    assert (report.decision, report.verdict.reason) == (Decision.FAIL, "disagrees")
    assert not bundle.serving.exists()


def test_a_commit_alone_does_not_change_what_is_sealed(tmp_path: Path) -> None:
    """Version and commit are facts about a bundle, not what is served."""
    folder = training.repository(
        tmp_path, training.rows(), train={"estimator": "sklearn.linear_model.LogisticRegression"}
    )
    digests = set()
    for version in ("v1", "v2"):
        _, bundle, _ = training.run(folder)
        identity = bundle.config().model_copy(update={"version": version, "git_commit": version})
        bundle.write_config(identity, seal=False)
        quantize.run(load(folder), progress=silent)
        digests.add(bundle.verify().bundle_digest)
    assert len(digests) == 1
