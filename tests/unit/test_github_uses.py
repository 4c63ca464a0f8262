"""How often a test set has decided."""

import pytest

from mlops_actions.github.uses import counted
from mlops_actions.report import Evaluation, GateRecord
from support import records


def used(times: int, test_set: str = "sha256:1") -> GateRecord:
    evaluation = records.better().evaluation
    assert evaluation
    update = {"uses": times, "evaluation": evaluation.model_copy(update={"test_set": test_set, "uses": times or None})}
    return records.better().model_copy(update=update)


@pytest.mark.parametrize(
    ("earlier", "same_commit", "decides", "uses"),
    [
        ([], None, True, 1),
        ([used(4)], None, True, 5),
        ([used(4), used(7)], None, True, 8),
        ([used(4, "sha256:2")], None, True, 1),
        ([used(4), used(9, "sha256:2")], None, True, 5),
        ([records.identical()], None, True, 1),
        ([used(4)], used(5), True, 5),
        ([used(6)], used(5), True, 7),
        ([used(4)], used(9, "sha256:2"), True, 5),
        ([used(4)], None, False, 4),
        ([], None, False, 0),
    ],
)
def test_one_more_than_any_record_of_the_same_test_set_says(
    earlier: list[GateRecord], same_commit: GateRecord | None, decides: bool, uses: int
) -> None:
    record = counted(used(99), earlier=earlier, same_commit=same_commit, decides=decides)
    assert record.uses == uses
    assert record.evaluation
    assert record.evaluation.uses == (uses or None)


def test_where_nothing_was_evaluated_nothing_is_counted() -> None:
    record = records.identical()
    assert counted(record, earlier=[used(4)], same_commit=None, decides=True) == record


def test_a_run_again_with_other_predictions_is_another_look() -> None:
    again = records.worse().model_copy(update={"evaluation": with_test_set(records.worse())})
    assert counted(again, earlier=[], same_commit=used(5), decides=True).uses == 6
    assert counted(again, earlier=[], same_commit=used(5), decides=False).uses == 5
    assert counted(again, earlier=[], same_commit=used(5, "sha256:2"), decides=True).uses == 1


def with_test_set(record: GateRecord) -> Evaluation:
    assert record.evaluation
    return record.evaluation.model_copy(update={"test_set": "sha256:1"})
