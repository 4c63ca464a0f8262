"""Why trust this: methods by name, what alpha means, what could have been found, where the base comes from."""

from mlops_actions.comment.blocks import Block, Bullets, Commit, Fold, Line, Table
from mlops_actions.comment.numbers import UNKNOWN, count, plain
from mlops_actions.report.evaluation import Comparison, Evaluation
from mlops_actions.report.gate import GateRecord

BASE_KIND = {
    "first_parent": "the first parent of the merge commit that was tested, so that nobody else's changes are in the difference",
    "merge_base": "the commit where the branch left its base, since the head itself was tested",
    "parent": "the commit before this one",
}
BASE_FROM = {
    "bundle": "the base's model was at hand",
    "cache": "the base's predictions were kept from an earlier run with the same model, test rows and evaluator",
    "trained": "the base's model was trained in this run",
    "record": "only the base's numbers were left, in the check of its commit: no rows could be paired",
    "identical": "base and candidate are the same model",
    "none": "there was no base",
}


def trust(record: GateRecord, evaluation: Evaluation) -> tuple[Block, ...]:
    """Return the methods and what they rest on, folded."""
    lines: list[Line] = [
        (_rows(evaluation),),
        _base(record, evaluation),
        *([(_error_rate(evaluation),)] if any(one.margin is not None for one in evaluation.comparisons) else []),
        *((said,) for one in evaluation.comparisons if (said := _detectable(one, evaluation))),
        *((said,) for one in evaluation.comparisons if (said := _noise(one))),
        *([(_uses(record.uses),)] if record.uses else []),
        (
            f"Evaluator {evaluation.evaluator}; test rows {evaluation.test_set.removeprefix('sha256:')[:12]} (sha256 of ids and labels).",
        ),
    ]
    return (Fold("Why trust this?", (_methods(evaluation), Bullets(tuple(lines)))),)


def _methods(evaluation: Evaluation) -> Table:
    return Table(
        columns=("metric", "how it is compared", "rests on"),
        rows=tuple(
            ((one.title,), (one.method or UNKNOWN,), (f"{count(one.support)} rows",)) for one in evaluation.comparisons
        ),
        right=frozenset({2}),
    )


def _rows(evaluation: Evaluation) -> str:
    if evaluation.base_from in {"none", "record"} or evaluation.word == "different_test_set":
        return f"Measured on {count(evaluation.rows)} test rows; not paired with a base, row by row."
    return f"Both models answered the same {count(evaluation.rows)} test rows, paired by id: what is hard for both cancels out."


def _base(record: GateRecord, evaluation: Evaluation) -> Line:
    if not record.base:
        return (f"Base: {BASE_FROM[evaluation.base_from]}.",)
    how = BASE_KIND.get(record.base_kind)
    return (
        "Base: commit ",
        Commit(record.base[:7]),
        f"{f', {how}' if how else ''}; {BASE_FROM[evaluation.base_from]}.",
    )


def _error_rate(evaluation: Evaluation) -> str:
    return (
        f"A change that makes nothing worse is called worse at most {100 * evaluation.alpha:.3g} times in 100,"
        f" over all metrics and slices together; intervals are two-sided, {100 * (1 - 2 * evaluation.alpha):.3g} %."
    )


def _detectable(one: Comparison, evaluation: Evaluation) -> str:
    if one.margin is None or one.detectable is None:
        return ""
    needed = (
        f"; to rule out one of {plain(one.margin)}, about {count(one.rows_needed)} test rows" if one.rows_needed else ""
    )
    return f"{one.title}: these rows find a true drop of {plain(one.detectable)} in {100 * evaluation.power:.3g} of 100 cases{needed}."


def _noise(one: Comparison) -> str:
    if one.noise is None:
        return ""
    if not one.noise:
        return f"{one.title}: trainings that differ in the seed alone gave the same model."
    return f"{one.title}: trainings that differ in the seed alone spread by {plain(one.noise)} (standard deviation); the interval allows for it."


def _uses(uses: int) -> str:
    return (
        f"This test set has decided at least {count(uses)} time{'s' if uses > 1 else ''}, this one included;"
        " each decision wears it, as models come to fit it."
    )
