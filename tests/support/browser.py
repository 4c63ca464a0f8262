"""A real browser for what people look at: pages as they are, comments as GitHub shows them (its style sheet, its Mermaid)."""

import contextlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page, Route, sync_playwright

from npm import packed
from servers import require

STYLE = ("github-markdown-css", "5.9.0", "package/github-markdown.css")
MERMAID = ("mermaid", "12.3.0", "package/dist/mermaid.min.js")
# As in a pull request: a box in the conversation, about as wide as there.
FRAME = """
:root { color-scheme: light dark; }
body { margin: 0; padding: 1px 0; background: #fff; }
.box { margin: 16px auto; max-width: 900px; border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden; }
.who { background: #f6f8fa; color: #59636e; border-bottom: 1px solid #d1d9e0; padding: 8px 16px; font: 14px system-ui, sans-serif; }
.markdown-body { padding: 16px; font-size: 14px; }
.markdown-body pre.mermaid { background: none; padding: 0; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; }
  .box { border-color: #3d444d; }
  .who { background: #151b23; color: #9198a1; border-color: #3d444d; }
}
@media (max-width: 600px) { .box { margin: 8px; } }
"""
DRAW = """async () => {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  mermaid.initialize({startOnLoad: false, theme: dark ? "dark" : "default", securityLevel: "strict"});
  await mermaid.run({querySelector: ".mermaid"});
}"""


def from_npm(name: str, version: str, member: str) -> str:
    """Return a file of an npm package."""
    with tarfile.open(packed(name, version)) as archive:
        content = archive.extractfile(member)
        assert content is not None
        return content.read().decode()


def as_github_shows(markdown: str) -> str:
    """Return a page with a comment on it; charts are drawn by `draw`."""
    body = MarkdownIt("gfm-like", {"html": True}).render(markdown)
    body = body.replace('<pre><code class="language-mermaid">', '<pre class="mermaid">')
    style = f"<style>{from_npm(*STYLE)}</style><style>{FRAME}</style>"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{style}'
    box = '<div class="box"><div class="who"><b>github-actions</b> bot commented</div>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{box}<article class="markdown-body">{body}</article></div></body></html>'


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    program: Path = require("chromium")
    with sync_playwright() as playwright:
        # Its sandbox refuses to run as root, and what it shows here is ours.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def shown(
    browser: Browser, html: str, *, width: int, dark: bool, open_all: bool = False
) -> Iterator[tuple[Page, list[str]]]:
    """Show a page that is not connected to anything; yield it with the addresses that it asked for."""
    scheme: Any = "dark" if dark else "light"
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, device_scale_factor=2 if width < 600 else 1
    )
    asked: list[str] = []
    page = context.new_page()

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    context.route("**/*", refuse)
    try:
        page.set_content(html)
        if open_all:
            page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
        yield page, asked
    finally:
        context.close()


def draw(page: Page) -> None:
    """Let Mermaid draw the charts of a comment."""
    page.add_script_tag(content=from_npm(*MERMAID))
    page.evaluate(DRAW)
