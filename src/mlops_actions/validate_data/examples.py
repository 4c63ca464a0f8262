"""A few of the values that broke a check, by shape unless they may be shown."""

import narwhals.stable.v2 as nw

from mlops_actions.validate_data.table import Column, Table, as_python, collected

MOST = 5
LONGEST = 40


def breaking(rows: Table, column: Column, breaks: nw.Expr, *, mask: bool) -> list[str]:
    """Return the first values that break a check as text, equal ones once."""
    first = collected(rows.frame.filter(breaks).head(MOST).select(as_python(column, column.values)))
    return _texts(first[column.key].to_list(), mask=mask)


def rarest(rows: Table, column: Column, *, mask: bool) -> list[str]:
    """Return the values with the fewest rows as text: a category too many is often a misspelt one."""
    counted = rows.frame.filter(~column.values.is_null()).group_by(column.key).agg(nw.len().alias("rows"))
    first = collected(counted.sort("rows", column.key).head(MOST).select(as_python(column, column.values)))
    return _texts(first[column.key].to_list(), mask=mask)


def _texts(values: list[object], *, mask: bool) -> list[str]:
    texts = [shape(str(value)) if mask else str(value) for value in values]
    return list(dict.fromkeys(text if len(text) <= LONGEST else text[: LONGEST - 1] + "…" for text in texts))


def shape(value: str) -> str:
    """Return a value's shape: letters as a or A, digits as 9, ASCII punctuation and spaces as they are, the rest as ?."""
    return "".join(map(_class_of, value[: LONGEST + 1]))


def _class_of(character: str) -> str:
    if character.isdigit():
        return "9"
    if character.isalpha():
        return "A" if character.isupper() else "a"
    return character if character.isascii() and character.isprintable() else "?"
