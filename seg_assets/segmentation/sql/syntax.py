"""The words that all SQL of the package is made of: columns, numbers, what is known, choices.

Belongs here: small syntax trees that mean the same in every dialect of DIALECTS.
Does not: what is said with them (the other modules of sql/, definitions.py).

Numbers without an exponent are decimals to all of the engines, and become the nearest double beside a double as long
as they have 15 digits or fewer. Two of them beside each other would be decimal arithmetic, which rounds otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

from sqlglot import Dialect, exp

Name = Literal["duckdb", "spark", "databricks", "trino"]
DIALECTS: tuple[Name, ...] = ("duckdb", "spark", "databricks", "trino")
# Elsewhere NaN is above all numbers.
NO_ORDER_OF_NAN = frozenset({"trino"})
DIGITS = 15

Branches = Sequence[tuple[exp.Expression, exp.Expression]]


def check_dialect(dialect: str) -> None:
    """Raise ValueError for a dialect in which the answers are not known to be exact."""
    if dialect not in DIALECTS:
        raise ValueError(f"no dialect {dialect!r}; definitions are exact in {', '.join(DIALECTS)}")


def column(name: str) -> exp.Column:
    """A column; in quotes only where its name is a word of some dialect."""
    return exp.column(name, quoted=True) if name.upper() in _words() else exp.column(name)


def number(value: float) -> exp.Expression:
    """A number that reads back as the same double."""
    text = repr(float(value)).removesuffix(".0")
    digits = text.partition("e")[0].lstrip("-0.").replace(".", "")
    if len(digits) > DIGITS and "e" not in text:
        text = f"{value:.16e}"
    return exp.Literal.number(text)


def sum_of(terms: Iterable[exp.Expression]) -> exp.Expression:
    """The terms added from left to right; one at least."""
    first, *others = terms
    for term in others:
        first = exp.Add(this=first, expression=term)
    return first


def minus(tree: exp.Expression, value: float) -> exp.Expression:
    """`tree - value`, as a sum where `value` is negative."""
    kind = exp.Add if value < 0 else exp.Sub
    return exp.paren(kind(this=tree, expression=number(abs(value))))


def choice(branches: Branches, otherwise: exp.Expression | None = None) -> exp.Case:
    """CASE WHEN; null where no branch is taken and nothing is `otherwise`."""
    case = exp.Case()
    for condition, value in branches:
        case = case.when(condition, value, copy=False)
    return case if otherwise is None else case.else_(otherwise, copy=False)


def is_known(name: str) -> exp.Expression:
    """Whether a column of doubles holds a number. Null is asked for too: it is no NaN to Spark, and null elsewhere."""
    return exp.and_(exp.not_(is_missing(name)), exp.not_(exp.IsNan(this=column(name))))


def is_missing(name: str) -> exp.Expression:
    """Whether a column holds null."""
    return exp.Is(this=column(name), expression=exp.null())


@cache
def _words() -> frozenset[str]:
    found: set[str] = set()
    for name in DIALECTS:
        dialect = Dialect.get_or_raise(name)
        found.update(dialect.tokenizer_class.KEYWORDS, dialect.parser_class.NO_PAREN_FUNCTION_PARSERS)
        found.update(word.upper() for word in dialect.generator_class.RESERVED_KEYWORDS)
    return frozenset(found)
