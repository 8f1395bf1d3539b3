"""The rows of profile_metrics and drift_metrics of one week.

Belongs here: summaries of a week and of what it is compared with, in the shape of the monitoring tables.
Does not: the summaries (summary.py), reading and storing (steps/monitor.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from seg_assets.monitoring_schemas import CHANGED, DRIFT_METRICS, GRANULARITY, MONITOR_VERSION, PROFILE_METRICS, WINDOW
from seg_assets.segmentation.monitoring.counts import Column
from seg_assets.segmentation.monitoring.drift import drift
from seg_assets.segmentation.monitoring.profile import TABLE
from seg_assets.segmentation.monitoring.summary import Summary

KEYS = ["slice_key", "slice_value", "column_name"]
BASELINE, CONSECUTIVE = "BASELINE", "CONSECUTIVE"


def profile_metrics(now: Summary, monday: dt.date, table_version: int) -> pl.DataFrame:
    """The rows of profile_metrics of a week; table_version: of the Delta table that it was read from."""
    told = {"log_type": pl.lit("INPUT"), "logging_table_commit_version": pl.lit(table_version, pl.Int64)}
    return _placed(now.profile.with_columns(**told), monday).select(PROFILE_METRICS.schema.names())


def drift_metrics(
    now: Summary, monday: dt.date, training: Summary, before: Summary | None, columns: Sequence[Column], champion: str
) -> pl.DataFrame:
    """The rows of drift_metrics of a week against the champion's training snapshot and the week before, if landed.

    columns: the features that are compared, in the transform of that definition version.
    """
    parts = [_compared(columns, now, training, BASELINE, None)]
    if before is not None:
        parts.append(_compared(columns, now, before, CONSECUTIVE, monday - dt.timedelta(weeks=1)))
    drifted = pl.concat(parts).with_columns(definition_version=pl.lit(champion))
    return _placed(drifted, monday).select(DRIFT_METRICS.schema.names())


def _compared(
    columns: Sequence[Column], now: Summary, before: Summary, drift_type: str, monday: dt.date | None
) -> pl.DataFrame:
    """Rows of one drift type: changes of the profile, and distances where the champion knows the feature."""
    distances = drift(before.counts, now.counts, columns)
    both = now.profile.join(before.profile, on=KEYS, suffix="_before")
    deltas = {"count_delta": "count", "avg_delta": "avg"}
    deltas |= {f"percent_{name}_delta": f"percent_{name}" for name in ("null", "zeros", "distinct")}
    changes = [(pl.col(one) - pl.col(f"{one}_before")).alias(name) for name, one in deltas.items()]
    filled, were = pl.col("non_null_columns"), pl.col("non_null_columns_before")
    changed = pl.struct(added=filled.list.set_difference(were), missing=were.list.set_difference(filled))
    of_table = pl.when(pl.col("column_name") == TABLE).then(changed.cast(CHANGED)).alias("non_null_columns_delta")
    measured = distances.select(
        "slice_key",
        "slice_value",
        "js_distance",
        "wasserstein_distance",
        "population_stability_index",
        "tv_distance",
        "l_infinity_distance",
        column_name="feature",
        ks_test=_test("ks"),
        chi_squared_test=_test("chi_squared"),
    )
    window = pl.lit(None, WINDOW) if monday is None else _window(monday)
    return (
        both.select(*KEYS, "data_type", *changes, of_table)
        .join(measured, on=KEYS, how="left")
        .with_columns(drift_type=pl.lit(drift_type), window_cmp=window)
    )


def _test(name: str) -> pl.Expr:
    """A statistic with its p-value, null where there is none."""
    statistic = pl.col(f"{name}_statistic")
    both = pl.struct(statistic=statistic, pvalue=pl.col(f"{name}_pvalue"))
    return pl.when(statistic.is_not_null()).then(both)


def _window(monday: dt.date) -> pl.Expr:
    start = dt.datetime.combine(monday, dt.time(), dt.UTC)
    end = start + dt.timedelta(weeks=1)
    return pl.struct(start=pl.lit(start), end=pl.lit(end)).cast(WINDOW)


def _placed(rows: pl.DataFrame, monday: dt.date) -> pl.DataFrame:
    """`rows` with the columns that say where they belong; all accounts are the slice null, as the tables have it."""
    everyone = pl.col("slice_key") == ""
    return rows.with_columns(
        snapshot_date=pl.lit(monday),
        window=_window(monday),
        granularity=pl.lit(GRANULARITY),
        monitor_version=pl.lit(MONITOR_VERSION, pl.Int64),
        slice_key=pl.when(~everyone).then("slice_key"),
        slice_value=pl.when(~everyone).then("slice_value"),
    )
