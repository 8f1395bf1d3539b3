"""What each column of a snapshot holds, over everyone and every slice.

Belongs here: counts, moments, quantiles and frequent values of one snapshot. Does not: comparing two (drift.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.segmentation.monitoring.tally import Tally, Values, tally

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


def profile(snapshot: pl.DataFrame, columns: Sequence[str], slice_columns: Sequence[str] = ()) -> pl.DataFrame:
    """A row (SCHEMA) a column and slice, and one a slice for the table; everyone has the slice key "".

    columns: numeric, Boolean or text. Numbers have moments and deciles, texts lengths and the ten most frequent values,
    Booleans both as 0 and 1 and as values. A value that is null is counted in num_nulls and left out of the rest.
    """
    return profiled(tally(snapshot, dict.fromkeys(columns), slice_columns))


def profiled(found: Tally) -> pl.DataFrame:
    """The same of a snapshot that was tallied; a value that does not apply counts as null."""
    rows = []
    for position, (key, value) in enumerate(found.slices):
        accounts = int(found.accounts[position])
        where = {"slice_key": key, "slice_value": value, "count": accounts}
        filled = [name for name, values in found.columns.items() if values[position].accounts + values[position].nan]
        rows.append({**where, "column_name": TABLE, "data_type": "table", "non_null_columns": filled})
        for name, values in found.columns.items():
            kind = found.types[name]
            rows.append({**where, "column_name": name, **_figures(values[position], kind, accounts)})
    return pl.DataFrame(rows, schema=SCHEMA)


def _figures(found: Values, kind: pl.DataType, accounts: int) -> dict[str, Any]:
    distinct = len(found.values) + (found.nan > 0)
    nulls = accounts - found.accounts - found.nan
    figures: dict[str, Any] = {
        "data_type": str(kind).lower(),
        "num_nulls": nulls,
        "distinct_count": distinct,
        "percent_null": 100 * nulls / max(accounts, 1),
        "percent_distinct": 100 * distinct / max(accounts, 1),
    }
    if kind == pl.String:
        return figures | _of_text(found) | {"frequent_items": _frequent(found.values, found.counts)}
    zeros = int(found.counts[(found.values == 0).to_numpy()].sum())
    figures |= {"num_zeros": zeros, "percent_zeros": 100 * zeros / max(accounts, 1)}
    figures |= {"num_nan": found.nan, "percent_nan": 100 * found.nan / max(accounts, 1)}
    if kind == pl.Boolean:
        figures |= {"frequent_items": _frequent(found.values.cast(pl.Boolean).cast(pl.String), found.counts)}
    return figures | _of_numbers(found)


def _of_numbers(found: Values) -> dict[str, Any]:
    """Moments and quantiles; every quantile null where there is no value."""
    if not found.accounts:
        return {"quantiles": [None] * len(QUANTILES)}
    values, weights = found.values.to_numpy(), found.counts
    mean = float(values @ weights / found.accounts)
    quantiles = _quantiles(values, weights)
    return {
        "avg": mean,
        "min": float(values[0]),
        "max": float(values[-1]),
        "stddev": float(np.sqrt(((values - mean) ** 2) @ weights / found.accounts)),
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


def _of_text(found: Values) -> dict[str, Any]:
    if not found.accounts:
        return {}
    lengths = found.values.str.len_chars().to_numpy().astype(np.int64)
    average = float(lengths @ found.counts / found.accounts)
    return {"min_length": int(lengths.min()), "max_length": int(lengths.max()), "avg_length": average}


def _frequent(items: pl.Series, counts: NDArray[np.int64]) -> list[dict[str, Any]]:
    table = pl.DataFrame({"item": items, "count": counts})
    return table.sort("count", "item", descending=[True, False]).head(FREQUENT).to_dicts()
