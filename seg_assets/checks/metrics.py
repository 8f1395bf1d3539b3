"""The rows of profile_metrics and drift_metrics of one week.

Belongs here: figures of a week in the shape of the monitoring tables. Does not: storing them (assets/monitoring.py).
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from deltalake import DeltaTable

from seg_assets.checks.drift import figures
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.monitoring_schemas import CHANGED, DRIFT_METRICS, GRANULARITY, MONITOR_VERSION, PROFILE_METRICS, WINDOW
from seg_assets.segmentation.monitoring.profile import TABLE, profile

KEYS = ["slice_key", "slice_value", "column_name"]
BASELINE, CONSECUTIVE = "BASELINE", "CONSECUTIVE"


def profile_rows(week: Week) -> pl.DataFrame:
    """The week's rows of profile_metrics."""
    version = DeltaTable(week.lakehouse.uri(SNAPSHOTS)).version()
    told = _profile(week, week.snapshot).with_columns(
        log_type=pl.lit("INPUT"), logging_table_commit_version=pl.lit(version, pl.Int64)
    )
    return _placed(week, told).select(PROFILE_METRICS.schema.names())


def drift_rows(week: Week) -> pl.DataFrame:
    """The week's rows of drift_metrics: none before there is a champion and where nothing can be compared."""
    champion = week.champion
    baseline = None if champion is None else week.accounts_of(champion.trained_on)
    found = None if champion is None or baseline is None else figures(week, champion, baseline)
    if champion is None or baseline is None or found is None:
        return pl.DataFrame(schema=DRIFT_METRICS.schema)
    now = _profile(week, week.snapshot)
    parts = [_compared(week, now, baseline, found.training, BASELINE, None)]
    if week.before is not None and found.last_week is not None:
        monday = week.monday - dt.timedelta(weeks=1)
        parts.append(_compared(week, now, week.before, found.last_week, CONSECUTIVE, monday))
    rows = pl.concat(parts).with_columns(definition_version=pl.lit(champion.version))
    return _placed(week, rows).select(DRIFT_METRICS.schema.names())


def _profile(week: Week, accounts: pl.DataFrame) -> pl.DataFrame:
    columns = [name for name in week.catalogue.feature_names if name in accounts.columns]
    return profile(accounts, columns, week.slices)


def _compared(
    week: Week,
    now: pl.DataFrame,
    accounts: pl.DataFrame,
    distances: pl.DataFrame,
    drift_type: str,
    monday: dt.date | None,
) -> pl.DataFrame:
    """Rows of one drift type: changes of the profile, and distances where the champion knows the feature."""
    both = now.join(_profile(week, accounts), on=KEYS, suffix="_before")
    deltas = {"count_delta": "count", "avg_delta": "avg"}
    deltas |= {f"percent_{name}_delta": f"percent_{name}" for name in ("null", "zeros", "distinct")}
    changes = [(pl.col(one) - pl.col(f"{one}_before")).alias(name) for name, one in deltas.items()]
    after, before = pl.col("non_null_columns"), pl.col("non_null_columns_before")
    changed = pl.struct(added=after.list.set_difference(before), missing=before.list.set_difference(after))
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


def _placed(week: Week, rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` with the columns that say where they belong; all accounts are the slice null, as the tables have it."""
    everyone = pl.col("slice_key") == ""
    return rows.with_columns(
        snapshot_date=pl.lit(week.monday),
        window=_window(week.monday),
        granularity=pl.lit(GRANULARITY),
        monitor_version=pl.lit(MONITOR_VERSION, pl.Int64),
        slice_key=pl.when(~everyone).then("slice_key"),
        slice_value=pl.when(~everyone).then("slice_value"),
    )
