"""Fit views into what GitHub takes: the least important parts go first, and what went is named."""

from collections.abc import Callable

from mlops_actions.comment.blocks import Part
from mlops_actions.comment.write_markdown import markdown

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

    Headlines alone are not cut: of very many models they may be too long, and whoever calls says less of each then.
    """
    sizes: dict[int, int] = {}
    for part in (part for head, parts in stories for part in (head, *parts)):
        sizes[part.rank] = sizes.get(part.rank, 0) + length(markdown(part.blocks)) + 2
    while len(sizes) > 1:
        told, left_out = _up_to(stories, max(sizes))
        if sum(sizes.values()) <= most and length(text := write(told, left_out)) <= most:
            return text
        del sizes[max(sizes)]
    return write(*_up_to(stories, 0))


def _up_to(stories: Stories, rank: int) -> tuple[Stories, list[str]]:
    gone = dict.fromkeys(part.name for _, parts in stories for part in parts if part.rank > rank)
    return [(head, [part for part in parts if part.rank <= rank]) for head, parts in stories], list(gone)
