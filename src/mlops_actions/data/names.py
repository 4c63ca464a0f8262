"""Column names in messages: a name may hold anything, ten thousand characters too."""

import difflib
from collections.abc import Iterable

LONGEST = 60


def shown(name: str) -> str:
    """Return a name in quotes, on one line, at most 60 characters of it."""
    quoted = repr(name)
    return quoted if len(quoted) <= LONGEST else f"{quoted[: LONGEST - 2]}…{quoted[0]}"


def plain(name: str) -> str:
    """Return a name without quotes where it is short and printable, else as `shown`."""
    return name if name.strip() and name.isprintable() and len(name) <= LONGEST else shown(name)


def listed(names: Iterable[str], most: int = 10) -> str:
    """Return the first names, in quotes, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(shown(name) for name in every[:most]) + more


def nearest(name: str, names: list[str]) -> str:
    """Return a hint at the most similar name, or the names there are."""
    near = difflib.get_close_matches(name[:200], [known[:200] for known in names], n=1)
    return f"Did you mean {shown(near[0])}?" if near else f"The columns are: {listed(names)}."
