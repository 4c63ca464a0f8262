"""The user's function in the worker: what works, and all that goes wrong, each said with the right words."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil
import pytest

from mlops_actions.errors import ConfigError, ExitCode, UserCodeError
from support.training import FUNCTION, plain_python, repository, rows, run

FIT = {"function": "team.fitting:fit"}
HEAD = "def fit(train, parameters, output):\n"


def project(folder: Path, code: str, train: dict[str, Any] | None = None, **data: Any) -> Path:
    """Write a repository whose function is `code`."""
    repository(folder, rows(120), train={**FIT, **(train or {})}, **data)
    (folder / "team").mkdir(exist_ok=True)
    (folder / "team" / "fitting.py").write_text(code)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return plain_python(tmp_path_factory.mktemp("a team's") / "venv")


def test_it_sees_features_and_label_as_they_travel(tmp_path: Path) -> None:
    code = """
import json
from pathlib import Path
from team.helper import Model

def fit(train, parameters, output):
    assert isinstance(output, Path)
    (output / "seen.json").write_text(json.dumps([parameters, {name: str(kind) for name, kind in train.dtypes.items()}]))
    assert not train["town"].isna().any() and train["gaps"].isna().any()
    return Model()
"""
    project(tmp_path, code, {"parameters": {"depth": 3}})
    (tmp_path / "team" / "helper.py").write_text(FUNCTION)
    _, bundle, _ = run(tmp_path)
    seen = (bundle.model / "seen.json").read_text()
    assert seen == '[{"depth": 3}, {"x": "float32", "gaps": "float32", "town": "str", "late": "bool"}]'
    identity = bundle.config()
    assert (identity.framework, identity.base_architecture) == ("opaque", "Model")
    assert bundle.verify().bundle_digest == identity.bundle_digest
    assert set(pl.read_parquet(bundle.predictions)["score_true"]) == {0.75}
    assert list(tmp_path.rglob("__pycache__")) == []


def test_a_python_without_any_library_is_enough(tmp_path: Path, plain: str) -> None:
    code = """
import math

class Model:
    def predict(self, rows):
        return ["true" if row["x"] > 0 else "false" for row in rows]

def fit(train, parameters, output):
    first = train[0]
    assert list(first) == ["x", "gaps", "town", "late"]
    assert isinstance(first["late"], bool) and first["town"] == "" and math.isnan(first["gaps"])
    return Model()
"""
    _, bundle, _ = run(project(tmp_path, code, {"python": plain}))
    table = pl.read_parquet(bundle.predictions)
    assert set(table["prediction"]) == {"true", "false"}
    assert bundle.config().environment.packages == {}


def test_scikit_learn_models_are_kept_with_skops(tmp_path: Path) -> None:
    code = """
from sklearn.linear_model import LogisticRegression
from sklearn.compose import make_column_transformer
from sklearn.pipeline import make_pipeline

def fit(train, parameters, output):
    model = make_pipeline(make_column_transformer(("passthrough", ["x"])), LogisticRegression())
    return model.fit(train.drop(columns="late"), train["late"])
