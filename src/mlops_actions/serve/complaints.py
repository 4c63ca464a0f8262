"""Why requests are refused or fail, in the server's log: each sentence once, then again when its count has doubled."""

import logging
from collections import Counter

LOG = logging.getLogger(__name__)
MOST_SENTENCES, MOST_LETTERS = 50, 200
OTHERS = "other reasons"


class Complaints:
    """Counts sentences, a bounded number of them, and logs `<count> times <status>: <sentence>` at 1, 2, 4, 8 and so on.

    A log thus stays small however long a client goes on; what of a request is in a sentence is shortened to one line.
    """

    def __init__(self) -> None:
        self._counts = Counter[str]()

    def note(self, status: int, sentence: str) -> bool:
        """Count a request that was not answered, and say whether the sentence is new."""
        line = " ".join(sentence.split())
        shown = "".join(letter if letter.isprintable() else "?" for letter in line[:MOST_LETTERS])
        key = f"{status}: {shown}"
        if key not in self._counts and len(self._counts) >= MOST_SENTENCES:
            key = f"{status}: {OTHERS}"
        self._counts[key] += 1
        count = self._counts[key]
        if count & (count - 1) == 0:
            LOG.warning("%d times %s", count, key)
        return count == 1
