"""What the gate says in words: one mark, a phrase, a sentence that a product manager understands."""

import re
from typing import Any, get_args

import pytest

from mlops_actions.comment.words import (
    PASSED,
    SEVERITY,
    WORDS,
    in_margins,
    lead,
    mark,
    phrase,
    sentence,
    title,
    worst_first,
)
from mlops_actions.report.evaluation import Absolute, Floor, Word
from mlops_actions.report.gate import GateRecord
from support import records
from support.records import auc, compared, evaluated, others


@pytest.mark.parametrize("word", [*get_args(Word), *get_args(Absolute)])
def test_every_word_has_a_mark_and_a_phrase(word: Word | Absolute) -> None:
    mark, words = WORDS[word]
    assert mark
    assert words
    assert "_" not in words


@pytest.mark.parametrize("word", get_args(Word))
def test_every_word_has_a_sentence_with_its_numbers(word: Word) -> None:
    said = sentence(evaluated(word, [auc(-0.0171, 0.001, word)]))
    assert re.search(r"\d", said)
    assert not said[0].islower()
    assert said.endswith(".")
    assert "_" not in said.replace("small_drop", "")


@pytest.mark.parametrize(
    ("make", "words", "numbers"),
    [
        (records.better, "flights: better", "rose from 0.6843 to 0.6935 on the same 92,039 test rows"),
        (records.no_worse, "flights: no worse", "a drop of 0.005 or more is ruled out"),
        (
            records.slightly_worse,
            "flights: slightly worse",
            "the drop is real, and whether it is more than the 0.005 you allow cannot be told",
        ),
        (
            records.worse,
            "flights: worse",
            "fell from 0.6843 to 0.6672 on the same 92,039 test rows, more than the 0.005 you",
        ),
        (
            records.cannot_tell,
            "flights: cannot tell",
            "400 test rows cannot tell whether ROC AUC fell by more than the 0.005",
        ),
        (records.one_airport_worse, "flights: worse where origin = LGA", "over all rows the model is no worse"),
        (records.fork, "flights: no worse, unverified", "0.6839"),
        (records.accepted, "flights: worse, accepted", "0.6672"),
        (records.observe, "flights: worse, observed only", "0.6672"),
        (records.identical, "flights: identical by construction", "nothing to run"),
        (records.skipped, "flights: not touched by this change", "Nothing that this model sees"),
        (records.stopped, "flights: could not be judged", "23 different values"),
        (records.first_ever, "flights: nothing to compare with", "there is no earlier model"),
        (records.regression, "minutes: slightly worse", "error rose from 21.48 to 21.89"),
    ],
)
def test_the_headline(make: Any, words: str, numbers: str) -> None:
    record = make()
    assert title(record) == words
    assert numbers in record.sentence


def test_an_error_that_grows_is_a_rise_and_not_a_fall() -> None:
    one = compared("mae", "MAE", 10.0, 2.0, 0.1, higher_is_better=False, word="regressed", margin=0.5)
    assert sentence(evaluated("regressed", [one])) == (
        "MAE rose from 10.00 to 12.00 on the same 92,039 test rows, more than the 0.5 you allow."
    )


def test_where_no_drop_at_all_is_allowed_no_limit_of_zero_is_named() -> None:
    words: tuple[Word, ...] = ("regressed", "undecided")
    said = [sentence(evaluated(word, [auc(-0.004, 0.002, word, margin=0.0)])) for word in words]
    assert said[0].endswith("on the same 92,039 test rows, and no loss at all is allowed.")
    assert said[1].startswith("92,039 test rows cannot tell whether ROC AUC fell at all")


def test_numbers_of_a_record_are_not_said_to_be_of_the_same_rows() -> None:
    words: tuple[Word, ...] = ("undecided", "regressed")
    for word in words:
        said = sentence(evaluated(word, [auc(-0.0171, 0.001, word)], base_from="record"))
        assert "by the base's recorded numbers" in said
        assert "same" not in said


