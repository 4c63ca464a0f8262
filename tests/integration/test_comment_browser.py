"""The page and the comment in a real Chromium: light and dark, narrow and wide."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from mlops_actions.comment import comment, page
from support.browser import as_github_shows, chromium, draw, shown
from support.records import EXAMPLES

SIZES = [(390, False), (390, True), (1200, False), (1200, True)]
LOOKS = pytest.mark.parametrize(
    ("width", "dark"), SIZES, ids=["narrow-light", "narrow-dark", "wide-light", "wide-dark"]
)
MARKER = "<!-- mlops-actions -->"
# Texts with less contrast against what is behind them than WCAG 2.2 asks for (1.4.3: 4.5 to 1), and how much they have.
FAINT = """() => {
  const channels = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const over = (top, below) => {
    const alpha = top.length > 3 ? top[3] : 1;
    return [0, 1, 2].map(one => top[one] * alpha + below[one] * (1 - alpha));
  };
  const behind = element => {
    const layers = [];
    for (let one = element; one; one = one.parentElement) layers.push(channels(getComputedStyle(one).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const light = colour => {
    const [r, g, b] = colour.map(one => one / 255).map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const texts = [...document.querySelectorAll("body *")].filter(one =>
    [...one.childNodes].some(child => child.nodeType === 3 && child.textContent.trim()) && one.getClientRects().length
    && !one.closest(".mermaid") && !["STYLE", "SCRIPT"].includes(one.tagName));
  return texts.map(one => {
    const style = getComputedStyle(one), ground = behind(one);
    const front = over(channels(one.closest("svg") ? style.fill : style.color), ground);
    const [high, low] = [light(front), light(ground)].sort((a, b) => b - a);
    return [one.textContent.trim().slice(0, 40), (high + 0.05) / (low + 0.05)];
  });
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def check_layout(shown_page: Page, asked: list[str], *, width: int) -> None:
    """Nothing is fetched, nothing makes the page scroll sideways, the headline is seen without scrolling."""
    assert asked == []
    assert shown_page.evaluate("document.documentElement.scrollWidth") <= width
    headline = shown_page.locator("h1, h2, h3").first.bounding_box()
    assert headline
    assert headline["y"] + headline["height"] < 300
    contrasts: list[tuple[str, float]] = shown_page.evaluate(FAINT)
    assert len(contrasts) > 3
    assert [one for one in contrasts if one[1] < 4.5] == []


@LOOKS
@pytest.mark.parametrize("name", ["worse", "cannot-tell", "fork-unverified", "accepted", "two-models", "regression"])
def test_the_page(browser: Browser, name: str, width: int, dark: Any) -> None:
    with shown(browser, page(EXAMPLES[name]()), width=width, dark=dark) as (one, asked):
        check_layout(one, asked, width=width)
        assert one.locator("script").count() == 0


@LOOKS
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_comment(browser: Browser, name: str, width: int, dark: Any) -> None:
    html = as_github_shows(comment(EXAMPLES[name](), marker=MARKER))
    with shown(browser, html, width=width, dark=dark) as (one, asked):
        check_layout(one, asked, width=width)
        assert one.locator("h3").first.is_visible()


@LOOKS
def test_charts_of_the_page(browser: Browser, width: int, dark: Any) -> None:
    with shown(browser, page(EXAMPLES["worse"]()), width=width, dark=dark) as (one, _):
        charts = one.locator("svg.chart")
        assert charts.count() == 2
        lines = charts.first.locator("polyline")
        assert [line.get_attribute("points").count(",") for line in lines.all()] == [9, 9, 9]  # type: ignore[union-attr]
        colours = {line.evaluate("one => getComputedStyle(one).stroke") for line in lines.all()}
        assert len(colours) == 3
        box = charts.first.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1200, False)], ids=["narrow-dark", "wide-light"])
def test_mermaid_draws_the_charts_of_the_comment(browser: Browser, width: int, dark: Any) -> None:
    html = as_github_shows(comment(EXAMPLES["worse"](), marker=MARKER))
    with shown(browser, html, width=width, dark=dark, open_all=True) as (one, asked):
        draw(one)
        charts = one.locator(".mermaid svg")
        assert charts.count() == 2
        assert charts.first.locator(".plot path").count() == 3
        assert "Syntax error" not in one.inner_text("body")
        assert one.evaluate("document.documentElement.scrollWidth") <= width
        assert asked == []


@LOOKS
def test_whiskers_of_the_comment_stand_in_line(browser: Browser, width: int, dark: Any) -> None:
    """They are of one width in a fixed font, and on the same line as their numbers."""
    html = as_github_shows(comment(EXAMPLES["worse"](), marker=MARKER))
    with shown(browser, html, width=width, dark=dark, open_all=True) as (one, _):
        whiskers = one.locator("td code", has_text="●").all()
        assert len(whiskers) == 7
        boxes = [whisker.bounding_box() for whisker in whiskers]
        widths = [box["width"] for box in boxes if box]
        assert max(widths) - min(widths) < 1
        fonts = {whisker.evaluate("one => getComputedStyle(one).fontFamily") for whisker in whiskers}
        assert all("mono" in font.lower() for font in fonts)
        assert {whisker.evaluate("one => one.getClientRects().length") for whisker in whiskers} == {1}


@LOOKS
def test_intervals_of_the_page_stand_in_line(browser: Browser, width: int, dark: Any) -> None:
    with shown(browser, page(EXAMPLES["worse"]()), width=width, dark=dark) as (one, _):
        rows = one.locator("tr", has=one.locator("svg.whisker")).filter(has_text="origin")
        zero = [line.get_attribute("x1") for line in rows.locator("line.zero").all()]
        limit = [line.get_attribute("x1") for line in rows.locator("line.limit").all()]
        assert len(zero) == len(limit) == 3
        assert len(set(zero)) == len(set(limit)) == 1
        assert float(str(limit[0])) < float(str(zero[0]))


def test_the_page_may_load_and_run_nothing(browser: Browser) -> None:
    """Even if something of theirs got in, the page's own policy stops it."""
    theirs = '<img src="https://evil.example/x.png"><script>document.title = "run"</script></main>'
    injected = page(EXAMPLES["worse"]()).replace("</main>", theirs)
    with shown(browser, injected, width=1200, dark=False) as (one, asked):
        assert one.title() == "flights: worse"
        assert asked == []
    without = injected.replace("Content-Security-Policy", "x")
    with shown(browser, without, width=1200, dark=False) as (one, asked):
        assert one.title() == "run"
        assert asked == ["https://evil.example/x.png"]


def test_a_long_name_does_not_stretch_the_page(browser: Browser) -> None:
    (record,) = EXAMPLES["worse"]()
    long = record.model_copy(update={"model": "m" * 180, "sentence": "w" * 300, "problem": "p" * 300})
    for html in (page([long]), as_github_shows(comment([long], marker=MARKER))):
        with shown(browser, html, width=390, dark=False) as (one, _):
            assert one.evaluate("document.documentElement.scrollWidth") <= 390
