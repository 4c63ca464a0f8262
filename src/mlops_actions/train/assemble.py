"""Write the bundle: aside first, in place only when it is whole."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mlops_actions.bundle import Bundle, ModelConfig
from mlops_actions.bundle.identity import Dataset
from mlops_actions.bundle.identity import Environment as Ran
from mlops_actions.data.write import write_parquet
from mlops_actions.environments import Interpreter
from mlops_actions.files import explained, replaced_folder
from mlops_actions.git import Revision
from mlops_actions.train.answered import Answered
from mlops_actions.train.figures import contract
from mlops_actions.train.job import Job
from mlops_actions.train.rows import canonical

# What decides a model's numbers, of the hundreds that may be installed.
MATTERING = frozenset(
    [
        "numpy",
        "scipy",
        "pandas",
        "polars",
        "pyarrow",
        "scikit-learn",
        "skops",
        "joblib",
        "tensorflow",
        "keras",
        "torch",
        "jax",
        "xgboost",
        "lightgbm",
        "catboost",
        "transformers",
        "onnx",
    ]
)


@dataclass(frozen=True)
class Origin:
    """Where a bundle comes from."""

    revision: Revision
    interpreter: Interpreter
    model: str
    data_sha256: str
    input_digest: str


def predictions(job: Job, answered: Answered) -> pl.DataFrame:
    """Return the predictions file: id, label, prediction, score_<class>, weight?, group?; one line a test row."""
    test, classes = job.rows.test, answered.classes
    columns = [job.rows.test_ids.alias("id")]
    if classes:
        winner = answered.matrix.argmax(axis=1)
        columns += [job.target.text(test).alias("label"), pl.Series("prediction", [classes[place] for place in winner])]
        columns += [pl.Series(f"score_{name}", answered.matrix[:, place]) for place, name in enumerate(classes)]
    else:
        columns += [job.target.values(test).alias("label"), pl.Series("prediction", answered.matrix[:, 0])]
    if job.data.weight:
        columns.append(test[job.data.weight].cast(pl.Float64).alias("weight"))
    if job.data.group:
        columns.append(test[job.data.group].cast(pl.String).alias("group"))
    return pl.DataFrame(columns)


def write(path: Path, job: Job, answered: Answered, model: Path, origin: Origin) -> ModelConfig:
    """Write a bundle to `path` and return its identity.

    Only an opaque bundle is sealed here: it has no serving form to be found, and skips quantize.

    Raises:
        OutsideError: the disk is full; what was at `path` stays.
    """
    with replaced_folder(path) as aside, explained(path):
        bundle = Bundle(aside)
        shutil.copytree(model, bundle.model)
        bundle.predictions.parent.mkdir()
        table = predictions(job, answered)
        write_parquet(table, bundle.predictions)
        write_parquet(canonical(job.rows.test, job.features, fill=False), aside / "test_rows.parquet")
        bundle.write_contract(contract(table, answered.classes))
        return bundle.write_config(_identity(job, answered, origin), seal=answered.framework == "opaque")


def _identity(job: Job, answered: Answered, origin: Origin) -> ModelConfig:
    packages = origin.interpreter.packages
    return ModelConfig(
        id=origin.model,
        version=origin.revision.version,
        framework=answered.framework,
        task=answered.task,
        base_architecture=answered.architecture,
        classes=answered.classes,
        features=job.features,
        label=job.data.label,
        dataset=Dataset(
            path=job.data.path,
            sha256=origin.data_sha256,
            version=origin.data_sha256.removeprefix("sha256:")[:12],
            train_rows=job.rows.train.height,
            test_rows=job.rows.test.height,
        ),
        hyperparameters=answered.hyperparameters,
        environment=Ran(
            python=origin.interpreter.python,
            packages={name: packages[name] for name in sorted(packages) if name.lower() in MATTERING},
        ),
        git_commit=origin.revision.commit,
        seed=job.train.seed,
        input_digest=origin.input_digest,
    )
