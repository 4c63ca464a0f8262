"""What is to be done, and what a reader has to know before believing the verdict."""

from mlops_actions.comment.blocks import Code, Commit, Line, Link, Strong
from mlops_actions.comment.numbers import count, decimals, number, plain
from mlops_actions.comment.words import Lead, in_margins, lead, observed
from mlops_actions.report.evaluation import Evaluation, Gain
from mlops_actions.report.gate import GateRecord

ACCEPT = Code("/mlops accept REASON")


def cautions(record: GateRecord) -> list[Line]:
    """Return what stands above everything else: who overruled, whom the numbers come from, what is not enforced."""
    found: list[Line] = []
    if accepted := record.accepted:
        found.append(
            (
                Strong("Accepted"),
                f" by {accepted.by} on {accepted.at[:10]}: “{accepted.reason}” (",
                Link("their comment", accepted.url),
                "). This holds for commit ",
                Commit(record.head[:7]),
                " alone; the next push voids it.",
            )
        )
    if not record.verified:
        found.append(_unverified(record))
    if observed(record):
        found.append(
            (
                Strong("Observe mode"),
                f" (enforce is false in {record.config}): with enforcement this would have stopped the change.",
            )
        )
    return found


def _unverified(record: GateRecord) -> Line:
    why = (
        " The predictions come from a job that runs code of a fork or of a changed dependency. The numbers were computed again here from these predictions,"
        " but nothing shows that the model made them, so this can never be green by itself."
        if record.evaluation
        else " The run is one of a fork or of a changed dependency, so this can never be green by itself."
    )
    return (
        Strong("Unverified."),
        why,
        " A maintainer who has read the change can push its commit to a branch of this repository",
        " and open a pull request from it, where trusted code runs it, or comment ",
        ACCEPT,
        ".",
    )


def next_step(record: GateRecord) -> Line | None:
    """Return the one line that says what to do; None where there is nothing to do or a caution has said it."""
    if record.accepted or not record.verified:
        return None
    if record.outcome == "stopped":
        return _after_a_stop(record)
    if record.evaluation is None:
        return None
    if record.unenforced == "failure":
        return _after_a_failure(record, lead(record.evaluation))
    if record.unenforced == "neutral":
        return (Strong("What now?"), " ", *_when_open(lead(record.evaluation)))
    return _when_passed(record, lead(record.evaluation))


def _after_a_stop(record: GateRecord) -> Line:
    return (
        Strong("What now?"),
        " See ",
        Link("the run", record.run_url),
        " for the log, fix it and push, or run it again. The model was not judged, so this is not green.",
    )


def _after_a_failure(record: GateRecord, found: Lead) -> Line:
    if found.word == "no_base":
        said = (Strong("What now?"), " ", Code("evaluate.without_base"), " in ", record.config)
        return (*said, " says that a model without a base fails; someone with write access comments ", ACCEPT, ".")
    if not record.enforce:
        return (
            Strong("What now?"),
            " Nothing is stopped. Fix it, or widen the limit in ",
            record.config,
            " if it is too tight.",
        )
    return (
        Strong("What now?"),
        " Fix it and push, or, if it is worth the loss, someone with write access comments ",
        ACCEPT,
        ".",
    )


def _when_open(found: Lead) -> Line:
    free = "Nothing is blamed and this check does not block; "
    if found.word == "small_drop":
        return (
            "This check does not block: reviewers decide whether the change is worth it. A release stops here unless ",
            Code("evaluate.allow"),
            " names small_drop.",
        )
    if found.word == "different_test_set":
        return (
            f"{free}change the test rows in a pull request of their own, so that both models can be compared on the same ones.",
        )
    needed = found.comparison.rows_needed if found.comparison else None
    if needed and found.comparison and needed > found.comparison.rows:
        return (f"{free}reviewers decide. More test rows, or a wider limit, would settle it.",)
    return (f"{free}reviewers decide.",)


def _when_passed(record: GateRecord, found: Lead) -> Line | None:
    if found.word in {"small_drop", "undecided", "unpowered"}:
        return (Code("evaluate.allow"), " in ", record.config, " lets this pass.")
    if found.word == "no_base":
        return ("Once this is merged, later changes are compared with it.",)
    if found.word == "no_limit" and found.comparison:
        example = Code(f"evaluate: {{{found.comparison.metric}: {{max_drop_abs: 0.005}}}}")
        return ("To have drops stopped, set a limit in ", record.config, ", such as ", example, ".")
    return None


def also_worse(evaluation: Evaluation) -> list[Line]:
    """Return what got worse beside what the headline names: by how much, against what is allowed, where."""
    first = lead(evaluation)
    margins = {one.metric: one.margin for one in evaluation.comparisons}
    whole = [
        (f"{one.title} {_lost(one.gain, one.margin)}.",)
        for one in evaluation.comparisons
        if one.word == "regressed" and one is not first.comparison
    ]
    parts = [
        (f"{part.name} ({count(part.rows)} rows): {part.title} {_lost(part.gain, margins.get(part.metric))}.",)
        for part in sorted(evaluation.slices, key=lambda part: in_margins(part.gain, margins.get(part.metric)))
        if part.word == "regressed" and part.gain and part is not first.part
    ]
    return [*whole, *parts]


def _lost(gain: Gain | None, margin: float | None) -> str:
    digits = decimals(gain.low, gain.high) if gain else 0
    return f"is worse by {number(abs(gain.value) if gain else None, digits)}, and {plain(margin) if margin else 'no loss at all'} is allowed"