"""
    _, bundle, _ = run(project(tmp_path, code))
    assert bundle.config().framework == "sklearn"
    assert [path.name for path in bundle.model.iterdir()] == ["model.skops"]


def test_without_skops_the_line_to_add_is_named(tmp_path: Path, plain: str) -> None:
    code = "from sklearn.linear_model import Model\n" + HEAD + "    return Model()\n"
    folder = project(tmp_path, code, {"python": plain})
    venv = next((Path(plain).parent.parent / "lib").glob("python*")) / "site-packages"
    (venv / "sklearn").mkdir()
    (venv / "sklearn" / "__init__.py").write_text("")
    (venv / "sklearn" / "linear_model.py").write_text(FUNCTION)
    with pytest.raises(UserCodeError, match="add the line `skops`"):
        run(folder)


def test_its_own_order_of_the_classes_is_kept(tmp_path: Path) -> None:
    _, bundle, _ = run(project(tmp_path, FUNCTION.replace("[False, True]", "[True, False]")))
    assert bundle.config().classes == ["true", "false"]
    assert set(pl.read_parquet(bundle.predictions)["prediction"]) == {"false"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    raise ValueError('no such ::error:: depth')", r"raised ValueError in team/fitting\.py:2"),
        ("    import sys; sys.exit('bye')", r"called sys\.exit\(bye\)"),
        ("    import os; os._exit(3)", "left with exit code 3 and no answer"),
        ("    import os; os.kill(os.getpid(), 9)", "ran out of memory"),
        ("    import os; os.abort()", "SIGABRT"),
        ("    return None", "What training returned is None"),
        ("    import no_such_library", "needs the module 'no_such_library', which .*python does not have"),
        ("    return type('M', (), {'predict': lambda s, r: ['true']})()", "1 rows for "),
        ("    return type('M', (), {'predict': lambda s, r: ['maybe'] * len(r)})()", "'maybe', which is no label"),
        ("    return type('M', (), {'predict_proba': lambda s, r: [[.1, .2, .7]] * len(r)})()", "3 columns for 2"),
        (
            "    return type('M', (), {'predict_proba': lambda s, r: [[float('nan')] * 2] * len(r)})()",
            "NaN or infinite",
        ),
        ("    return type('M', (), {'predict_proba': lambda s, r: [[-3, 5]] * len(r)})()", "not between 0 and 1"),
        ("    return type('M', (), {'predict_proba': lambda s, r: 'abc'})()", "no table of numbers"),
    ],
)
def test_what_goes_wrong_in_it_is_the_users_and_leaves_nothing(
    tmp_path: Path, plain: str, body: str, words: str
) -> None:
    with pytest.raises(UserCodeError, match=words) as caught:
        run(project(tmp_path, HEAD + body + "\n", {"python": plain}))
    assert caught.value.exit_code is ExitCode.UNUSABLE_INPUT
    assert not (tmp_path / ".mlops" / "toy" / "bundle").exists()
    assert not (tmp_path / ".mlops" / "toy" / "cache").exists()


def test_the_traceback_shows_their_frames_and_annotates_their_line(tmp_path: Path) -> None:
    folder = project(tmp_path, HEAD + "    return deep()\n\ndef deep():\n    return {}['depth']\n")
    lines: list[str] = []
    with pytest.raises(UserCodeError, match="KeyError") as caught:
        run(folder, lines=lines)
    assert (caught.value.file, caught.value.line) == ("team/fitting.py", 5)
    shown = "\n".join(lines)
    assert "return {}['depth']" in shown
    assert "mlops_actions" not in shown


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("team.fitting:fit_it", "has no function 'fit_it'"),
        ("team.fitting", "has no function ''"),
        ("nowhere.at_all:fit", "'nowhere'"),
        ("random:fit", "random.py, not the file of your repository"),
    ],
)
def test_a_function_that_is_not_there(tmp_path: Path, function: str, words: str) -> None:
    folder = project(tmp_path, FUNCTION, {"function": function})
    (folder / "random.py").write_text(FUNCTION)
    with pytest.raises(UserCodeError, match=words):
        run(folder)


@pytest.mark.parametrize("python", ["no-such-python", "bin/none", "team/fitting.py"])
def test_an_interpreter_that_is_none(tmp_path: Path, python: str) -> None:
    with pytest.raises(ConfigError, match=r"train\.python"):
        run(project(tmp_path, FUNCTION, {"python": python}))


def test_a_hundred_megabytes_of_prints_are_cut_and_counted(tmp_path: Path) -> None:
    body = "    for _ in range(1000): print('x' * 100_000)\n    print('the last line')\n    return Model()\n"
    _, _, lines = run(project(tmp_path, FUNCTION.replace("    return Model()\n", body)))
    shown = "\n".join(lines)
    assert len(shown) < 2_000_000
    assert "cut here" in shown
    assert " MB)" in shown
    assert "the last line" in shown


def test_it_is_stopped_when_it_takes_too_long(tmp_path: Path) -> None:
    body = "    import subprocess, time\n    subprocess.Popen(['sleep', '987654'])\n    time.sleep(60)\n"
    with pytest.raises(UserCodeError, match=r"longer than 0\.02 minutes"):
        run(project(tmp_path, HEAD + body, {"timeout_minutes": 0.02}))
    assert not [process for process in psutil.process_iter(["cmdline"]) if "987654" in (process.info["cmdline"] or [])]


def test_a_regression_and_numpy_answers(tmp_path: Path) -> None:
    code = "import numpy as np\nclass Model:\n    def predict(self, rows):\n        return np.arange(len(rows)) * 1.5\n"
    _, bundle, _ = run(project(tmp_path, code + HEAD + "    return Model()\n", label="x", exclude=["late"]))
    values = pl.read_parquet(bundle.predictions)["prediction"].to_numpy()
    assert (values == np.arange(len(values)) * 1.5).all()


def test_what_it_may_see_of_the_callers_environment(tmp_path: Path) -> None:
    code = "import json, os\n" + FUNCTION.replace(
        "    return Model()\n",
        "    (output / 'seen.json').write_text(json.dumps(dict(os.environ)))\n    return Model()\n",
    )
    secrets = {
        "GITHUB_TOKEN": "t0p",
        "GITHUB_OUTPUT": "/o",
        "AWS_SECRET_ACCESS_KEY": "t0p",
        "PYTHONPATH": str(tmp_path),
    }
    _, bundle, _ = run(
        project(tmp_path, code), {**secrets, "LC_ALL": "C", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "9"}
    )
    seen = (bundle.model / "seen.json").read_text()
    assert '"OMP_NUM_THREADS": "1"' in seen
    assert '"PYTHONHASHSEED": "0"' in seen
    for hidden in ("t0p", "GITHUB", "PYTHONPATH"):
        assert hidden not in seen
