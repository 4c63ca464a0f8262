"""Settings of every test."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A shared runner is slow now and then; how long an example takes says nothing about the code. CI looks at the same
# examples each time, so that a change is blamed for what it did; a developer's machine goes on searching.
settings.register_profile("ours", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("ours")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--comments",
        metavar="FOLDER",
        help="Keep the comments that pull requests of flights got, for `make screenshots`.",
    )


@pytest.fixture
def keep_comment(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return a function that keeps a comment under a name, where --comments says so."""
    chosen = request.config.getoption("--comments")

    def keep(name: str, markdown: str) -> None:
        if chosen:
            folder = Path(chosen)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.md").write_text(markdown, encoding="utf-8")

    return keep
