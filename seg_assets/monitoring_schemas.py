"""The columns of the monitoring tables, shaped like Databricks data profiling: names, types, meanings.

Belongs here: one Table a Delta table, as in schemas.py. Does not: filling them (segmentation/monitoring).
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import SNAPSHOT_DATE, TIMESTAMP, Column, Table

WINDOW = pl.Struct({"start": TIMESTAMP, "end": TIMESTAMP})
TEST = pl.Struct({"statistic": pl.Float64, "pvalue": pl.Float64})
CHANGED = pl.Struct({"added": pl.List(pl.String), "missing": pl.List(pl.String)})
MONITOR_VERSION = 1
GRANULARITY = "1 week"

_WHERE = {
    "snapshot_date": SNAPSHOT_DATE,
    "window": Column(WINDOW, "The week that the figures are about, in UTC"),
    "granularity": Column(pl.String, "Length of the window"),
    "monitor_version": Column(pl.Int64, "Version of these figures"),
    "slice_key": Column(pl.String, "The column that accounts are sliced by; null for all accounts"),
    "slice_value": Column(pl.String, "Its value in the slice"),
    "column_name": Column(pl.String, "The column; :table for the table itself"),
    "data_type": Column(pl.String, "Its type"),
}

PROFILE_METRICS = Table(
    "profile_metrics",
    {
        **_WHERE,
        "log_type": Column(pl.String, "INPUT: the monitored table itself"),
        "logging_table_commit_version": Column(pl.Int64, "Version of the Delta table account_snapshots that was read"),
        "count": Column(pl.Int64, "Accounts"),
        "num_nulls": Column(pl.Int64, "Accounts without a value"),
        "avg": Column(pl.Float64, "Mean"),
        "quantiles": Column(pl.List(pl.Float64), "Least value, nine deciles, greatest value"),
        "min": Column(pl.Float64, "Least value"),
        "max": Column(pl.Float64, "Greatest value"),
        "stddev": Column(pl.Float64, "Standard deviation"),
        "num_zeros": Column(pl.Int64, "Accounts with 0"),
        "num_nan": Column(pl.Int64, "Accounts with what is not a number"),
        "min_length": Column(pl.Int64, "Characters of the shortest text"),
        "max_length": Column(pl.Int64, "Characters of the longest text"),
        "avg_length": Column(pl.Float64, "Characters of a text, mean"),
        "non_null_columns": Column(pl.List(pl.String), "Columns with any value; of :table only"),
        "frequent_items": Column(
            pl.List(pl.Struct({"item": pl.String, "count": pl.Int64})), "The ten most frequent values of a category"
        ),
        "median": Column(pl.Float64, "Median"),
        "distinct_count": Column(pl.Int64, "Different values"),
        "percent_nan": Column(pl.Float64, "num_nan in percent of accounts"),
        "percent_null": Column(pl.Float64, "num_nulls in percent of accounts"),
        "percent_zeros": Column(pl.Float64, "num_zeros in percent of accounts"),
        "percent_distinct": Column(pl.Float64, "distinct_count in percent of accounts"),
    },
    partition_column="snapshot_date",
    description="Every feature's figures of a week, for all accounts and by slice",
)

DRIFT_METRICS = Table(
    "drift_metrics",
    {
        **_WHERE,
        "window_cmp": Column(WINDOW, "The week that it is compared with; null for BASELINE"),
        "drift_type": Column(
            pl.String, "CONSECUTIVE: against the week before; BASELINE: the champion's training snapshot"
        ),
        "definition_version": Column(pl.String, "The champion in whose transform distances are taken"),
        "count_delta": Column(pl.Int64, "Accounts more than in what it is compared with"),
        "avg_delta": Column(pl.Float64, "Change of the mean"),
        "percent_null_delta": Column(pl.Float64, "Change of percent_null"),
        "percent_zeros_delta": Column(pl.Float64, "Change of percent_zeros"),
        "percent_distinct_delta": Column(pl.Float64, "Change of percent_distinct"),
        "non_null_columns_delta": Column(CHANGED, "Columns that have values now and had none, and the reverse"),
        "js_distance": Column(pl.Float64, "Jensen-Shannon distance to base 2, of categories"),
        "ks_test": Column(TEST, "Kolmogorov-Smirnov, of ordered columns"),
        "wasserstein_distance": Column(pl.Float64, "In standard deviations of the champion's reference"),
        "population_stability_index": Column(pl.Float64, "Over ten quantile bins of the baseline, or over levels"),
        "chi_squared_test": Column(TEST, "Pearson's test, of categories"),
        "tv_distance": Column(pl.Float64, "Total variation, of categories"),
        "l_infinity_distance": Column(pl.Float64, "The largest difference of a level's share"),
    },
    partition_column="snapshot_date",
    description="How far every feature moved, against the week before and the training snapshot",
)
