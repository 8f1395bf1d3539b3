"""What each column of a snapshot holds, over everyone and every slice.

Belongs here: counts, moments, quantiles and frequent values of one snapshot. Does not: comparing two (drift.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

QUANTILES = tuple(round(0.1 * tenth, 1) for tenth in range(11))
FREQUENT = 10
COUNTED = pl.Struct({"item": pl.String, "count": pl.Int64})
DECIMAL, WHOLE, TEXT = pl.Float64(), pl.Int64(), pl.String()
SCHEMA = pl.Schema(
    {
        "slice_key": TEXT,
        "slice_value": TEXT,
        "column_name": TEXT,
        "data_type": TEXT,
        "count": WHOLE,
        "num_nulls": WHOLE,
        "avg": DECIMAL,
        "quantiles": pl.List(pl.Float64),
        "min": DECIMAL,
        "max": DECIMAL,
        "stddev": DECIMAL,
        "num_zeros": WHOLE,
        "num_nan": WHOLE,
        "min_length": WHOLE,
        "max_length": WHOLE,
        "avg_length": DECIMAL,
        "non_null_columns": pl.List(pl.String),
        "frequent_items": pl.List(COUNTED),
        "median": DECIMAL,
        "distinct_count": WHOLE,
        "percent_nan": DECIMAL,
        "percent_null": DECIMAL,
        "percent_zeros": DECIMAL,
        "percent_distinct": DECIMAL,
    }
)
"""Shares, called percent as in Databricks data profiling, are 0 to 100. The column ":table" is the table itself."""

TABLE = ":table"
PERCENT = {"nan": "num_nan", "null": "num_nulls", "zeros": "num_zeros", "distinct": "distinct_count"}
# No column is called so.
SEPARATOR = "\x1f"
MEASURES = tuple(SCHEMA)


def profile(snapshot: pl.DataFrame, columns: Sequence[str], slice_columns: Sequence[str] = ()) -> pl.DataFrame:
    """A row (SCHEMA) a column and slice, and one a slice for the table; everyone has the slice key "".

    columns: numeric, Boolean or text. Numbers have moments and deciles, texts lengths and the ten most frequent values,
    Booleans both as 0 and 1 and as values. A value that is null is counted in num_nulls and left out of the rest.
    """
    parts = [("", "", snapshot)]
    for key in slice_columns:
        levels = sorted(snapshot[key].drop_nulls().unique())
        parts += [(key, level, snapshot.filter(pl.col(key) == level)) for level in levels]
    exact = [expression for name in columns for expression in _figures(snapshot, name)]
    rows = []
    for key, value, part in parts:
        figures = part.select(exact).row(0, named=True)
        where = {"slice_key": key, "slice_value": value, "count": part.height}
        rows += _of_slice(part, columns, where, figures)
    return pl.DataFrame(rows, schema=SCHEMA)


def _of_slice(
    part: pl.DataFrame, columns: Sequence[str], where: Mapping[str, Any], figures: Mapping[str, Any]
) -> list[dict[str, Any]]:
    rows = []
    for name in columns:
        here = {of: figures[f"{name}{SEPARATOR}{of}"] for of in MEASURES if f"{name}{SEPARATOR}{of}" in figures}
        percent = {
            f"percent_{short}": 100 * here[counted] / max(part.height, 1)
            for short, counted in PERCENT.items()
            if counted in here
        }
        text = part.schema[name] in (pl.String, pl.Boolean)
        frequent = {"frequent_items": _frequent(part[name])} if text else {}
        kind = str(part.schema[name]).lower()
        rows.append({**where, "column_name": name, "data_type": kind, **here, **percent, **frequent})
    filled = [name for name in columns if figures[f"{name}{SEPARATOR}num_nulls"] < part.height]
    return [{**where, "column_name": TABLE, "data_type": "table", "non_null_columns": filled}, *rows]


def _figures(snapshot: pl.DataFrame, name: str) -> list[pl.Expr]:
    """One row of figures of a column, each named `column SEPARATOR figure`."""
    column, kind = pl.col(name), snapshot.schema[name]
    found = {"num_nulls": column.null_count().cast(pl.Int64), "distinct_count": column.drop_nulls().n_unique()}
    if kind == pl.String:
        length = column.str.len_chars()
        found |= {"min_length": length.min(), "max_length": length.max(), "avg_length": length.mean()}
    else:
        number = column.cast(pl.Float64).fill_nan(None)
        found |= {
            "avg": number.mean(),
            "min": number.min(),
            "max": number.max(),
            "stddev": number.std(ddof=0),
            "median": number.median(),
            "quantiles": number.quantile(list(QUANTILES), "linear"),
            "num_zeros": (number == 0).sum(),
            "num_nan": column.is_nan().sum() if kind.is_float() else pl.lit(0).first(),
        }
    return [expression.alias(f"{name}{SEPARATOR}{of}") for of, expression in found.items()]


def _frequent(values: pl.Series) -> list[dict[str, Any]]:
    counts = (
        values.drop_nulls()
        .cast(pl.String)
        .rename("item")
        .value_counts()
        .sort("count", "item", descending=[True, False])
    )
    return counts.head(FREQUENT).to_dicts()
