"""The comments of the flights example in the documentation: each is whole, has its picture, and is shown."""

from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
TITLES = {
    "improves": "### ✅ flights: better",
    "changes-nothing": "### ✅ flights: identical by construction",
    "worse": "### ❌ flights: worse",
    "accepted": "### ✅ flights: worse, accepted",
    "too-small-to-tell": "### 🟡 flights: cannot tell",
    "one-airport": "### ❌ flights: worse",
    "forged-by-a-fork": "### ❌ flights: worse, unverified",
}


def test_all_kept_comments_are_known() -> None:
    assert {path.stem for path in (DOCS / "comment/flights").glob("*.md")} == set(TITLES)


@pytest.mark.parametrize("name", TITLES)
def test_a_kept_comment_says_what_it_stands_for_and_is_shown(name: str) -> None:
    text = (DOCS / f"comment/flights/{name}.md").read_text(encoding="utf-8")
    assert text.splitlines()[1] == TITLES[name]
    assert "127.0.0.1" not in text, "it is of no machine"
    shown = (DOCS / "comment.md").read_text(encoding="utf-8")
    assert f"(comment/flights/{name}.png)" in shown
    assert f"(comment/flights/{name}.md)" in shown
    assert (DOCS / f"comment/flights/{name}.png").read_bytes().startswith(b"\x89PNG")
