"""A record inside a check run's text: comes back as it was, fits, and is never believed when it is damaged."""

import base64
import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.errors import DataError
from mlops_actions.files import sha256_text
from mlops_actions.github.hidden import END, MOST_BYTES, MOST_READABLE_BYTES, START, find, hide
from mlops_actions.report import GateRecord
from mlops_actions.report.evaluation import Difference
from support import records

EVERY = [record for make in records.EXAMPLES.values() for record in make()]


@pytest.mark.parametrize("record", EVERY, ids=lambda record: record.sentence[:30])
def test_a_record_comes_back_as_it_was(record: GateRecord) -> None:
    text, kept = hide(record, "What people read.")
    assert kept == record
    assert find(text) == record
    assert text.endswith("What people read.")


def test_the_same_record_is_the_same_text() -> None:
    assert hide(records.better(), "")[0] == hide(records.better(), "")[0]


@pytest.mark.parametrize(
    "text", ["", "Words.", "<!-- mlops-actions record 2 x -->\n", " " + hide(records.better(), "")[0]]
)
def test_a_text_without_a_record_in_front_has_none(text: str) -> None:
    assert find(text) is None


def packed(content: bytes) -> str:
    return START + base64.b64encode(gzip.compress(content)).decode() + END


@pytest.mark.parametrize(
    "text",
    [
        START,
        START + END,
        START + "!!!" + END,
        START + base64.b64encode(b"not gzip").decode() + END,
        packed(b"{}"),
        packed(b'{"model": "flights"}'),
        packed(b"\xff"),
        hide(records.better(), "")[0][:-20],
        packed(b" " * 9_000_000),
    ],
    ids=["cut", "empty", "no base64", "no gzip", "no record", "half a record", "no text", "cut off", "a bomb"],
)
def test_a_damaged_record_is_told(text: str) -> None:
    with pytest.raises(DataError, match="damaged"):
        find(text)


def test_a_quoted_record_in_the_readable_part_is_text() -> None:
    other = hide(records.better(), "")[0]
    assert find(hide(records.worse(), other)[0]) == records.worse()


def wide(slices: int, names: int = 0) -> GateRecord:
    """Return a record whose names do not compress."""
    evaluation = records.one_airport_worse().evaluation
    assert evaluation
    parts = [evaluation.slices[0].model_copy(update={"name": sha256_text(f"slice {place}")}) for place in range(slices)]
    digests = [sha256_text(f"name {place}") for place in range(names)]
    update: dict[str, Any] = {"slices": parts, "slices_unpowered": digests}
    return records.worse().model_copy(update={"evaluation": evaluation.model_copy(update=update)})


@pytest.mark.parametrize(
    ("record", "left_out", "kept_slices"),
    [
        (wide(250), [], 250),
        (wide(1200), ["examples", "slices after the 200th"], 200),
        (wide(250, 3000), None, None),
    ],
)
def test_what_does_not_fit_is_left_out_in_order_and_said(
    record: GateRecord, left_out: list[str] | None, kept_slices: int | None
) -> None:
    text, kept = hide(record, "x" * 20_000)
    assert len(text.encode()) <= MOST_BYTES
    assert find(text) == kept
    assert kept.evaluation
    assert record.evaluation
    assert kept.evaluation.comparisons == record.evaluation.comparisons
    if left_out is None:
        assert kept.reduced[-1] == "names of slices with too few rows"
    else:
        assert (kept.reduced, len(kept.evaluation.slices)) == (left_out, kept_slices)


def test_a_record_that_fits_in_no_form_is_an_error() -> None:
    evaluation = records.worse().evaluation
    assert evaluation
    long = evaluation.comparisons[0].model_copy(
        update={"title": "".join(sha256_text(str(place)) for place in range(2000))}
    )
    whole = evaluation.model_copy(update={"comparisons": [long]})
    with pytest.raises(DataError, match="too large"):
        hide(records.worse().model_copy(update={"evaluation": whole}), "")


def test_readable_text_that_is_too_long_is_cut_and_says_so() -> None:
    text, _ = hide(records.identical(), "ä" * MOST_BYTES)
    readable = text.partition(END)[2]
    assert len(readable.encode()) <= MOST_READABLE_BYTES
    assert "Cut here" in readable


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_strings_are_in_it_it_comes_back(sentence: str, name: str) -> None:
    sentence, name = (text.encode(errors="replace").decode() for text in (sentence, name))
    evaluation = records.better().evaluation
    assert evaluation
    difference = Difference(kind="data", name=name, base=name, candidate=None)
    whole = evaluation.model_copy(update={"differences": [difference]})
    record = records.better().model_copy(update={"sentence": sentence, "evaluation": whole})
    assert find(hide(record, sentence)[0]) == record