def test_a_broken_minimum_leads_over_a_drop_that_is_fine() -> None:
    floor = Floor(key="evaluate.roc_auc.min", side="min", bound=0.7, word="below_min")
    evaluation = evaluated("non_inferior", [auc(0.0, 0.0009, "non_inferior", floors=[floor])])
    assert lead(evaluation).word == "below_min"
    assert sentence(evaluation) == "ROC AUC is 0.6843, below the minimum of 0.7 that you set."
    record = records.evaluated_record(evaluation, "failure")
    assert title(record) == "flights: below its minimum"


def test_a_maximum_that_is_passed() -> None:
    floor = Floor(key="evaluate.log_loss.max", side="max", bound=0.4, word="above_max")
    one = compared("log_loss", "log loss", 0.4871, 0.0, 0.001, higher_is_better=False, floors=[floor])
    assert sentence(evaluated("no_limit", [one])) == "Log loss is 0.4871, above the maximum of 0.4 that you set."


def test_a_drop_leads_over_a_broken_minimum() -> None:
    floor = Floor(key="evaluate.roc_auc.min", side="min", bound=0.7, word="below_min")
    assert lead(evaluated("regressed", [auc(-0.02, 0.001, "regressed", floors=[floor])])).floor is None


def test_a_minimum_that_cannot_be_told_leads_over_what_passes() -> None:
    floor = Floor(key="evaluate.roc_auc.min", side="min", bound=0.684, word="undecided")
    evaluation = evaluated("improved", [auc(0.01, 0.0009, "improved", floors=[floor])])
    assert "cannot tell it from the minimum of 0.684" in sentence(evaluation)
    assert phrase(records.evaluated_record(evaluation, "neutral"))[1] == "cannot tell"


def test_of_several_that_are_worse_the_worst_by_its_own_limit_leads() -> None:
    small = auc(-0.02, 0.001, "regressed")
    large = compared("accuracy", "accuracy", 0.78, -0.01, 0.001, word="regressed", margin=0.001)
    assert in_margins(large.gain, large.margin) < in_margins(small.gain, small.margin)
    assert lead(evaluated("regressed", [small, large])).comparison is large


def test_without_a_limit_nothing_could_fail_and_that_is_said() -> None:
    evaluation = evaluated("no_limit", others(0.001))
    assert "no limit is set" in sentence(evaluation)
    assert title(records.evaluated_record(evaluation, "success")) == "flights: no limit is set"


def test_nothing_measured_is_said_too() -> None:
    assert sentence(evaluated("no_limit", [])) == "Nothing could be measured on 92,039 test rows."


@pytest.mark.parametrize("make", [records.fork, lambda: records.identical().model_copy(update={"verified": False})])
def test_what_is_not_verified_never_has_the_mark_of_a_pass(make: Any) -> None:
    assert mark(make()) != PASSED


def test_a_first_run_that_the_policy_fails_has_the_mark_of_a_failure() -> None:
    record = records.first_ever()
    failed = record.model_copy(update={"conclusion": "failure", "unenforced": "failure"})
    assert mark(failed) == WORDS["regressed"][0]


def test_a_fork_s_run_that_left_nothing_to_judge_is_no_alarm() -> None:
    """A fork that changes the documentation leaves no predictions; one whose run failed is another matter."""
    quiet = records.stopped().model_copy(update={"verified": False, "conclusion": "neutral", "unenforced": "neutral"})
    assert (mark(quiet), title(quiet)) == ("\N{HEAVY MINUS SIGN}", "flights: nothing was judged, unverified")
    failed = records.stopped().model_copy(update={"verified": False})
    assert (mark(failed), title(failed)) == ("⛔", "flights: could not be judged, unverified")


def test_the_worst_comes_first() -> None:
    def named(model: str, make: Any) -> GateRecord:
        made: GateRecord = make().model_copy(update={"model": model})
        return made

    given = [
        named("c", records.better),
        named("b", records.better),
        named("d", records.cannot_tell),
        named("e", records.worse),
    ]
    assert [record.model for record in worst_first(given)] == ["e", "d", "b", "c"]
    assert SEVERITY == ("failure", "neutral", "success")
