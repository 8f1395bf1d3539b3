"""What each column of a snapshot holds, over everyone and every slice.

Belongs here: counts, moments, quantiles and frequent values of one snapshot. Does not: comparing two (drift.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.segmentation.monitoring.tally import Tally, Values

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


Figures = dict[str, Any]
"""What one column holds in one slice: columns of SCHEMA that need no other slice, and VALUED."""

VALUED = "valued"
"""Accounts with a value: neither null nor NaN."""


def column_figures(found: Tally) -> dict[str, list[Figures]]:
    """The figures of every column of a tally, slice by slice."""
    return {name: [figures_of(one, found.types[name]) for one in of] for name, of in found.columns.items()}


def profile_rows(
    slices: Sequence[tuple[str, str]], accounts: NDArray[np.int64], figures: Mapping[str, Sequence[Figures]]
) -> pl.DataFrame:
    """A row (SCHEMA) a column and slice, and one a slice for the table; everyone has the slice key "".

    slices, accounts: key and value of each, and how many it has; figures: each column's, slice by slice.

    Numbers have moments and deciles, texts lengths and the ten most frequent values, Booleans both as 0 and 1 and as
    values. A value that is null, or does not apply, is counted in num_nulls and left out of the rest.
    """
    rows = []
    for position, (key, value) in enumerate(slices):
        size = int(accounts[position])
        where = {"slice_key": key, "slice_value": value, "count": size}
        here = {name: found[position] for name, found in figures.items()}
        filled = [name for name, found in here.items() if found[VALUED] + found.get("num_nan", 0)]
        rows.append({**where, "column_name": TABLE, "data_type": "table", "non_null_columns": filled})
        rows += [{**where, "column_name": name, **_with_shares(found, size)} for name, found in here.items()]
    return pl.DataFrame(rows, schema=SCHEMA)


def figures_of(found: Values, kind: pl.DataType) -> Figures:
    """The figures of a column of that type."""
    figures: Figures = {
        "data_type": str(kind).lower(),
        VALUED: found.accounts,
        "distinct_count": len(found.values) + (found.nan > 0),
    }
    if kind == pl.String:
        return figures | _of_text(found) | {"frequent_items": _frequent(found.values, found.counts)}
    figures |= {"num_zeros": int(found.counts[(found.values == 0).to_numpy()].sum()), "num_nan": found.nan}
    if kind == pl.Boolean:
        figures |= {"frequent_items": _frequent(found.values.cast(pl.Boolean).cast(pl.String), found.counts)}
    return figures | _of_numbers(found)


def _with_shares(figures: Figures, accounts: int) -> Figures:
    numbers = figures | {"num_nulls": accounts - figures[VALUED] - figures.get("num_nan", 0)}
    of = {"null": "num_nulls", "nan": "num_nan", "zeros": "num_zeros", "distinct": "distinct_count"}
    shares = {f"percent_{name}": 100 * numbers[one] / max(accounts, 1) for name, one in of.items() if one in numbers}
    return {name: figure for name, figure in (numbers | shares).items() if name != VALUED}


def _of_numbers(found: Values) -> Figures:
    """Moments and quantiles; every quantile null where there is no value."""
    if not found.accounts:
        return {"quantiles": [None] * len(QUANTILES)}
    values, weights = found.values.to_numpy(), found.counts
    # Of infinities there is no mean, and NaN says so.
    with np.errstate(invalid="ignore", over="ignore"):
        mean = float(values @ weights / found.accounts)
        deviation = float(np.sqrt(((values - mean) ** 2) @ weights / found.accounts))
        quantiles = _quantiles(values, weights)
    return {
        "avg": mean,
        "min": float(values[0]),
        "max": float(values[-1]),
        "stddev": deviation,
        "median": quantiles[QUANTILES.index(0.5)],
        "quantiles": quantiles,
    }


def _quantiles(values: NDArray[np.float64], weights: NDArray[np.int64]) -> list[float]:
    """QUANTILES, linear between the two accounts on either side."""
    upto = np.cumsum(weights)
    place = np.array(QUANTILES) * (upto[-1] - 1)
    below = np.floor(place)
    low, high = (values[np.searchsorted(upto, at, side="right")] for at in (below, np.ceil(place)))
    found: list[float] = (low + (high - low) * (place - below)).tolist()
    return found


def _of_text(found: Values) -> Figures:
    if not found.accounts:
        return {}
    lengths = found.values.str.len_chars().to_numpy().astype(np.int64)
    average = float(lengths @ found.counts / found.accounts)
    return {"min_length": int(lengths.min()), "max_length": int(lengths.max()), "avg_length": average}


def _frequent(items: pl.Series, counts: NDArray[np.int64]) -> list[dict[str, Any]]:
    table = pl.DataFrame({"item": items, "count": counts})
    return table.sort("count", "item", descending=[True, False]).head(FREQUENT).to_dicts()
