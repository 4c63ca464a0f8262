"""Which classes there are, and one spelling for those that tools write otherwise: True for true, 1.0 for 1."""

import re
from collections import Counter
from dataclasses import replace

import polars as pl

from mlops_actions.errors import DataError
from mlops_actions.evaluate.sources import SCORE, Source
from mlops_actions.evaluate.text import as_text, in_order, listed

WHOLE_NUMBER = re.compile(r"(-?\d+)\.0+")


def respelled(source: Source, labels: set[str]) -> Source:
    """Return predictions and score columns of a plain file with their classes spelled as the labels spell them."""
    if source.config:
        return source
    told, scored = spelling(predicted(source), labels), spelling(set(source.scored()), labels)
    frame = source.frame.rename({SCORE + name: SCORE + label for name, label in scored.items()})
    if told:
        frame = frame.with_columns(as_text(frame["prediction"]).replace(told).alias("prediction"))
    return replace(source, frame=frame)


def spelling(names: set[str], labels: set[str]) -> dict[str, str]:
    """Return the label that each foreign name means, where only one can be meant: versions 1, 1.0 and 1.00 stay three."""
    own = {_plain(label): label for label in labels}
    meaning = Counter(map(_plain, names))
    if len(own) < len(labels):
        return {}
    foreign = [name for name in names - labels if _plain(name) in own and meaning[_plain(name)] == 1]
    return {name: own[_plain(name)] for name in foreign}


def _plain(name: str) -> str:
    if name.lower() in {"true", "false"}:
        return name.lower()
    whole = WHOLE_NUMBER.fullmatch(name)
    return whole[1] if whole else name


def predicted(source: Source) -> set[str]:
    """Return the classes that a source predicts; none where it has only scores."""
    if "prediction" not in source.frame.columns:
        return set()
    return set(as_text(source.frame["prediction"].unique(), source.path).drop_nulls())


def classes_of(labels: pl.Series, sources: list[Source]) -> list[str]:
    """Return all classes: a bundle's own order, then what else the labels, the score columns and the predictions hold.

    Args:
        labels: [N] text.
        sources: `respelled`; the candidate first.

    Raises:
        DataError: one class only, none in common, or a third one that only the predictions of one side bring.
    """
    there = set(labels.unique())
    if len(there) < 2:
        raise DataError("All labels are of one class.", why="the test rows lost a class.", fix="check the split.")
    for source in sources:
        _refuse_foreign(source, there)
    bundled = [list(source.config.classes) for source in sources if source.config]
    declared = there.union(*bundled, *(source.scored() for source in sources))
    for source in sources:
        _refuse_third(source, declared)
    seen = declared.union(*map(predicted, sources))
    known = bundled[0] if bundled else []
    return known + in_order(seen - set(known))


def _refuse_foreign(source: Source, labels: set[str]) -> None:
    """Refuse other names for the classes: every answer would count as wrong, of both models alike."""
    if source.config and labels.intersection(source.config.classes):
        return
    for what, names in (("predictions", predicted(source)), ("score columns", set(source.scored()))):
        if names and not names & labels:
            raise DataError(
                f"Labels and {what} of {source.path} have no class in common: "
                f"the labels are {_some(labels)}, the {what} {_some(names)}.",
                why="the classes are written otherwise, or belong to another model.",
                fix="write the classes as the labels have them.",
            )


def _refuse_third(source: Source, declared: set[str]) -> None:
    """Refuse a third class where there are two: precision, recall and the area would turn into means over three."""
    stray = predicted(source) - declared
    if stray and len(declared) == 2:
        raise DataError(
            f"{source.path} predicts {_some(stray)}, and the classes are {_some(declared)}.",
            why="no label is of that class, and no score column or bundle names it.",
            fix="correct it, or write score_<class> for each class where there are more than two.",
        )


def _some(names: set[str]) -> str:
    return listed(in_order(names))
