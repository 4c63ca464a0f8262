"""Gate records as they come about on the flights example: one for each thing that the gate can say."""

import math
from collections.abc import Callable
from typing import Any

from mlops_actions.report import Evaluation, GateRecord
from mlops_actions.report.evaluation import (
    Calibration,
    CalibrationBin,
    Comparison,
    Confusion,
    Difference,
    Distribution,
    Example,
    FlipCount,
    Flips,
    Floor,
    Gain,
    Side,
    Slice,
    Span,
    Word,
)
from mlops_actions.report.gate import Accepted, Annotation

HEAD, BASE = "9f2c4e1ab7d03c55e8f14a6b2d9071c3e5a8f604", "1c8e07d24b9a6f3350de81a7c4b26f9e0d37a512"
RUN = "https://github.com/octo-org/flights/actions/runs/7421906335"
ACCEPTED = "https://github.com/octo-org/flights/pull/214#issuecomment-3301"
ROWS = 92_039


def gain(value: float, error: float, *, wider: float = 1.0) -> Gain:
    """Make a change with its 90 % interval, and the wider one that decides."""
    half, decides = 1.645 * error, 1.645 * error * wider
    better = 0.5 * math.erfc(value / error / math.sqrt(2))
    return Gain(
        value=value,
        low=value - half,
        high=value + half,
        adjusted_low=value - decides,
        adjusted_high=value + decides,
        error=error,
        p_worse=1 - better,
        p_better=better,
    )


def compared(metric: str, title: str, base: float, change: float, error: float, **more: Any) -> Comparison:
    """Make a comparison of one metric; `change` is of the value itself."""
    higher = more.get("higher_is_better", True)
    spread = more.pop("spread", 0.0025)
    value = base + change
    given: dict[str, Any] = {
        "method": "paired t",
        "higher_is_better": True,
        "rows": ROWS,
        "support": ROWS,
        "word": "no_limit",
        "candidate": Span(value=value, low=value - spread, high=value + spread),
        "base": Span(value=base, low=base - spread, high=base + spread),
        "gain": gain(change if higher else -change, error, wider=more.pop("wider", 1.0)),
    }
    return Comparison(metric=metric, title=title, **{**given, **more})


def auc(change: float, error: float, word: Word, **more: Any) -> Comparison:
    """Make the limited metric: ROC AUC, which may drop by 0.005 and has a floor."""
    given: dict[str, Any] = {
        "method": "paired DeLong (Sun & Xu 2014)",
        "support": 20_811,
        "margin": 0.005,
        "key": "evaluate.roc_auc.max_drop_abs",
        "detectable": 2.49 * error,
        "rows_needed": math.ceil(ROWS * (2.49 * error / 0.005) ** 2),
        "floors": [Floor(key="evaluate.roc_auc.min", side="min", bound=0.6, word="within_limit")],
        "wider": 1.19,
    }
    return compared("roc_auc", "ROC AUC", 0.6843, change, error, word=word, **{**given, **more})


def others(change: float) -> list[Comparison]:
    """Make the metrics that have no limit."""
    return [
        compared("accuracy", "accuracy", 0.7812, change * 0.35, 0.0009, method="mid-p McNemar, Tango interval"),
        compared("f1_weighted", "weighted F1", 0.7304, change * 0.5, 0.0011, method="bootstrap over joint cells"),
        compared("log_loss", "log loss", 0.4871, -change * 0.6, 0.0007, higher_is_better=False),
        compared("brier", "Brier score", 0.1562, -change * 0.2, 0.0003, higher_is_better=False),
    ]


def part(name: str, rows: int, base: float, change: float, error: float, word: Word, **more: Any) -> Slice:  # noqa: PLR0917 (a table of them reads well)
    """Make one slice."""
    return Slice(
        name=name,
        metric="roc_auc",
        title="ROC AUC",
        rows=rows,
        support=rows // 5,
        candidate=base + change,
        base=base,
        gain=gain(change, error, wider=1.5),
        word=word,
        **more,
    )


