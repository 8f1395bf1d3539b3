"""Random conditions in the language of labels, and rows that are hardest for them: nulls, NaN, values on a threshold.

Belongs here: strategies. Does not: what is asked of them (the tests).
"""

from __future__ import annotations

import math

import polars as pl
from hypothesis import strategies as st

NUMBERS, TEXTS, TRUTHS = ("visits", "order", "growth"), ("size", "tier"), ("member", "flag")
SCHEMA = dict.fromkeys(NUMBERS, pl.Float64()) | dict.fromkeys(TEXTS, pl.String()) | dict.fromkeys(TRUTHS, pl.Boolean())
VALUES = [0.0, 1.0, 2.5, -3.0, 0.1]
SPECIAL = [None, math.nan, math.inf, -math.inf, -0.0, *VALUES]
LEVELS = ["A", "none", "it's"]

numbers = st.recursive(
    st.sampled_from([*NUMBERS, *(repr(value) for value in VALUES)]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(NUMBERS), st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda of: f"COALESCE(visits, {of})"),
        st.sampled_from(NUMBERS).map(lambda name: f"-{name}"),
    ),
    max_leaves=3,
)
texts = st.sampled_from([*TEXTS, "'A'", "'it''s'", "COALESCE(size, 'none')"])
compared = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
plain = st.one_of(
    st.sampled_from([*TRUTHS, "TRUE", "FALSE"]),
    st.tuples(numbers, compared, numbers).map(" ".join),
    st.tuples(texts, st.sampled_from(["=", "<>"]), texts).map(" ".join),
    st.tuples(st.sampled_from(NUMBERS), st.sampled_from(VALUES), st.sampled_from(VALUES)).map(
        lambda t: f"{t[0]} BETWEEN {t[1]} AND {t[2]}"
    ),
    st.tuples(numbers, numbers).map(lambda t: f"growth NOT BETWEEN {t[0]} AND {t[1]}"),
    st.sampled_from(["visits IN (1, 2.5)", "size IN ('A', 'it''s')", "visits NOT IN (0, -3)", "size NOT IN ('A')"]),
    st.sampled_from([*SCHEMA]).flatmap(lambda name: st.sampled_from([f"{name} IS NULL", f"{name} IS NOT NULL"])),
)
conditions = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(" ".join),
        inner.map(lambda of: f"NOT ({of})"),
    ),
    max_leaves=4,
)
rows = st.fixed_dictionaries(
    dict.fromkeys(NUMBERS, st.sampled_from(SPECIAL))
    | dict.fromkeys(TEXTS, st.sampled_from([None, *LEVELS]))
    | dict.fromkeys(TRUTHS, st.sampled_from([None, True, False]))
)
