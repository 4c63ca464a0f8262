"""data.test as SQL: one condition over the columns of a row, and nothing that reads anything else.

Polars runs sub-queries and table functions (`read_csv`) wherever SQL is parsed, so a condition is read here first. Only
pieces that every SQL dialect cuts alike are let through: no comments, escapes, dollar quotes or back-ticks behind which
a word could hide.
"""

import re

import polars as pl

from mlops_actions.data.names import nearest, shown
from mlops_actions.errors import DataError

_PIECE = re.compile(
    r"""\s+
    | (?<![\w&]) '(?:[^']|'')*'         # text
    | (?<![\w&]) "(?:[^"]|"")*"         # name of a column
    | \w+
    | [-+*/%<>=!~^|&(),.:\[\]]
    """,
    re.VERBOSE,
)
_QUERY_WORDS = {"select", "values", "table", "with", "insert", "update", "delete", "merge"}
_READER = re.compile(r"(read|scan)_\w+", re.IGNORECASE)
_EXAMPLE = 'write a SQL condition over the columns, such as "month >= 10".'


def holds(rows: pl.DataFrame, condition: str) -> pl.Series:
    """Return on which rows the condition is true; null where it is null.

    An empty table answers too: that is how a condition is checked before any row is read.

    Raises:
        DataError: not SQL, a column is not there, no yes-or-no answer on each row, or more than a condition.
    """
    expression = _parsed(condition)
    missing = [name for name in expression.meta.root_names() if name not in rows.columns]
    if missing:
        raise DataError(
            f"data.test, {shown(condition)}, cannot be used: there is no column {shown(missing[0])}.",
            fix=nearest(missing[0], rows.columns),
        )
    try:
        answers = rows.select(expression.alias("test")).to_series()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _unusable(condition, str(error).splitlines()[0]) from None
    if answers.dtype == pl.Boolean and len(answers) == rows.height:
        return answers
    given = "one answer for all rows" if answers.dtype == pl.Boolean else f"{answers.dtype}, not true or false"
    raise DataError(
        f"data.test, {shown(condition)}, is no condition on each row: it gives {given}.",
        fix='compare a column with a value, such as "month >= 10".',
    )


def _parsed(condition: str) -> pl.Expr:
    odd = _more_than_a_condition(condition)
    if odd:
        raise _unusable(condition, f"{odd} has no place in a condition over the columns of one row")
    try:
        return pl.sql_expr(condition)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _unusable(condition, str(error).splitlines()[0]) from None


def _unusable(condition: str, reason: str) -> DataError:
    return DataError(
        f"data.test, {shown(condition)}, cannot be used: {reason}.",
        fix=f"{_EXAMPLE} A column with the name of a SQL word goes in double quotes.",
    )


def _more_than_a_condition(condition: str) -> str:
    """Return the first thing that could hide or start a query, or nothing."""
    pieces = [piece for piece in _PIECE.findall(condition) if not piece.isspace()]
    unquoted = "".join("''" if piece[0] in "'\"" else piece for piece in _PIECE.findall(condition))
    left = _PIECE.sub("", condition)
    if left:
        return shown(left[0])
    hidden = next((mark for mark in ("--", "/*", "*/") if mark in unquoted), "")
    escaped = next((mark for mark in ("\\'", '\\"') if mark in condition), "")
    if hidden or escaped:
        return shown(hidden or escaped)
    return next((shown(piece) for at, piece in enumerate(pieces) if _starts_a_query(pieces, at)), "")


def _starts_a_query(pieces: list[str], at: int) -> bool:
    word = pieces[at].lower()
    if word == "from":  # fine in `is distinct from` and `extract(year from day)` alone
        before = [piece.lower() for piece in pieces[max(at - 3, 0) : at]]
        return before[-1:] != ["distinct"] and before[:2] != ["extract", "("]
    return word in _QUERY_WORDS or bool(_READER.fullmatch(word))
