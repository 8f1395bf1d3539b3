"""Which values of one week are not what their column should hold.

Belongs here: values that do not cast, are not finite, lie outside the catalogue's expectations or are of unknown level.
Does not: keys and duplicates (duplicates.py), which columns there are (contract.py).

Extremes and levels come from one aggregate pass; rows are looked at only in columns where those say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from seg_assets.landing.casting import WHAT_DOES_NOT_CAST, given
from seg_assets.landing.problems import Problem, Severity
from seg_assets.landing.quarantine import FIX_AT_SOURCE, Defect, Week
from seg_assets.landing.schemas import Column, TableSchema


def bad_values(rows: Week, schema: TableSchema) -> Iterator[Defect]:
    for column in schema.columns:
        if column.name in rows.landed.columns:
            failed = failed_to_cast(rows, column.name)
            if failed.any():
                yield _uncastable(rows, column, failed)
    numeric = [column for column in schema.columns if column.dtype == pl.Float64]
    if not numeric or rows.typed.is_empty():
        return
    low = rows.typed.select(pl.col(column.name).min() for column in numeric).row(0, named=True)
    high = rows.typed.select(pl.col(column.name).max() for column in numeric).row(0, named=True)
    for column in numeric:
        least, most = low[column.name], high[column.name]
        if least is None:
            continue
        values = rows.typed[column.name]
        if least == float("-inf") or most == float("inf"):
            infinite = values.is_infinite().fill_null(False)
            yield Defect((column.name,), f"{column.name} is infinite", "infinite values", infinite, FIX_AT_SOURCE)
        if (column.minimum is not None and least < column.minimum) or (
            column.maximum is not None and most > column.maximum
        ):
            yield _out_of_range(column, values)


def _uncastable(rows: Week, column: Column, failed: pl.Series) -> Defect:
    what = WHAT_DOES_NOT_CAST[column.dtype]
    landed = rows.landed.schema[column.name]
    remedy = f"The contract says {column.dtype}, the column lands as {landed}: convert it at the source."
    return Defect((column.name,), f"{column.name} is {what}", f"values that are {what}", failed, remedy)


def _out_of_range(column: Column, values: pl.Series) -> Defect:
    low, high = column.minimum, column.maximum
    outside = pl.repeat(False, len(values), dtype=pl.Boolean, eager=True)
    if low is not None:
        outside = outside | (values < low)
    if high is not None:
        outside = outside | (values > high)
    if low is None or high is None:
        bounds = f"below {low:g}" if high is None else f"above {high:g}"
    else:
        bounds = f"outside {low:g}..{high:g}"
    return Defect(
        (column.name,),
        f"{column.name} is {bounds}",
        f"values {bounds}",
        (outside & values.is_finite()).fill_null(False),
        "See whether the source changed the unit; if these values are right, move the expectations in the catalogue.",
    )


def failed_to_cast(rows: Week, name: str) -> pl.Series:
    """Whether a value was given that did not cast."""
    nulls = rows.typed[name].is_null()
    if nulls.sum() == rows.landed[name].null_count():
        return pl.repeat(False, len(nulls), dtype=pl.Boolean, eager=True)
    return nulls & rows.landed.select(given(name, rows.landed.schema[name])).to_series()


def not_numbers(typed: pl.DataFrame) -> list[str]:
    numeric = [name for name, dtype in typed.schema.items() if dtype == pl.Float64]
    found = typed.select(pl.col(numeric).is_nan().any())
    return [name for name in numeric if found[name].item()]


def told_about_nan(typed: pl.DataFrame, names: Sequence[str], rows: Week) -> Iterator[Problem]:
    for name in names:
        nan = typed[name].is_nan().fill_null(False)
        defect = Defect((name,), "NaN", "NaN, taken as missing", nan, "Land missing values as null.")
        yield rows.problem(Severity.WARNING, defect)


def unknown_levels(rows: Week, schema: TableSchema) -> Iterator[Problem]:
    levelled = [column for column in schema.columns if column.levels]
    if not levelled:
        return
    known = rows.typed.select(pl.col(column.name).drop_nulls().unique().implode() for column in levelled)
    for column in levelled:
        unknown = sorted(set(known[column.name].item()) - set(column.levels))
        if unknown:
            defect = Defect(
                (column.name,),
                f"{column.name} has an unknown level",
                "values of unknown level",
                rows.typed[column.name].is_in(unknown).fill_null(False),
                f"The rows are accepted; if right, add {', '.join(map(repr, unknown[:3]))} to the catalogue's levels.",
            )
            yield rows.problem(Severity.WARNING, defect)
