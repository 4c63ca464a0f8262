"""What a view is made of. Content is data here; `write_markdown` and `write_html` escape all of it, each in its own way."""

from dataclasses import dataclass

from mlops_actions.comment.whiskers import Interval
from mlops_actions.report.evaluation import Confusion


@dataclass(frozen=True)
class Strong:
    """Emphasised text."""

    text: str


@dataclass(frozen=True)
class Code:
    """Something to type, of ours; what could break out of a code span is shown as plain text."""

    text: str


@dataclass(frozen=True)
class Link:
    """A link of ours; an address that is not plainly http(s) leaves the text alone."""

    text: str
    url: str


@dataclass(frozen=True)
class Commit:
    """A commit's name, of git: GitHub links it. In any other text it is kept from doing so."""

    text: str


Span = str | Strong | Code | Link | Commit | Interval
Line = tuple[Span, ...]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is the title of the view."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text; `quoted` sets it apart, for what nobody may overlook."""

    line: Line
    quoted: bool = False


@dataclass(frozen=True)
class Small:
    """Small print."""

    line: Line


@dataclass(frozen=True)
class Bullets:
    """A list."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """A table; `right` are the numbers of the columns that hold numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Key:
    """How to read the intervals of a table, in the signs that the writer draws them with.

    Attributes:
        level: of the intervals, such as `90 %`.
        limited: the allowed drop is marked; else each row has a scale of its own.
        lower: of some metrics less is better, marked by ↓.
        widened: some intervals that decide are wider than those of the level.
    """

    level: str
    limited: bool
    lower: bool
    widened: bool


@dataclass(frozen=True)
class Series:
    """One line of a chart."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Chart:
    """Lines over evenly spaced places from `x_low` to `x_high`. Axis names are ours, so nothing in a chart is data but numbers."""

    x_name: str
    x_low: float
    x_high: float
    y_name: str
    y_high: float
    series: tuple[Series, ...]


@dataclass(frozen=True)
class Matrices:
    """Confusion matrices of both models, side by side."""

    confusion: Confusion


@dataclass(frozen=True)
class Fold:
    """Blocks behind a title that opens them."""

    title: str
    blocks: "tuple[Block, ...]"
    opened: bool = False


Block = Heading | Paragraph | Small | Bullets | Table | Key | Chart | Matrices | Fold


@dataclass(frozen=True)
class Part:
    """Blocks that belong together. Where room is short, the parts of the highest rank are left out first, and named."""

    name: str
    rank: int
    blocks: tuple[Block, ...]
