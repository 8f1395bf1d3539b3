"""How a snapshot has drifted from another: every distance of every feature, over everyone and every slice.

Belongs here: two snapshots' counts in, a row a feature and slice out.
Does not: counting (counts.py), the distances themselves (distances.py), how much is too much (checks/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from seg_assets.segmentation.monitoring.counts import Column, FeatureCounts, SnapshotCounts
from seg_assets.segmentation.monitoring.distances import (
    Counts,
    chi_squared,
    expected_index,
    jensen_shannon,
    kolmogorov_smirnov,
    largest_difference,
    population_stability_index,
    quantile_bins,
    total_variation,
    wasserstein,
)

SCHEMA = pl.Schema(
    {
        "feature": pl.String,
        "group": pl.String,
        "source": pl.String,
        "slice_key": pl.String,
        "slice_value": pl.String,
        "baseline_accounts": pl.Int64,
        "accounts": pl.Int64,
        "percent_null_delta": pl.Float64,
        "population_stability_index": pl.Float64,
        "by_chance": pl.Float64,
        "moved_share": pl.Float64,
        "ks_statistic": pl.Float64,
        "ks_pvalue": pl.Float64,
        "wasserstein_distance": pl.Float64,
        "chi_squared_statistic": pl.Float64,
        "chi_squared_pvalue": pl.Float64,
        "tv_distance": pl.Float64,
        "l_infinity_distance": pl.Float64,
        "js_distance": pl.Float64,
    }
)
"""by_chance: the stability index that samples of these sizes reach once in ten thousand times without any change;
moved_share: total variation over the index' own bins, the share of accounts that would have to change bins.
"""

ONCE_IN_TEN_THOUSAND = 4.5
"""Standard deviations above the mean: the tail of a chi-squared variable is heavier than a normal one's."""


@dataclass(frozen=True)
class _Pair:
    """The counts of one feature in both snapshots, cells aligned."""

    column: Column
    before: Counts
    after: Counts


def drift(baseline: SnapshotCounts, current: SnapshotCounts, columns: Sequence[Column]) -> pl.DataFrame:
    """A row (SCHEMA) a feature and slice that both snapshots have.

    Ordered features have the stability index over ten quantile bins of the slice in the baseline, KS and Wasserstein
    (in standard deviations); categories the index over their levels, chi-squared, total variation, L-infinity and
    Jensen-Shannon. Distances are of accounts with a value, null where either snapshot has none; missing values are
    told by percent_null_delta, in shares of those that the feature applies to.
    """
    where = {each: position for position, each in enumerate(baseline.slices)}
    rows = []
    for column in columns:
        before, after = baseline.features[column.name], current.features[column.name]
        old, new = _aligned(column, before, after)
        for position, (key, value) in enumerate(current.slices):
            if (key, value) in where:
                at = where[key, value]
                pair = _Pair(column, old[at], new[position])
                rows.append(
                    {
                        "feature": column.name,
                        "group": column.group,
                        "source": column.source,
                        "slice_key": key,
                        "slice_value": value,
                        "baseline_accounts": int(before.applicable[at]),
                        "accounts": int(after.applicable[position]),
                        "percent_null_delta": _missing(after, position) - _missing(before, at),
                        **_distances(pair),
                    }
                )
    return pl.DataFrame(rows, schema=SCHEMA)


def _missing(counts: FeatureCounts, position: int) -> float:
    return float(counts.missing[position] / max(int(counts.applicable[position]), 1))


def _aligned(column: Column, before: FeatureCounts, after: FeatureCounts) -> tuple[Counts, Counts]:
    """Both counts over the same cells: a category that only one of the snapshots has is a cell of both."""
    if column.scale is not None:
        return before.cells, after.cells
    levels = sorted({*before.levels, *after.levels})

    def over_all(counts: FeatureCounts) -> Counts:
        wide = np.zeros((len(counts.cells), len(levels)), dtype=np.int64)
        for position, level in enumerate(counts.levels):
            wide[:, levels.index(level)] = counts.cells[:, position]
        return wide

    return over_all(before), over_all(after)


def _distances(pair: _Pair) -> dict[str, Any]:
    before, after = pair.before, pair.after
    if not before.sum() or not after.sum():
        return {}
    if pair.column.scale is None:
        cells_before, cells_after = before, after
        statistic, pvalue = chi_squared(before, after)
        found = {
            "chi_squared_statistic": statistic,
            "chi_squared_pvalue": pvalue,
            "tv_distance": total_variation(before, after),
            "l_infinity_distance": largest_difference(before, after),
            "js_distance": jensen_shannon(before, after),
        }
    else:
        bins = quantile_bins(before)
        cells_before, cells_after = np.bincount(bins, before), np.bincount(bins, after)
        statistic, pvalue = kolmogorov_smirnov(before, after)
        found = {
            "ks_statistic": statistic,
            "ks_pvalue": pvalue,
            "wasserstein_distance": wasserstein(before, after, pair.column.width),
        }
    mean, deviation = expected_index(int(((cells_before + cells_after) > 0).sum()), int(before.sum()), int(after.sum()))
    return {
        "population_stability_index": population_stability_index(cells_before, cells_after),
        "by_chance": mean + ONCE_IN_TEN_THOUSAND * deviation,
        "moved_share": total_variation(cells_before, cells_after),
        **found,
    }
