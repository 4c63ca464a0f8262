"""Numbers for people: digits that the interval supports; and the pictures of intervals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_actions.comment.numbers import decimals, duration, number, percent, plain, signed, size, ticks
from mlops_actions.comment.whiskers import SPACE, WIDTH, draw, intervals
from mlops_actions.comment.write_markdown import sparkline
from support.records import gain

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("low", "high", "digits"), [(0.66, 0.68, 3), (-0.0187, -0.0155, 4), (100, 300, 0), (0.5, 0.5, 4)]
)
def test_digits_follow_the_interval(low: float, high: float, digits: int) -> None:
    assert decimals(low, high) == digits


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (12345.678, 1, "12,345.7"),
        (-0.0171, 4, "\u22120.0171"),
        (-0.00001, 3, "0.000"),
        (None, 2, "\u2013"),
        (math.nan, 2, "\u2013"),
        (math.inf, 2, "\u2013"),
        (1e300, 2, "1e+300"),
    ],
)
def test_a_number(value: float | None, digits: int, text: str) -> None:
    assert number(value, digits) == text


@pytest.mark.parametrize(("value", "text"), [(0.5, "+0.5"), (-0.5, "\u22120.5"), (0.0, "0.0"), (math.inf, "\u2013")])
def test_a_change_has_its_sign(value: float, text: str) -> None:
    assert signed(value, 1) == text


def test_units() -> None:
    assert [size(999), size(1_834_221), size(None)] == ["999 bytes", "1.83 MB", "\u2013"]
    assert [duration(118), duration(2310), duration(4e6), duration(None)] == ["118 µs", "2.31 ms", "4 s", "\u2013"]
    assert [percent(1, 1000), percent(1, 2), percent(0, 0)] == ["0.10 %", "50.0 %", "\u2013"]
    assert [plain(0.005), plain(2.0), plain(None)] == ["0.005", "2", "\u2013"]


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_inside_and_rise(low: float, width: float) -> None:
    found = ticks(low, low + width)
    assert found == sorted(found)
    assert len(found) <= 12
    slack = 1e-6 * width + 1e-9
    assert all(low - slack <= one <= low + width + slack for one in found)


@given(NUMBERS, NUMBERS)
def test_no_number_breaks_the_text(low: float, high: float) -> None:
    digits = decimals(low, high)
    assert 0 <= digits <= 12
    assert "nan" not in signed(low, digits)
    assert "inf" not in signed(low, digits)


def drawn(value: float, error: float, margin: float | None, *, wider: float = 1.0) -> str:
    (interval,) = intervals([(gain(value, error, wider=wider), margin)])
    assert interval
    return draw(interval)


def test_a_whisker_stands_between_the_limit_and_no_change() -> None:
    text = drawn(-0.0025, 0.0008, 0.005)
    assert text.index("┆") < text.index("├") < text.index("●") < text.index("┤") < text.index("│")


def test_a_whisker_beyond_the_limit() -> None:
    text = drawn(-0.0171, 0.001, 0.005)
    assert text.index("┤") < text.index("┆") < text.index("│")


def test_no_change_inside_the_interval_crosses_it() -> None:
    assert "┼" in drawn(-0.001, 0.002, 0.005)


def test_what_decides_is_drawn_beyond_the_interval() -> None:
    assert "╌├" in drawn(-0.0171, 0.002, 0.005, wider=1.6)
    assert "╌" not in drawn(-0.0171, 0.002, 0.005)


def test_what_is_off_the_scale_gets_an_arrow() -> None:
    assert drawn(-1.0, 0.001, 0.005).startswith(("←", "●"))
    assert drawn(0.0, 1.0, 0.005)[0] == "←"
    assert drawn(0.0, 1.0, 0.005)[-1] == "→"


def test_a_table_has_one_scale() -> None:
    """Limit and no change stand in the same columns of all rows, whatever unit the metrics have."""
    rows = [draw(one) for one in intervals([(gain(-0.0171, 0.001), 0.005), (gain(-70, 4), 25)]) if one]
    assert len({row.index("│") for row in rows}) == 1
    assert len({row.index("┆") for row in rows}) == 1


def test_a_row_that_may_lose_nothing_is_drawn_without_a_mark_of_its_limit() -> None:
    limited, strict = (draw(one) for one in intervals([(gain(-0.01, 0.001), 0.005), (gain(-0.01, 0.001), 0.0)]) if one)
    assert "┆" in limited
    assert "┆" not in strict
    assert limited.index("│") == strict.index("│")


def test_rows_without_a_limit_are_not_drawn_beside_rows_with_one() -> None:
    assert [bool(one) for one in intervals([(gain(-0.01, 0.001), 0.005), (gain(-0.01, 0.001), None)])] == [True, False]
    (alone,) = intervals([(gain(-0.01, 0.001), None)])
    assert alone
    assert "┆" not in draw(alone)
    assert intervals([(None, 0.005)]) == [None]


@given(st.tuples(*[NUMBERS] * 5), st.none() | st.floats(0, 1e12))
def test_every_whisker_is_as_wide(numbers: tuple[float, ...], margin: float | None) -> None:
    names = ("value", "low", "high", "adjusted_low", "adjusted_high")
    given_gain = gain(0.0, 1.0).model_copy(update=dict(zip(names, numbers, strict=True)))
    for one in intervals([(given_gain, margin), (gain(-0.0171, 0.001), 0.005)]):
        if one:
            text = draw(one)
            assert len(text) == WIDTH
            assert set(text) <= {SPACE, *"│┆├─●┤╌┼←→"}
            assert text.count("●") == 1


def test_bars() -> None:
    assert sparkline((0.0, 0.5, 1.0, 2.0), 1.0) == "▁▅██"
