"""Whatever strings a record holds, they are text in every view: no element, no link, no mention, no chart of theirs."""

import html
import re
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel

from mlops_actions.comment import check, comment, page, summary
from mlops_actions.report import GateRecord
from mlops_actions.report.evaluation import Comparison
from mlops_actions.report.gate import Accepted
from support import records

MARKS = "| --- # - 1. > <b> <!-- --> </details> </summary> <script> @someone #12 GH-1 [x](http://evil) ![i](x) https://evil.example www.evil.example"
MORE_MARKS = "` ``` ~~~ * ** _ ~~ $$ \\ &lt; a@b.example === : ! { } %% %%{init: \" ' xychart-beta line [1] :octocat: 9f2c4e1 deadbeef 12345678901 \u202e \u2028 \x00"
PIECES = st.sampled_from(
    [*MARKS.split(), *MORE_MARKS.split(" "), " ", "\n", "\n\n", "\t", "```mermaid\n", "\n> ", "\n## "]
)
# It begins with a letter somewhere, so that nothing is missing because a name is blank.
TEXT = st.lists(PIECES | st.text(max_size=5), max_size=10).map(lambda pieces: "".join([*pieces, "x"]))
PARSER = MarkdownIt("gfm-like", {"html": True})
# What GitHub turns into links, images and people after rendering; a commit's name is 7 to 40 hexadecimal digits.
REFERENCES = re.compile(
    r"@\w|#\d|\bgh-\d|https?://|www\.|:[a-z+-][\w+-]*:|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])", re.IGNORECASE
)
TAGS = {"details", "summary", "sub"}
MARKER = "<!-- mlops-actions -->"
OF_GITHUB: dict[type[BaseModel], tuple[str, ...]] = {GateRecord: ("head", "base", "run_url"), Accepted: ("url",)}


def filled(value: Any, text: str, name: str = "") -> Any:
    """Return a record with all its free strings replaced; certain words stay, and commits and pages that GitHub named."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        free = {key: field.annotation for key, field in fields.items() if key not in OF_GITHUB.get(type(value), ())}
        return value.model_copy(
            update={key: filled(getattr(value, key), text, key) for key in free if not is_words(free[key])}
        )
    if isinstance(value, list):
        return [filled(one, text, name) for one in value]
    if isinstance(value, dict):
        return {f"{number}{text}": filled(one, text, name) for number, one in enumerate(value.values())}
    return text if isinstance(value, str) else value


def is_words(annotation: Any) -> bool:
    """Return whether a field takes certain words alone (a Literal)."""
    arguments = get_args(annotation)
    return bool(arguments) and all(isinstance(one, str) for one in arguments)


def everything() -> GateRecord:
    """Make a record that has something in every field that is shown."""
    record = records.accepted()
    assert record.evaluation
    evaluation = record.evaluation.model_copy(update={"notices": ["a notice"]})
    return record.model_copy(
        update={"evaluation": evaluation, "notes": ["a note"], "reduced": ["x"], "verified": False, "enforce": False}
    )


MAKERS: list[Callable[[], GateRecord]] = [
    everything,
    records.one_airport_worse,
    records.cannot_tell,
    records.stopped,
    records.first_ever,
    lambda: records.evaluated_record(records.evaluated("no_limit", records.others(0.001)), "success"),
]


PAGES = [{"href": records.RUN}, {"href": records.ACCEPTED}]
# The commits that were judged are the only ones that are linked.
OURS = re.compile(rf"(?i:commit|against) (?:{records.HEAD[:7]}|{records.BASE[:7]})\b")


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


def shape(markdown: str) -> list[tuple[str, str]]:
    """Return blocks and inline pieces without their texts. What is no example to type is shown as text, not as code."""
    tokens = PARSER.parse(markdown)
    kinds = [(token.type, token.tag) for token in tokens]
    pieces = [
        (token.type, token.tag) for token in inline(tokens) if token.type not in {"text", "text_special", "code_inline"}
    ]
    return kinds + pieces


def check_is_text(markdown: str, plain: str) -> None:
    """Compare a view with the same view of a record about nothing in particular."""
    assert shape(markdown) == shape(plain)
    tokens = PARSER.parse(markdown)
    for token in [*tokens, *inline(tokens)]:
        if token.type in {"html_block", "html_inline"}:
            assert set(re.findall(r"</?([a-z]+)", token.content.replace(MARKER, ""))) <= TAGS
            assert not REFERENCES.search(html.unescape(re.sub(r"<[^>]*>", "", token.content.replace(MARKER, ""))))
        if token.type == "text":  # in code GitHub links nothing
            assert not REFERENCES.search(OURS.sub("", token.content))
        if token.type == "fence":
            assert token.content in plain
    for attributes in (token.attrs for token in inline(tokens) if token.attrs):
        assert attributes in PAGES


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=12, deadline=None)
@example(text="\u2028\n> x")
@given(text=TEXT)
def test_markdown_is_shaped_by_us_alone(make: Callable[[], GateRecord], text: str) -> None:
    hostile, plain = filled(make(), text), filled(make(), "x")
    check_is_text(comment([hostile], marker=MARKER), comment([plain], marker=MARKER))
    check_is_text(check(hostile).summary, check(plain).summary)
    check_is_text(check(hostile).text, check(plain).text)
    assert check(hostile).title.isprintable()


@settings(max_examples=15, deadline=None)
@given(text=TEXT)
def test_markdown_of_several_models_is_shaped_by_us_alone(text: str) -> None:
    many = [[filled(make(), one) for make in (everything, records.better, records.identical)] for one in (text, "x")]
    check_is_text(comment(many[0], marker=MARKER), comment(many[1], marker=MARKER))
    check_is_text(summary(many[0][:1]), summary(many[1][:1]))


class Elements(HTMLParser):
    """Counts elements with their attributes, and gathers what a browser would show."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: Counter[tuple[str, tuple[str, ...]]] = Counter()
        self.other: list[str] = []
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, tuple(name for name, _ in attrs)] += 1

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)


@pytest.mark.parametrize("make", MAKERS)
@settings(max_examples=12, deadline=None)
@given(text=TEXT)
def test_html_is_shaped_by_us_alone(make: Callable[[], GateRecord], text: str) -> None:
    hostile, plain = Elements(page([filled(make(), text)])), Elements(page([filled(make(), "x")]))
    assert hostile.found == plain.found
    assert hostile.other == []


def test_these_tests_see_what_is_not_escaped() -> None:
    bad = shape("<b>x</b> [x](http://evil) :octocat:")
    assert {kind for kind, _ in bad} >= {"html_inline", "link_open"}
    assert REFERENCES.search("@someone")
    assert Elements("<!-- x --><script src=x>").other == [" x "]


def test_all_free_strings_are_replaced() -> None:
    made = filled(everything(), "hostile").model_dump()
    assert made["evaluation"]["comparisons"][0]["title"] == "hostile"
    assert made["evaluation"]["flips"]["examples"][0]["values"]["0hostile"] == "hostile"
    assert made["accepted"]["reason"] == made["sentence"] == made["model"] == made["notes"][0] == "hostile"
    assert made["conclusion"] == "success"
    assert isinstance(filled(everything(), "x").evaluation.comparisons[0], Comparison)


def test_links_are_those_of_the_run_and_of_the_acceptance() -> None:
    tokens = inline(PARSER.parse(comment([everything()], marker=MARKER)))
    accepted = everything().accepted
    assert accepted
    assert {token.attrGet("href") for token in tokens if token.type == "link_open"} == {records.RUN, accepted.url}
    assert "linkify" not in {token.markup for token in tokens}
