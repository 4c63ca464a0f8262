"""Fit views into what GitHub takes: the least important parts go first, and what went is named."""

from collections.abc import Callable

from mlops_actions.comment.blocks import Part

Stories = list[tuple[Part, list[Part]]]  # headline and details of each model


def fitted(
    stories: Stories, write: Callable[[Stories, list[str]], str], most: int, length: Callable[[str], int] = len
) -> str:
    """Return the view with as many parts as fit into `most`.

    Args:
        stories: of the models, the worst first.
        write: makes the text of what is told, and of the names of what was left out.
        most: the limit.
        length: how the text is measured.

    Headlines alone have to fit; `write` sees to that by saying less of each when there are very many models.
    """
    left_out: list[str] = []
    text = write(stories, left_out)
    while length(text) > most and (rank := max((part.rank for _, parts in stories for part in parts), default=0)):
        left_out += sorted({part.name for _, parts in stories for part in parts if part.rank == rank})
        stories = [(head, [part for part in parts if part.rank != rank]) for head, parts in stories]
        text = write(stories, left_out)
    return text
