"""A snapshot in as little as monitoring needs: the figures of every column, and counts in the champion's transform.

Belongs here: making that of a tally, or of what engines found column by column and slice by slice (a snapshot that is
too large to tally in one place). Does not: comparing two snapshots (metrics.py, drift.py), the engines (steps/).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from seg_assets.segmentation.monitoring.counts import CELLS, Column, FeatureCounts, SnapshotCounts, cells, counted
from seg_assets.segmentation.monitoring.profile import Figures, column_figures, figures_of, profile_rows
from seg_assets.segmentation.monitoring.slicing import EVERYONE
from seg_assets.segmentation.monitoring.tally import Tally, Values, merged

Row = dict[str, Any]

NOBODY = np.zeros(1, dtype=np.int64)

TEXT, WHOLE = pl.String(), pl.Int64()
PARTS = pl.Schema(
    {
        "slice_key": TEXT,
        "slice_value": TEXT,
        "column_name": TEXT,
        "number": pl.Float64(),
        "text": TEXT,
        "accounts": WHOLE,
        "nan": WHOLE,
    }
)
"""Part of a tally: so many accounts of a slice have this value of a column, or NaN. See `parts`."""

MEASURED = pl.Schema(
    {
        "slice_key": TEXT,
        "slice_value": TEXT,
        "column_name": TEXT,
        "accounts": WHOLE,
        "figures": TEXT,
        "levels": pl.List(pl.String),
        "cells": pl.List(pl.Int64),
    }
)
"""One column in one slice: accounts with a value, figures as JSON, and its counts where it is compared."""

ACCOUNTS = ":accounts"
"""Among PARTS and MEASURED the accounts of a slice themselves; a gate's name stands for those that it lets in."""


@dataclass(frozen=True)
class Summary:
    """One snapshot. profile: rows of profile.SCHEMA; counts: of the features that the champion knows."""

    profile: pl.DataFrame
    counts: SnapshotCounts


def summarised(tallies: Iterable[Tally], columns: Sequence[Column]) -> Summary:
    """The summary of a snapshot from tallies of some of its columns each, `columns` among them.

    No tally is kept: it may hold every value of a column. Raises ValueError without any.
    """
    figures: dict[str, list[Figures]] = {}
    counts: dict[str, FeatureCounts] = {}
    found = None
    for found in tallies:
        figures |= column_figures(found)
        counts |= cells(found, [column for column in columns if column.name in found.columns]).features
    if found is None:
        raise ValueError("a summary is made of one tally or more")
    rows = profile_rows(found.slices, found.accounts, figures)
    return Summary(rows, SnapshotCounts(found.accounts, found.slices, counts))


def parts(found: Tally) -> pl.DataFrame:
    """Rows (PARTS) of some of a snapshot's accounts; those of all its accounts together say what its tally says."""
    keys, values = (pl.Series(name, [one[at] for one in found.slices]) for at, name in enumerate(PARTS.names()[:2]))
    frames = [PARTS.to_frame()]

    def add(name: str, position: NDArray[np.int64], **columns: pl.Series | NDArray[np.int64] | pl.Expr) -> None:
        where = pl.DataFrame([keys.gather(position), values.gather(position)])
        frames.append(where.with_columns(pl.lit(name).alias("column_name"), **columns))

    everywhere = np.arange(len(found.slices))
    for name, sizes in {ACCOUNTS: found.accounts, **found.applicable}.items():
        add(name, everywhere, accounts=sizes, number=pl.lit(1.0))
    for name, of_slices in found.columns.items():
        position = np.repeat(everywhere, [len(one.values) for one in of_slices])
        of_value = pl.concat([one.values for one in of_slices])
        counts = np.concatenate([one.counts for one in of_slices])
        add(name, position, accounts=counts, **{"text" if of_value.dtype == pl.String else "number": of_value})
        add(name, everywhere, nan=np.array([one.nan for one in of_slices], dtype=np.int64))
    rows = pl.concat(frames, how="diagonal")
    told = pl.col("accounts").fill_null(0), pl.col("nan").fill_null(0)
    return rows.with_columns(told).filter((pl.col("accounts") > 0) | (pl.col("nan") > 0)).select(PARTS.names())


def measured(rows: pl.DataFrame, types: Mapping[str, pl.DataType], columns: Mapping[str, Column]) -> pl.DataFrame:
    """One row (MEASURED) of all rows (PARTS) of one column in one slice.

    types: every column's type in the snapshot; columns: those that are compared.
    """
    where = rows.select("slice_key", "slice_value", "column_name").head(1)
    (name,) = where["column_name"]
    if name not in types:
        return _row(where, int(rows["accounts"].sum()), None, None)
    found = merged(rows["text" if types[name] == pl.String else "number"], rows["accounts"], int(rows["nan"].sum()))
    column = columns.get(name)
    counts = None if column is None else counted(column, [found], NOBODY)
    return _row(where, found.accounts, figures_of(found, types[name]), counts)


def _row(where: pl.DataFrame, accounts: int, figures: Figures | None, counts: FeatureCounts | None) -> pl.DataFrame:
    told = {
        "accounts": [accounts],
        "figures": [None if figures is None else json.dumps(figures)],
        "levels": [None if counts is None else list(counts.levels)],
        "cells": [None if counts is None else counts.cells[0]],
    }
    return where.hstack(pl.DataFrame(told, schema={name: MEASURED[name] for name in told})).select(MEASURED.names())


def assembled(
    rows: pl.DataFrame, types: Mapping[str, pl.DataType], columns: Sequence[Column], slice_columns: Sequence[str]
) -> Summary:
    """The summary of a snapshot from its rows (MEASURED), in any order; the rest as for `tally` and `measured`."""
    found = {(row["slice_key"], row["slice_value"], row["column_name"]): row for row in rows.iter_rows(named=True)}
    there = {(key, value) for key, value, _ in found} - {EVERYONE}
    slices = (EVERYONE, *sorted(there, key=lambda one: (slice_columns.index(one[0]), one[1])))

    def of_slices(name: str) -> list[Row | None]:
        return [found.get((*one, name)) for one in slices]

    def sizes(name: str) -> NDArray[np.int64]:
        return np.array([0 if row is None else row["accounts"] for row in of_slices(name)], dtype=np.int64)

    figures = {}
    for name, kind in types.items():
        nothing = figures_of(_no_values(kind), kind)
        figures[name] = [nothing if row is None else json.loads(row["figures"]) for row in of_slices(name)]
    accounts = sizes(ACCOUNTS)
    features = {
        column.name: _stacked(column, of_slices(column.name), accounts if column.gate is None else sizes(column.gate))
        for column in columns
    }
    return Summary(profile_rows(slices, accounts, figures), SnapshotCounts(accounts, slices, features))


def _stacked(column: Column, rows: Sequence[Row | None], applicable: NDArray[np.int64]) -> FeatureCounts:
    """The counts of a feature from those of each slice, everyone's first; None where no account has a value."""
    levels = () if rows[0] is None else tuple(rows[0]["levels"])
    placed = np.zeros((len(rows), CELLS if column.scale is not None else len(levels)), dtype=np.int64)
    for position, row in enumerate(rows):
        if row is not None:
            at = slice(None) if column.scale is not None else [levels.index(level) for level in row["levels"]]
            placed[position, at] = row["cells"]
    return FeatureCounts(placed, applicable - placed.sum(axis=1), applicable, levels)


def _no_values(kind: pl.DataType) -> Values:
    return Values(pl.Series([], dtype=pl.String if kind == pl.String else pl.Float64), np.array([], np.int64), 0)
