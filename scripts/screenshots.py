"""Write docs/comment/*.png: what a comment looks like for each thing that the gate can say, and the page. `make screenshots`.

Those in docs/comment/flights are of the comments beside them, which pull requests of the example got in act; to get new ones:
`pytest tests/e2e/test_gate_pull_request.py tests/e2e/test_gate_forks.py --comments docs/comment/flights`.
"""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser

from mlops_actions.comment import comment, page
from support.browser import as_github_shows, chromium, draw, shown
from support.records import EXAMPLES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "comment"
FLIGHTS = FOLDER / "flights"
EMOJI = "fonts-noto-color-emoji"
# name of the picture -> example, width, dark, folds open
COMMENTS = {
    "better": ("better", 960, False, False),
    "no-worse": ("no-worse", 960, False, False),
    "worse": ("worse", 960, False, False),
    "worse-dark": ("worse", 960, True, True),
    "worse-narrow": ("worse", 390, False, False),
    "slightly-worse": ("slightly-worse", 960, False, False),
    "cannot-tell": ("cannot-tell", 960, False, False),
    "one-airport-worse": ("one-airport-worse", 960, False, False),
    "fork-unverified": ("fork-unverified", 960, False, False),
    "two-models": ("two-models", 960, False, False),
    "stopped": ("stopped", 960, False, False),
    "identical": ("identical", 960, False, False),
    "accepted": ("accepted", 960, False, False),
    "observe-mode": ("observe-mode", 960, False, False),
}
PAGES = {"page": ("worse", 1200, False), "page-dark": ("worse", 1200, True)}


def main() -> None:
    """Write all pictures."""
    fonts = subprocess.run(["fc-list", ":lang=und-zsye"], capture_output=True, text=True, check=True).stdout
    if not fonts:
        sys.exit(f"The marks need a font with emoji. On Debian or Ubuntu: apt-get install {EMOJI}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for name, (example, width, dark, opened) in COMMENTS.items():
            html = as_github_shows(comment(EXAMPLES[example](), marker="<!-- mlops-actions -->"))
            picture(browser, html, FOLDER / f"{name}.png", width=width, dark=dark, opened=opened)
        for path in sorted(FLIGHTS.glob("*.md")):
            html = as_github_shows(path.read_text(encoding="utf-8"))
            picture(browser, html, path.with_suffix(".png"), width=960, dark=False, opened=False)
        for name, (example, width, dark) in PAGES.items():
            html = page(EXAMPLES[example]())
            picture(browser, html, FOLDER / f"{name}.png", width=width, dark=dark, opened=False, most=1600)


def picture(browser: Browser, html: str, path: Path, *, width: int, dark: bool, opened: bool, most: int = 4000) -> None:
    """Write one picture, `most` pixels high at most."""
    with shown(browser, html, width=width, dark=dark, open_all=opened) as (one, _):
        if opened:
            draw(one)
        height = min(one.evaluate("document.body.scrollHeight"), most)
        one.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})


if __name__ == "__main__":
    main()
