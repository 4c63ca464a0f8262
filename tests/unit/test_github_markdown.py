"""Reports as Markdown: data is text there and nothing else, as a real Markdown parser sees it."""

import html
import re
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mlops_actions.report import Finding, Report, Table
from mlops_actions.report.markdown import MOST_CELL, escape, escape_html, escape_sentence, render
from mlops_actions.verdict import Decision, Verdict

MARKS = "| --- # - 1. > <b> <!-- </details> @someone #12 GH-1 [x](http://evil) ![i](x) https://evil.example www.evil.example"
MORE_MARKS = "` ``` * _ ~~ $$ \\ &lt; a@b.example === : ! { 9f2c4e1 12345678 1c8e07d24b9a6f3350de81a7c4b26f9e0d37a512"
PIECES = st.sampled_from([*MARKS.split(), *MORE_MARKS.split(), " ", "\n", "\n\n", "\t"])
TEXT = st.lists(PIECES | st.text(max_size=5), max_size=10).map("".join)
PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
BREAK = "\u200b"


def shown(text: str) -> str:
    """What is left of a text on one line: printable characters."""
    return "".join(character if character.isprintable() else "�" for character in " ".join(text.split()))


def visible(tokens: list[Token]) -> str:
    return "".join(token.content for token in tokens).replace(BREAK, "")


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or []]


def references(text: str) -> list[str]:
    """What GitHub turns into links after rendering: mentions, issues, addresses."""
    commit = r"(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])"
    return re.findall(rf"@\w|#\d|\bgh-\d|https?://|www\.|{commit}", text, re.IGNORECASE)


def test_the_check_sees_what_is_not_escaped() -> None:
    bad = "<b>x</b> [x](http://evil) @someone"
    assert {token.type for token in inline(PARSER.parse(bad))} > {"text", "html_inline", "link_open"}
    assert references(bad)


@given(TEXT)
def test_a_cell_is_its_text_and_nothing_else(text: str) -> None:
    tokens = PARSER.parse(f"| head |\n| --- |\n| {escape(text)} |\n")
    cell = [token for token in tokens if token.type == "inline"][1]
    wanted = shown(text)
    wanted = wanted if len(wanted) <= MOST_CELL else wanted[: MOST_CELL - 1] + "…"
    assert {child.type for child in cell.children or []} <= {"text"}
    assert visible(cell.children or []) == wanted
    assert not references("".join(child.content for child in cell.children or []))
    assert Counter(token.type for token in tokens)["tr_open"] == 2


@example("- x")
@example("1. x")
@example("2) x")
@example("+ x")
@example("---")
@given(TEXT)
def test_a_sentence_is_its_text_and_nothing_else(text: str) -> None:
    tokens = PARSER.parse(f"**pass:** {escape_sentence(text)}")
    assert {token.type for token in tokens} == {"paragraph_open", "inline", "paragraph_close"}
    pieces = inline(tokens)
    assert {child.type for child in pieces} <= {"text", "strong_open", "strong_close"}
    assert Counter(child.type for child in pieces)["strong_open"] == 1
    assert visible(pieces).rstrip() == f"pass: {shown(text)}".rstrip()
    assert not references("".join(child.content for child in pieces))


@example("sched #")
@example("##")
@given(TEXT)
def test_a_heading_is_its_text_and_nothing_else(text: str) -> None:
    tokens = PARSER.parse(f"### train: {escape(text)}\n\nx\n")
    assert [token.type for token in tokens][:3] == ["heading_open", "inline", "heading_close"]
    assert {child.type for child in tokens[1].children or []} == {"text"}
    wanted = shown(text)
    wanted = wanted if len(wanted) <= MOST_CELL else wanted[: MOST_CELL - 1] + "…"
    assert visible(tokens[1].children or []) == f"train: {wanted}".rstrip()


@pytest.mark.parametrize(
    "text",
    [
        "sched_arr_time",
        "Metrics (change: + is better)",
        "336,776 rows",
        "+0.201 to +0.214",
        "data.test is 'month >= 10'.",
        "A & B: 90 % sure, version 1.2-3 {x}!",
    ],
)
def test_what_cannot_break_out_is_readable_in_an_editor(text: str) -> None:
    assert escape(text) == escape_sentence(text) == text


@pytest.mark.parametrize("text", [":octocat:", "0:octocat:", ":100:", "a :+1: b", ":e-mail:"])
def test_a_word_that_github_shows_as_an_image_is_broken(text: str) -> None:
    for written in (escape(text), escape_html(text)):
        assert written.replace(BREAK, "") == text
        assert not re.search(r":[\w+-]+:", written)


@pytest.mark.parametrize("digits", [7, 12, 40])
def test_the_name_of_a_commit_is_broken_and_shorter_or_longer_ones_are_not(digits: int) -> None:
    """A link to a commit of somebody's choice is still a link."""
    name = ("9f2c4e1" * 10)[:digits]
    for written in (escape(f"see {name}."), escape_sentence(f"see {name}."), escape_html(f"see {name}.")):
        assert written.replace(BREAK, "") == f"see {name}."
        assert max(len(piece) for piece in re.findall("[0-9a-f]+", written)) < 7
    for other in ("9f2c4e", name + "z", "9f2c4e1" * 6, "336,776"):
        assert escape(other) == other


def test_a_time_is_no_image() -> None:
    assert escape("2026-11-24 10:20:30") == "2026-11-24 10:20:30"


@given(TEXT)
def test_text_in_an_html_element_is_text(text: str) -> None:
    written = escape_html(text)
    assert not references(html.unescape(written))
    assert not set("<>\"'$\n") & set(written)
    wanted = shown(text)
    wanted = wanted if len(wanted) <= MOST_CELL else wanted[: MOST_CELL - 1] + "…"
    assert html.unescape(written).replace(BREAK, "") == wanted.replace(BREAK, "")


def test_what_can_break_out_is_held_by_a_backslash() -> None:
    assert escape("_a_ *b* [c] `d` <e> f|g ~h~ &amp; \\") == r"\_a\_ \*b\* \[c\] \`d\` \<e> f\|g \~h\~ \&amp; \\"


def report(text: str) -> Report:
    verdicts = [Verdict(decision=decision, reason="r", sentence=text) for decision in Decision]
    return Report(
        stage="train",
        model=text,
        verdict=verdicts[1],
        findings=[Finding(name=text, verdict=verdict) for verdict in verdicts],
        tables=[Table(title=text, columns=[text, "n"], rows=[[text, 1], [None, 0.5]])],
    )


@given(TEXT)
def test_data_does_not_change_the_shape_of_a_report(text: str) -> None:
    """Blocks and inline pieces are those of a report about nothing in particular."""
    assert shape(render(report(text + "x"))) == shape(render(report("plain")))


def shape(markdown: str) -> tuple[list[str], list[str]]:
    tokens = PARSER.parse(markdown)
    html = [token.content for token in [*tokens, *inline(tokens)] if token.type.startswith("html")]
    blocks = [token.type for token in tokens]
    pieces = [child.type for child in inline(tokens) if child.type != "text"]
    return blocks, [*pieces, *html]
