"""A gate record inside a check run's text: hidden in front of what people read, compressed, never more than GitHub takes.

In front, so that nothing in the readable part (open code fences, a quoted record) can hide it or pose as it.
"""

import base64
import binascii
import gzip
import zlib
from collections.abc import Callable

from pydantic import ValidationError

from mlops_actions.errors import DataError
from mlops_actions.report.evaluation import Evaluation
from mlops_actions.report.gate import GateRecord

MOST_BYTES = 65_535  # of a check run's text
MOST_READABLE_BYTES = 24_000
MOST_RECORD_BYTES = 8_000_000  # decompressed: what claims to be more is no record of ours
START, END = "<!-- mlops-actions record 1 ", " -->\n"
CUT = "\n\n…\n\n_Cut here: the rest is in the job summary._\n"


def hide(record: GateRecord, readable: str) -> tuple[str, GateRecord]:
    """Return the text of a check run, and the record as it is kept in it (`reduced` says what was left out).

    Raises:
        DataError: not even the smallest form fits.
    """
    shown = _cut(readable)
    room = MOST_BYTES - len(shown.encode())
    for kept in _ever_smaller(record):
        packed = START + _packed(kept) + END
        if len(packed) <= room:
            return packed + shown, kept
    raise DataError(f"The record of {record.model} is too large for a check run.", fix="shorten names in mlops.yaml.")


def find(text: str) -> GateRecord | None:
    """Return the record in a check run's text; None if it has none.

    Raises:
        DataError: there is one, and it cannot be read.
    """
    if not text.startswith(START):
        return None
    packed, end, _ = text.removeprefix(START).partition(END)
    try:
        return GateRecord.model_validate_json(_unpacked(packed if end else ""))
    except (ValidationError, binascii.Error, zlib.error, ValueError):
        raise DataError("the record in the check run is damaged, or of another version of mlops-actions.") from None


def _packed(record: GateRecord) -> str:
    # Without the time, so that the same record is the same text.
    content = gzip.compress(record.model_dump_json().encode(), mtime=0)
    return base64.b64encode(content).decode()


def _unpacked(packed: str) -> bytes:
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    content = reader.decompress(base64.b64decode(packed, validate=True), MOST_RECORD_BYTES)
    if not reader.eof:
        raise ValueError("cut, or too large")
    return content


def _cut(readable: str) -> str:
    content = readable.encode()
    if len(content) <= MOST_READABLE_BYTES:
        return readable
    return content[: MOST_READABLE_BYTES - len(CUT.encode())].decode(errors="ignore") + CUT


Reduction = Callable[[Evaluation], dict[str, object]]
# The least important first: people have them in the report of the run, and the next run needs the comparisons alone.
REDUCTIONS: dict[str, Reduction] = {
    "examples": lambda whole: {"flips": whole.flips and whole.flips.model_copy(update={"examples": []})},
    "slices after the 200th": lambda whole: {"slices": whole.slices[:200]},
    "flips by slice": lambda whole: {"flips": whole.flips and whole.flips.model_copy(update={"by_slice": []})},
    "flips by class": lambda whole: {"flips": whole.flips and whole.flips.model_copy(update={"by_class": []})},
    "names of slices with too few rows": lambda _: {"slices_unpowered": []},
    "calibration": lambda _: {"calibration": None},
    "score distribution": lambda _: {"distribution": None},
    "confusion matrices": lambda _: {"confusion": None},
    "slices after the 20th": lambda whole: {"slices": whole.slices[:20]},
    "differences": lambda _: {"differences": [], "extra": {}},
    "all slices": lambda _: {"slices": []},
    "names of classes": lambda _: {"classes": []},
    "notices": lambda _: {"notices": []},
}


def _ever_smaller(record: GateRecord) -> "list[GateRecord]":
    """Return the record, and again with one thing less each time."""
    forms = [record]
    for name, reduction in REDUCTIONS.items():
        last = forms[-1]
        if last.evaluation is None:
            continue
        update = reduction(last.evaluation)
        if last.evaluation.model_copy(update=update) != last.evaluation:
            smaller = last.evaluation.model_copy(update=update)
            forms.append(last.model_copy(update={"evaluation": smaller, "reduced": [*last.reduced, name]}))
    return [*forms, _smallest(forms[-1])]


def _smallest(record: GateRecord) -> GateRecord:
    brief = {"annotations": [], "sentence": record.sentence[:1000], "problem": record.problem[:1000]}
    return record.model_copy(update={**brief, "reduced": [*record.reduced, "annotations", "long sentences"]})