def airports(shift: float) -> list[Slice]:
    """Make the slices by airport and by carrier, none of them worse."""
    fine: Word = "improved" if shift > 0.006 else "non_inferior"
    return [
        part("origin = EWR", 33_100, 0.691, shift, 0.0011, fine),
        part("origin = JFK", 30_472, 0.679, shift + 0.0012, 0.0012, fine),
        part("origin = LGA", 28_467, 0.672, shift - 0.0008, 0.0013, fine),
        part("carrier = UA", 16_212, 0.688, shift + 0.001, 0.0018, fine),
        part("carrier = B6", 14_301, 0.671, shift - 0.002, 0.0019, fine if shift > 0 else "undecided"),
        part("carrier = HA", 96 + 110, 0.702, shift - 0.012, 0.0211, "undecided"),
    ]


def flips(right: int, wrong: int, *, masked: bool = True) -> Flips:
    """Make the rows that changed sides."""
    shown: dict[str, Any] = {"carrier": "B6", "origin": "JFK", "distance": 1598, "temp": 41.0}
    return Flips(
        total=FlipCount(name="all", rows=ROWS, newly_right=right, newly_wrong=wrong),
        wrong_otherwise=0,
        by_class=[
            FlipCount(name="no", rows=71_228, newly_right=right * 3 // 4, newly_wrong=wrong * 2 // 3),
            FlipCount(name="yes", rows=20_811, newly_right=right // 4, newly_wrong=wrong // 3),
        ],
        by_slice=[
            FlipCount(name="origin = JFK", rows=30_472, newly_right=right // 3, newly_wrong=wrong // 2),
            FlipCount(name="origin = EWR", rows=33_100, newly_right=right // 3, newly_wrong=wrong // 4),
        ],
        examples=[
            Example(
                id=f"row {number}" if masked else f"{8_800_000_000 + 977 * number}",
                label="yes",
                base="yes",
                candidate="no",
                confidence=0.94 - 0.013 * number,
                values=dict.fromkeys(shown, "•••") if masked else shown,
            )
            for number in range(1, 6)
        ],
        masked=masked,
    )


def calibration() -> Calibration:
    """Make reliability curves: the base a little sure of itself, the candidate more so."""

    def bins(bend: float) -> list[CalibrationBin]:
        return [
            CalibrationBin(
                low=place / 10,
                high=(place + 1) / 10,
                rows=[28_000, 24_000, 15_500, 9_800, 6_100, 3_900, 2_500, 1_400, 620, 0][place],
                mean_score=place / 10 + 0.05 if place < 9 else None,
                share=min((place / 10 + 0.05) ** bend, 1.0) if place < 9 else None,
            )
            for place in range(10)
        ]

    return Calibration(
        of="the score of yes", base=bins(1.06), candidate=bins(1.25), base_error=0.0121, candidate_error=0.0314
    )


def distribution() -> Distribution:
    """Make two histograms of scores."""
    edges = [place / 20 for place in range(21)]
    shapes = [
        [math.exp(-0.5 * ((edge - middle) / width) ** 2) for edge in edges[:-1]]
        for middle, width in ((0.18, 0.14), (0.21, 0.17))
    ]
    base, candidate = ([round(ROWS * one / sum(shape)) for one in shape] for shape in shapes)
    return Distribution(of="the score of yes", edges=edges, base=base, candidate=candidate)


def evaluated(word: Word, comparisons: list[Comparison], **more: Any) -> Evaluation:
    """Make an evaluation with everything that one can hold."""
    given: dict[str, Any] = {
        "evaluator": "1",
        "task": "classification",
        "rows": ROWS,
        "classes": ["no", "yes"],
        "test_set": "sha256:" + "4be1d0c7" * 8,
        "alpha": 0.05,
        "power": 0.8,
        "base_from": "cache",
        "flips": flips(1104, 1093),
        "confusion": Confusion(
            classes=["no", "yes"], base=[[69_480, 1_748], [18_391, 2_420]], candidate=[[69_121, 2_107], [18_043, 2_768]]
        ),
        "calibration": calibration(),
        "distribution": distribution(),
        "candidate": side("v1.4.0-3-g9f2c4e1", HEAD, 1_834_221, 118.0),
        "base": side("v1.4.0", BASE, 1_790_310, 112.0),
        "differences": [
            Difference(kind="hyperparameter", name="learning_rate", base=0.1, candidate=0.3),
            Difference(kind="hyperparameter", name="max_iter", base=100, candidate=60),
            Difference(kind="feature", name="wind_gust", base="float64", candidate=None),
        ],
        "uses": 4,
    }
    return Evaluation(word=word, comparisons=comparisons, **{**given, **more})


def side(version: str, commit: str, size: int, latency: float) -> Side:
    """Make one model."""
    return Side(
        version=version,
        commit=commit,
        input_digest="sha256:" + commit[:8] * 8,
        architecture="sklearn.ensemble.HistGradientBoostingClassifier",
        model_bytes=size,
        p50_us=latency,
        p99_us=latency * 2.1,
        train_rows=244_737,
    )


def record(sentence: str, conclusion: str = "success", **more: Any) -> GateRecord:
    """Make the record of one model."""
    given: dict[str, Any] = {
        "model": "flights",
        "config": "mlops.yaml",
        "head": HEAD,
        "base": BASE,
        "base_kind": "first_parent",
        "pull_request": 214,
        "outcome": "evaluated",
        "conclusion": conclusion,
        "unenforced": conclusion,
        "uses": 4,
        "run_url": RUN,
    }
    return GateRecord(sentence=sentence, **{**given, **more})


def evaluated_record(evaluation: Evaluation, conclusion: str, **more: Any) -> GateRecord:
    """Make the record of an evaluation, with the sentence that gather would give it."""
    from mlops_actions.comment.words import sentence

    return record(sentence(evaluation), conclusion, evaluation=evaluation, **more)


def better() -> GateRecord:
    """A change that improves the model."""
    evaluation = evaluated("improved", [auc(0.0092, 0.0009, "improved"), *others(0.0092)], slices=airports(0.009))
    return evaluated_record(evaluation, "success")


def no_worse() -> GateRecord:
    """A change that keeps the model as good as it was."""
    evaluation = evaluated(
        "non_inferior",
        [auc(-0.0004, 0.0009, "non_inferior"), *others(-0.0004)],
        slices=airports(-0.0004),
        slices_unpowered=["carrier = OO", "carrier = YV"],
    )
    return evaluated_record(evaluation, "success")


def worse() -> GateRecord:
    """A change that costs more than is allowed."""
    evaluation = evaluated(
        "regressed",
        [auc(-0.0171, 0.0010, "regressed"), *others(-0.0171)],
        slices=[
            part("origin = JFK", 30_472, 0.679, -0.0262, 0.0016, "regressed", warned=True),
            part("origin = LGA", 28_467, 0.672, -0.0142, 0.0017, "regressed", warned=True),
            part("origin = EWR", 33_100, 0.691, -0.0071, 0.0015, "small_drop", warned=True),
            *airports(-0.004)[3:],
        ],
        slices_unpowered=["carrier = OO", "carrier = YV"],
        flips=flips(1204, 2731, masked=False),
    )
    annotation = Annotation(
        level="failure",
        path="mlops.yaml",
        line=8,
        title="flights: roc_auc.max_drop_abs",
        message="ROC AUC: worse, 0.6672 against 0.6843 on the same 92,039 rows.",
    )
    return evaluated_record(evaluation, "failure", annotations=[annotation])


def slightly_worse() -> GateRecord:
    """A change that costs something, and less than is allowed."""
    evaluation = evaluated(
        "small_drop", [auc(-0.0042, 0.0009, "small_drop"), *others(-0.0042)], slices=airports(-0.004)
    )
    return evaluated_record(evaluation, "neutral")


def cannot_tell() -> GateRecord:
    """A test set that is too small for the question."""
    small: dict[str, Any] = {"rows": 400, "support": 88}
    evaluation = evaluated(
        "undecided",
        [
            auc(-0.0061, 0.0092, "undecided", **small, rows_needed=8_400, detectable=0.0229, spread=0.028, wider=1.0),
            compared("accuracy", "accuracy", 0.78, -0.0025, 0.0081, spread=0.034, **small),
        ],
        rows=400,
        flips=None,
        confusion=None,
        calibration=None,
        distribution=None,
        uses=1,
        slices_unpowered=["origin = EWR", "origin = JFK", "origin = LGA"],
    )
    return evaluated_record(evaluation, "neutral")


def one_airport_worse() -> GateRecord:
    """A change that is fine over all and hurts one airport."""
    evaluation = evaluated(
        "regressed",
        [auc(-0.0021, 0.0009, "non_inferior"), *others(-0.0021)],
        slices=[part("origin = LGA", 28_467, 0.672, -0.0193, 0.0019, "regressed", warned=True), *airports(0.0006)[:2]],
        flips=flips(1811, 1989),
    )
    return evaluated_record(evaluation, "failure")


def fork() -> GateRecord:
    """A fork whose predictions look fine, which proves nothing."""
    return no_worse().model_copy(update={"verified": False, "conclusion": "neutral", "pull_request": 215})


def identical() -> GateRecord:
    """A change that the model does not see."""
    from mlops_actions.comment.gather import IDENTICAL

    return record(IDENTICAL, outcome="identical")


def skipped() -> GateRecord:
    """A change that the workflow's paths leave out."""
    from mlops_actions.comment.gather import SKIPPED

    return record(SKIPPED, outcome="skipped", base="", base_kind="none")


def stopped() -> GateRecord:
    """Data that did not pass, so that nothing was trained."""
    problem = "Checking the data failed: carrier has 23 different values, and 20 are allowed."
    return record(problem, "failure", outcome="stopped", problem=problem)


def accepted() -> GateRecord:
    """A loss that a maintainer takes."""
    by = Accepted(
        by="mona",
        reason="the old model used a column that is gone from Monday on",
        at="2026-11-24T09:12:44Z",
        url=ACCEPTED,
    )
    return worse().model_copy(update={"accepted": by, "conclusion": "success"})


def observe() -> GateRecord:
    """A gate that only watches yet."""
    return worse().model_copy(update={"enforce": False, "conclusion": "neutral", "annotations": []})


def first_ever() -> GateRecord:
    """The first model of a repository."""
    first = auc(0.0, 0.001, "no_base").model_copy(
        update={"base": None, "gain": None, "detectable": None, "rows_needed": None}
    )
    evaluation = evaluated("no_base", [first], base_from="none", flips=None, base=None, differences=[], uses=1)
    return evaluated_record(evaluation, "success", base="", base_kind="none", uses=1)


def two_models() -> list[GateRecord]:
    """Two models in one repository, one of them worse."""
    return [no_worse(), worse().model_copy(update={"model": "delays", "config": "delays/mlops.yaml"})]


def regression() -> GateRecord:
    """A model of numbers, in minutes."""
    numbers: dict[str, Any] = {"higher_is_better": False, "spread": 0.21}
    evaluation = evaluated(
        "small_drop",
        [
            compared(
                "mae", "mean absolute error", 21.48, 0.41, 0.1, word="small_drop", margin=0.5, detectable=0.12, rows_needed=6_000,
                key="evaluate.mae.max_drop_abs", **numbers,
            ),
            compared("rmse", "root mean squared error", 39.02, 0.41, 0.12, method="BCa bootstrap", **numbers),
            compared("r2", "R²", 0.2711, -0.0041, 0.0021, method="BCa bootstrap", spread=0.01),
        ],
        task="regression",
        classes=[],
        flips=None,
        confusion=None,
        calibration=None,
        distribution=distribution().model_copy(update={"of": "the predicted minutes", "edges": [-20 + 8 * one for one in range(21)]}),
    )  # fmt: skip
    return evaluated_record(evaluation, "neutral", model="minutes")


EXAMPLES: dict[str, Callable[[], list[GateRecord]]] = {
    "better": lambda: [better()],
    "no-worse": lambda: [no_worse()],
    "worse": lambda: [worse()],
    "slightly-worse": lambda: [slightly_worse()],
    "cannot-tell": lambda: [cannot_tell()],
    "one-airport-worse": lambda: [one_airport_worse()],
    "fork-unverified": lambda: [fork()],
    "identical": lambda: [identical()],
    "skipped": lambda: [skipped()],
    "stopped": lambda: [stopped()],
    "accepted": lambda: [accepted()],
    "observe-mode": lambda: [observe()],
    "first-ever": lambda: [first_ever()],
    "two-models": two_models,
    "regression": lambda: [regression()],
}
