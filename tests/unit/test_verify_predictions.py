"""Parquet that anybody may have written: what is kept, and that whatever is wrong with it is a sentence."""

import contextlib
import random
from pathlib import Path

import polars as pl
import pytest

from mlops_actions.errors import DataError
from mlops_actions.evaluate import untrusted_reader
from mlops_actions.evaluate.untrusted import cleaned

PREDICTIONS = pl.DataFrame({"id": ["a", "b"], "prediction": ["x", "y"], "score_x": [0.9, 0.2], "score_y": [0.1, 0.8]})


def cleaned_frame(frame: pl.DataFrame, tmp_path: Path) -> pl.DataFrame:
    frame.write_parquet(tmp_path / "hostile.parquet")
    return pl.read_parquet(cleaned(tmp_path / "hostile.parquet", tmp_path / "clean.parquet"))


def test_predictions_are_kept_as_they_are(tmp_path: Path) -> None:
    assert cleaned_frame(PREDICTIONS, tmp_path).equals(PREDICTIONS)


def test_what_training_knows_of_the_rows_is_left_out(tmp_path: Path) -> None:
    """Labels, weights and groups come from data that can be trusted."""
    told = PREDICTIONS.with_columns(label=pl.lit("x"), weight=pl.lit(1e9), group=pl.lit("g"), label_x=pl.lit(1))
    assert cleaned_frame(told, tmp_path).columns == PREDICTIONS.columns


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (pl.Series("score_z", [[1.0], [2.0]]), "'score_z' is of a type"),
        (pl.Series("score_z", [{"a": 1}, {"a": 2}]), "'score_z' is of a type"),
        (pl.Series("prediction", [b"x", b"y"]), "'prediction' is of a type"),
        (pl.Series("prediction", ["x", "y"], dtype=pl.Categorical), "'prediction' is of a type"),
        (pl.Series("prediction", ["x", "y" * 1001]), "'prediction' holds a text of more than 1,000 bytes"),
        (pl.Series("id", ["x", "y" * 1001]), "'id' holds a text"),
        (pl.Series("::set-output name=x::y", [1, 2]), "a column '::set-output name=x::y', which"),
        (pl.Series("^.*$", [1, 2]), "which predictions do not have"),
        (pl.Series("score_a\n::error::b", [1, 2]), "control characters"),
        (pl.Series("score_" + "z" * 300, [1, 2]), "longer than 200"),
    ],
)
def test_columns_that_predictions_do_not_have_are_refused(column: pl.Series, says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        cleaned_frame(PREDICTIONS.with_columns(column), tmp_path)
    assert says in caught.value.what
    assert not (tmp_path / "clean.parquet").exists()


@pytest.mark.parametrize("columns", [["prediction"], ["id"], ["score_x", "score_y"]])
def test_predictions_need_an_id_and_an_answer(columns: list[str], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="lacks the column id"):
        cleaned_frame(PREDICTIONS.select(columns), tmp_path)


def test_ten_thousand_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="10,001 columns"):
        cleaned_frame(pl.DataFrame({"id": ["a"], **{f"score_{n}": [1.0] for n in range(10_000)}}), tmp_path)


def test_too_many_rows_are_refused_by_the_description_alone(tmp_path: Path) -> None:
    rows = untrusted_reader.MOST_ROWS + 1
    with pytest.raises(DataError, match="20,000,001 rows"):
        cleaned_frame(
            pl.DataFrame({"id": pl.repeat(1, rows, eager=True), "score": pl.repeat(1, rows, eager=True)}), tmp_path
        )


def test_what_would_fill_the_memory_ends_the_reader_and_not_us(tmp_path: Path) -> None:
    """Five megabytes that become three gigabytes of numbers."""
    column = pl.repeat(0.5, 3_900_000, eager=True)
    frame = pl.DataFrame({"id": pl.int_range(3_900_000, eager=True), **{f"score_{n}": column for n in range(100)}})
    with pytest.raises(DataError, match="its content ended the reader"):
        cleaned_frame(frame, tmp_path)


def test_what_takes_too_long_is_given_up(tmp_path: Path) -> None:
    PREDICTIONS.write_parquet(tmp_path / "slow.parquet")
    with pytest.raises(DataError, match=r"took more than 0\.001 seconds"):
        cleaned(tmp_path / "slow.parquet", tmp_path / "clean.parquet", seconds=0.001)


def test_a_token_of_ours_is_not_in_the_readers_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOPS_VERIFY_TOKEN", "secret")
    spy = tmp_path / "spy.py"
    spy.write_text("import os, sys; sys.stdout.write(str(sorted(os.environ))); sys.exit(3)")
    monkeypatch.setattr("mlops_actions.evaluate.untrusted.READER", spy)
    with pytest.raises(DataError) as caught:
        cleaned(tmp_path / "any", tmp_path / "clean.parquet")
    assert "MLOPS" not in caught.value.what
    assert "cannot be read: [" in caught.value.what


def test_an_earlier_clean_file_is_never_taken_for_this_one(tmp_path: Path) -> None:
    (tmp_path / "clean.parquet").write_bytes(b"from another artifact")
    (tmp_path / "hostile.parquet").write_bytes(b"no Parquet")
    with pytest.raises(DataError):
        cleaned(tmp_path / "hostile.parquet", tmp_path / "clean.parquet")
    assert not (tmp_path / "clean.parquet").exists()


PARQUET_LIKE = [
    b"",
    b"PAR1",
    b"no Parquet" * 20,
    b"PAR1" + b"\xff" * 99 + b"\xff\xff\xff\x7fPAR1",
    b"version https://git-lfs",
]


@pytest.mark.parametrize("content", PARQUET_LIKE)
def test_what_is_no_parquet_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "hostile.parquet").write_bytes(content)
    with pytest.raises(DataError, match="it is not Parquet"):
        cleaned(tmp_path / "hostile.parquet", tmp_path / "clean.parquet")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    PREDICTIONS.write_parquet(tmp_path / "whole.parquet")
    (tmp_path / "hostile.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-50])
    with pytest.raises(DataError, match="it is not Parquet"):
        cleaned(tmp_path / "hostile.parquet", tmp_path / "clean.parquet")


@pytest.mark.parametrize("seed", range(8))
def test_corrupt_bytes_are_refused_or_read(seed: int, tmp_path: Path) -> None:
    PREDICTIONS.write_parquet(tmp_path / "whole.parquet")
    dice, content = random.Random(seed), bytearray((tmp_path / "whole.parquet").read_bytes())
    for _ in range(20):
        content[dice.randrange(len(content))] = dice.randrange(256)
    (tmp_path / "hostile.parquet").write_bytes(content)
    with contextlib.suppress(DataError):
        clean = cleaned(tmp_path / "hostile.parquet", tmp_path / "clean.parquet")
        assert set(pl.read_parquet_schema(clean)) <= set(PREDICTIONS.columns)
