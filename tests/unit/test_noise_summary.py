"""Comparisons of seeds add up to sigma, errors and mistakes, and are said in words."""

import itertools
import math
import re
from pathlib import Path

import pytest

from mlops_actions.config import Config, load
from mlops_actions.errors import DataError
from mlops_actions.pipeline.noise import MOST_PAIRS, pairs, summary
from mlops_actions.pipeline.noise_words import aligned, sentence, table
from mlops_actions.report.evaluation import Comparison, Evaluation, Gain, Span, Word
from mlops_actions.report.noise import Noise, noise_path, read_noise, write_noise

ERROR = 0.01


def gain(value: float) -> Gain:
    low, high = value - 1.645 * ERROR, value + 1.645 * ERROR
    return Gain(
        value=value, low=low, high=high, adjusted_low=low, adjusted_high=high, error=ERROR, p_worse=1, p_better=1
    )


def evaluation(base: float, candidate: float, word: Word = "non_inferior") -> Evaluation:
    comparison = Comparison(
        metric="accuracy",
        title="Accuracy",
        method="a test",
        higher_is_better=True,
        rows=1000,
        support=1000,
        candidate=Span(value=candidate, low=candidate, high=candidate),
        base=Span(value=base, low=base, high=base),
        gain=gain(candidate - base),
        word=word,
    )
    return Evaluation(
        evaluator="1",
        task="classification",
        rows=1000,
        test_set="sha256:t",
        alpha=0.05,
        power=0.8,
        word=word,
        comparisons=[comparison],
    )


def noise(values: list[float]) -> Noise:
    """Return what comes of these values of three or more seeds; the gate calls losses of 0.03 worse and gains of it better."""
    compared = {}
    for one, other in pairs(len(values)):
        change = values[other] - values[one]
        word: Word = "regressed" if change < -0.03 else "improved" if change > 0.03 else "non_inferior"
        compared[one, other] = evaluation(values[one], values[other], word)
    seeds = list(range(len(values)))
    return summary("toy", seeds, [f"sha256:{seed}" for seed in seeds], compared)


def config(folder: Path, text: str) -> Config:
    (folder / "mlops.yaml").write_text(text)
    return load(folder)


def test_pairs_are_neighbours_first_and_reach_every_training() -> None:
    assert pairs(2) == [(0, 1)]
    assert pairs(4) == [(0, 1), (1, 2), (2, 3), (0, 2), (1, 3), (0, 3)]
    for count in (2, 5, 9, 40):
        chosen = pairs(count)
        assert len(chosen) == len(set(chosen)) <= max(MOST_PAIRS, count - 1)
        assert set(itertools.chain(*chosen)) == set(range(count))


def test_values_sigma_error_and_mistakes() -> None:
    found = noise([0.80, 0.84, 0.82])
    metric = found.metrics["accuracy"]
    assert metric.values == [0.80, 0.84, 0.82]
    assert metric.sigma == pytest.approx(0.02)
    assert metric.seeds == 3
    assert metric.error == pytest.approx(ERROR)
    assert (metric.better, metric.worse) == (2, 1)  # 0.80 to 0.84 and to 0.82; 0.84 to 0.82
    students = 2.919986 / 1.644854  # tables: t with two degrees of freedom over normal, 5 % above
    assert metric.widens == pytest.approx(math.hypot(1, math.sqrt(2) * 2 * students), rel=1e-6)
    assert (found.pairs, found.regressed, found.improved) == (3, 0, 1)
    assert not found.deterministic


def test_it_survives_the_disk(tmp_path: Path) -> None:
    found = noise([0.80, 0.84, 0.82])
    assert write_noise(tmp_path, found) == noise_path(tmp_path) == tmp_path / "noise.json"
    assert read_noise(noise_path(tmp_path), "toy") == found


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 2}', "\udcff"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    noise_path(tmp_path).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(DataError, match=r"not a noise\.json of this version"):
        read_noise(noise_path(tmp_path), "toy")


@pytest.mark.parametrize("value", ["Infinity", "NaN", "-1"])
def test_sigma_is_a_number_and_the_message_names_the_field(tmp_path: Path, value: str) -> None:
    text = noise([0.80, 0.84, 0.82]).model_dump_json()
    text = re.sub(r'"sigma":[^,]+', f'"sigma":{value}', text)
    noise_path(tmp_path).write_text(text)
    with pytest.raises(DataError, match=r"metrics\.accuracy\.sigma: Input should be"):
        read_noise(noise_path(tmp_path), "toy")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read: Is a directory(.|\n)*name the file noise\.json"):
        read_noise(tmp_path, "toy")


def test_the_noise_of_another_model_is_refused(tmp_path: Path) -> None:
    write_noise(tmp_path, noise([0.80, 0.84, 0.82]))
    with pytest.raises(DataError, match="noise of the model 'toy', and this is 'other'"):
        read_noise(noise_path(tmp_path), "other")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no .*noise\.json"):
        read_noise(noise_path(tmp_path), "toy")


def test_the_words_name_what_moves_and_what_the_gate_made_of_it(tmp_path: Path) -> None:
    limited = config(tmp_path, "model: toy\nevaluate: {accuracy: {max_drop_abs: 0.02}}\n")
    said = sentence(noise([0.80, 0.84, 0.82]), limited)
    for part in (
        "3 trainings of toy",
        "the same 1,000 rows",
        "Accuracy moves by 0.02 ",
        "interval 5.1 times as wide",
        "Of 3 pairs of them the gate called 0 worse and 1 better",
        "at most 5 % of each",
    ):
        assert part in said
    unlimited = config(tmp_path, "model: toy\n")
    assert "No limit is set" in sentence(noise([0.80, 0.84, 0.82]), unlimited)
    assert "called" not in sentence(noise([0.80, 0.84, 0.82]), unlimited)


def test_a_deterministic_training_is_said_to_be_one(tmp_path: Path) -> None:
    found = noise([0.7, 0.7, 0.7])
    assert found.deterministic
    assert found.metrics["accuracy"].sigma == 0
    plain = config(tmp_path, "model: toy\n")
    assert "deterministic and adds no noise" in sentence(found, plain)
    assert "random_state" not in sentence(found, plain)
    fixed = config(
        tmp_path, "model: toy\ntrain: {estimator: sklearn.linear_model.SGDClassifier, parameters: {random_state: 1}}\n"
    )
    assert "fixes random_state, so train.seed has no effect" in sentence(found, fixed)


@pytest.mark.parametrize("values", [[0.80, 0.84, 0.82], [0.7, 0.7, 0.7]])
def test_the_table_shows_digits_that_mean_something(values: list[float]) -> None:
    shown = table(noise(values))
    line = shown.rows[0]
    assert line[0] == "Accuracy"
    assert line[1] in {"0.820", "0.700"}
    assert line[4] in {"x 5.12", "x 1.00"}
    lines = aligned(shown)
    assert len({text.index(word) for text, word in ((lines[0], "mean"), (lines[1], str(line[1])))}) == 1


def test_a_metric_without_error_has_no_factor() -> None:
    one = evaluation(0.8, 0.8)
    bare = one.comparisons[0].model_copy(update={"gain": gain(0.0).model_copy(update={"error": 0.0})})
    found = summary("toy", [0, 1], ["a", "b"], {(0, 1): one.model_copy(update={"comparisons": [bare]})})
    assert found.metrics["accuracy"].widens is None
    assert table(found).rows[0][4] == "-"
