"""Reading a landed value as the type that the contract gives it, without guessing.

Belongs here: expressions from any landed dtype to Float64, Boolean, String or Date; what does not cast becomes null.
Does not: deciding what happens to a row whose value did not cast (contract.py).
"""

from __future__ import annotations

import polars as pl

FLAGS = {"true": True, "1": True, "1.0": True, "yes": True, "false": False, "0": False, "0.0": False, "no": False}

WHAT_DOES_NOT_CAST = {
    pl.Float64(): "no number",
    pl.Boolean(): "neither true nor false",
    pl.String(): "no text",
    pl.Date(): "no date (YYYY-MM-DD, no time of day)",
}


def cast(name: str, landed: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    """Column `name` as `wanted` (Float64, Boolean, String or Date).

    Blank strings are missing. Numbers are read from numeric strings and Booleans; Booleans from true/false, yes/no
    and 1/0 as string or number; dates from ISO strings and datetimes at midnight; text from anything flat, whole
    floats without their ".0" (ids that became floats beside a null). NaN stays NaN in a Float64.
    """
    column = pl.col(name)
    if landed == wanted and wanted != pl.String():
        return column
    if isinstance(landed, pl.Categorical | pl.Enum | pl.Binary):
        column, landed = column.cast(pl.String, strict=False), pl.String()
    if landed == pl.Null() or landed.is_nested():
        return pl.when(column.is_null()).then(pl.lit(None, dtype=wanted)).alias(name)
    if wanted == pl.Float64():
        return _number(column, landed).alias(name)
    if wanted == pl.Boolean():
        return _flag(column, landed).alias(name)
    if wanted == pl.Date():
        return _date(column, landed).alias(name)
    return _text(column, landed).alias(name)


def given(name: str, landed: pl.DataType) -> pl.Expr:
    """Whether column `name` holds a value at all: neither null nor blank nor NaN (which CSV files spell out)."""
    column = pl.col(name)
    if landed == pl.String():
        return (~column.str.strip_chars().str.to_lowercase().is_in(["", "nan"])).fill_null(False).alias(name)
    if landed.is_float():
        return column.is_not_nan().fill_null(False).alias(name)
    return column.is_not_null().alias(name)


def shown(name: str, landed: pl.DataType) -> pl.Expr:
    """Column `name` as people read it in an error or a quarantined row, String."""
    column = pl.col(name)
    if landed.is_nested() or landed == pl.Duration:
        return pl.when(column.is_not_null()).then(pl.struct(column).struct.json_encode()).alias(name)
    return column.cast(pl.String, strict=False).alias(name)


def _number(column: pl.Expr, landed: pl.DataType) -> pl.Expr:
    if landed == pl.String():
        return column.str.strip_chars().cast(pl.Float64, strict=False)
    if landed.is_numeric() or landed == pl.Boolean():
        return column.cast(pl.Float64)
    return _nothing(column, pl.Float64())


def _flag(column: pl.Expr, landed: pl.DataType) -> pl.Expr:
    if landed == pl.String():
        lower = column.str.strip_chars().str.to_lowercase()
        return lower.replace_strict(FLAGS, default=None, return_dtype=pl.Boolean)
    if landed.is_numeric():
        return pl.when(column == 1).then(True).when(column == 0).then(False)
    return _nothing(column, pl.Boolean())


def _date(column: pl.Expr, landed: pl.DataType) -> pl.Expr:
    if landed == pl.String():
        midnight = r"[ T]00:00(:00(\.0+)?)?$"
        return column.str.strip_chars().str.replace(midnight, "").str.to_date("%Y-%m-%d", strict=False)
    if isinstance(landed, pl.Datetime):
        return pl.when(column.dt.time() == pl.time(0)).then(column.dt.date())
    return _nothing(column, pl.Date())


def _text(column: pl.Expr, landed: pl.DataType) -> pl.Expr:
    if landed == pl.String():
        return pl.when(column.str.strip_chars() != "").then(column)
    if landed.is_float():
        # Beyond 2**53 a float no longer tells whole numbers apart, so it is shown as it is.
        whole = (column == column.floor()) & (column.abs() < 2**53)
        as_text = pl.when(whole).then(column.cast(pl.Int64, strict=False).cast(pl.String))
        return pl.when(column.is_not_nan()).then(as_text.otherwise(column.cast(pl.String)))
    return column.cast(pl.String, strict=False)


def _nothing(column: pl.Expr, wanted: pl.DataType) -> pl.Expr:
    return pl.when(column.is_null()).then(pl.lit(None, dtype=wanted))
