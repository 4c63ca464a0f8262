"""What evaluate found, typed: the comment, the check run, the HTML report and later runs read nothing else.

Published as docs/schemas/evaluation.schema.json. It holds aggregates; rows of the data appear only in `Flips.examples`, whose
values are masked unless mlops.yaml says `show_rows: true`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from mlops_actions.report.part import Alpha, Finite, Part

EVALUATOR = "1"
"""Version of what computes the numbers: part of the key of cached predictions and records, raised when they change."""

Word = Literal[
    "regressed",
    "improved",
    "non_inferior",
    "small_drop",
    "undecided",
    "unpowered",
    "identical",
    "no_base",
    "no_limit",
    "different_test_set",
]
Absolute = Literal["within_limit", "below_min", "above_max", "undecided", "unpowered"]
Cell = str | int | float | None


class Span(Part):
    """A value with its two-sided interval at the configured alpha on each side."""

    value: Finite
    low: Finite
    high: Finite


class Gain(Part):
    """A change turned so that + is better.

    Attributes:
        value, low, high: point and two-sided interval, alpha on each side.
        adjusted_low, adjusted_high: the interval that decides, at the level that multiplicity left (Holm).
        error: standard error.
        p_worse: one-sided p-value against "no worse than the base", unadjusted.
        p_better: one-sided p-value against "no better than the base", unadjusted.
    """

    value: Finite
    low: Finite
    high: Finite
    adjusted_low: Finite
    adjusted_high: Finite
    error: Finite
    p_worse: Finite
    p_better: Finite


class Floor(Part):
    """An absolute limit and how it came out; `side` is min or max."""

    key: str
    side: Literal["min", "max"]
    bound: Finite
    word: Absolute


class Comparison(Part):
    """One metric on all test rows.

    Attributes:
        metric: key under `evaluate`.
        title: for people.
        method: the test, named in full.
        support: rows that the claim rests on.
        margin: the drop that is allowed, absolute and in the metric's own unit; None where no drop is limited.
        key: dotted key of mlops.yaml that set the margin.
        detectable: smallest true drop found with the configured power.
        rows_needed: about how many test rows would show that an equal model is within the margin.
        noise: standard deviation between trainings that differ in the seed alone, where it was measured.
    """

    metric: str
    title: str
    method: str
    higher_is_better: bool
    rows: int
    support: int
    candidate: Span
    base: Span | None = None
    gain: Gain | None = None
    margin: Finite | None = None
    key: str | None = None
    word: Word
    detectable: Finite | None = None
    rows_needed: int | None = None
    noise: Finite | None = None
    floors: list[Floor] = Field(default=[])


class Slice(Part):
    """One metric on the rows of one slice.

    Attributes:
        name: such as `origin = EWR`, or `origin = EWR, distance 500 to 1000`.
        warned: Benjamini-Hochberg flags it; a warning and no failure.
    """

    name: str
    metric: str
    title: str
    rows: int
    support: int
    candidate: Finite
    base: Finite
    gain: Gain | None = None
    word: Word
    warned: bool = False
    detectable: Finite | None = None


class FlipCount(Part):
    """Rows that went from wrong to right and back, over all rows or in one class or slice."""

    name: str
    rows: int
    newly_right: int
    newly_wrong: int


class Example(Part):
    """A row that the base had right and the candidate has wrong; values are masked unless they may be shown."""

    id: str
    label: str
    base: str
    candidate: str
    confidence: Finite | None = None
    values: dict[str, Cell] = Field(default={})


class Flips(Part):
    """Which rows changed sides.

    Attributes:
        total: over all rows.
        wrong_otherwise: rows both have wrong, in another way.
        by_class, by_slice: the most changed first, capped.
        examples: the worst newly wrong rows (largest loss of confidence), capped.
    """

    total: FlipCount
    wrong_otherwise: int
    by_class: list[FlipCount] = Field(default=[])
    by_slice: list[FlipCount] = Field(default=[])
    examples: list[Example] = Field(default=[])
    masked: bool = True


class Confusion(Part):
    """Counts [K][K], label by prediction; more than 12 classes keep the most confused, the rest are `…`."""

    classes: list[str]
    base: list[list[int]] | None
    candidate: list[list[int]]


class CalibrationBin(Part):
    """Rows whose score lies in the bin: their mean score and the share that was right."""

    low: Finite
    high: Finite
    rows: int
    mean_score: Finite | None
    share: Finite | None


class Calibration(Part):
    """Reliability of the winning score (of the larger class where there are two), in ten equal bins; `error` is the ECE."""

    of: str
    base: list[CalibrationBin] | None
    candidate: list[CalibrationBin]
    base_error: Finite | None
    candidate_error: Finite


class Distribution(Part):
    """A histogram of the scores (or predicted values) of both models: `counts[i]` lies in [edges[i], edges[i+1])."""

    of: str
    edges: list[Finite]
    base: list[int] | None
    candidate: list[int]


class Side(Part):
    """One model: who it is, how large, how quick."""

    version: str | None = None
    commit: str | None = None
    input_digest: str | None = None
    architecture: str | None = None
    model_bytes: int | None = None
    p50_us: Finite | None = None
    p99_us: Finite | None = None
    train_rows: int | None = None


class Difference(Part):
    """Something that differs between base and candidate beside the predictions: a hyperparameter, a column, the data."""

    kind: Literal["hyperparameter", "feature", "data", "environment", "setting"]
    name: str
    base: Cell
    candidate: Cell


class Evaluation(Part):
    """Everything about one comparison of one model.

    Attributes:
        evaluator: version of what computes the numbers; part of the key of cached predictions.
        test_set: sha256 over ids and labels of the test rows, in order of id.
        word: of the whole: the worst gated comparison or slice; `improved` if all pass and one is better.
        base_from: where the base's predictions come from.
        slices_unpowered: names of slices with too few rows, which therefore say nothing.
        uses: at least how often this test set has decided, this time included; None where nobody counted.
        notices: sentences that nobody may overlook.
        seconds: wall time.
    """

    schema_version: Literal[1] = 1
    evaluator: str
    task: Literal["classification", "regression", "multilabel"]
    rows: int
    classes: list[str] = Field(default=[])
    test_set: str
    alpha: Alpha
    power: Annotated[float, Field(gt=0, lt=1)]
    word: Word
    base_from: Literal["bundle", "cache", "trained", "record", "identical", "none"] = "none"
    comparisons: list[Comparison]
    slices: list[Slice] = Field(default=[])
    slices_unpowered: list[str] = Field(default=[])
    flips: Flips | None = None
    confusion: Confusion | None = None
    calibration: Calibration | None = None
    distribution: Distribution | None = None
    candidate: Side = Side()
    base: Side | None = None
    differences: list[Difference] = Field(default=[])
    uses: int | None = Field(default=None, ge=1)
    notices: list[str] = Field(default=[])
    extra: dict[str, Any] = Field(default={})
