"""noise.json: how much a metric moves when nothing but the seed of training changes. `mlops noise` writes it, evaluate reads it."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from mlops_actions.errors import DataError
from mlops_actions.files import write_text
from mlops_actions.report.part import Alpha, Finite, Part, first_problem


class MetricNoise(Part):
    """One metric over trainings that differ in the seed alone, on the same test rows.

    Attributes:
        sigma: standard deviation of the values (divisor seeds - 1), in the metric's own unit.
        seeds: how many trainings.
        values: one each, in order of the seeds.
        error: what the test rows alone make of a comparison of two of them: root mean square of its standard errors.
        widens: by what factor the interval of a change grows when the noise is counted in; None without an error of the rows.
        worse, better: pairs whose whole interval is a loss or a gain, though only the seed differs.
    """

    title: str
    sigma: Finite = Field(ge=0)
    seeds: int = Field(ge=2)
    values: list[Finite]
    error: Finite = Field(ge=0)
    widens: Finite | None
    worse: int = Field(ge=0)
    better: int = Field(ge=0)


class Noise(Part):
    """An A/A run: the same model against itself, trained again.

    Attributes:
        seeds: of the trainings.
        input_digests: of the trainings, in the same order: a model that has one of them is the one that was measured.
        test_set: as in Evaluation.
        rows: of the test set.
        alpha: error on each side of the intervals that `worse` and `better` go by.
        pairs: how many pairs of trainings were compared.
        regressed, improved: pairs that the gate as a whole called so; both would be mistakes.
        metrics: by key under `evaluate`.
    """

    schema_version: Literal[1] = 1
    model: str
    seeds: list[int]
    input_digests: list[str]
    test_set: str
    rows: int
    alpha: Alpha
    pairs: int
    regressed: int
    improved: int
    metrics: dict[str, MetricNoise]

    @property
    def deterministic(self) -> bool:
        """Whether the seed changed no metric at all."""
        return all(metric.sigma == 0 for metric in self.metrics.values())


def noise_path(work: Path) -> Path:
    """Return where the noise of a model lives."""
    return work / "noise.json"


def write_noise(work: Path, noise: Noise) -> Path:
    """Write it and return its path."""
    path = noise_path(work)
    write_text(path, noise.model_dump_json(indent=2) + "\n")
    return path


def read_noise(path: Path, model: str) -> Noise:
    """Read it.

    Args:
        path: of the file.
        model: that it has to be of.

    Raises:
        DataError: missing, not of this version, or of another model.
    """
    try:
        found = Noise.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(
            f"There is no {path}.", why="noise was never measured here.", fix="run `mlops noise`."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", fix="name the file noise.json.") from None
    except (ValidationError, UnicodeDecodeError) as error:
        what = first_problem(error) if isinstance(error, ValidationError) else "it is no text"
        raise DataError(
            f"{path} is not a noise.json of this version: {what}.", fix="run `mlops noise` again."
        ) from None
    if found.model != model:
        raise DataError(
            f"{path} is the noise of the model {found.model[:60]!r}, and this is {model!r}.",
            why="the noise of one model says nothing about another.",
            fix="run `mlops noise` for this one.",
        )
    return found
