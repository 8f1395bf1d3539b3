"""The rows of profile_metrics and drift_metrics of one week.

Belongs here: figures of a week in the shape of the monitoring tables. Does not: storing them (assets/monitoring.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from deltalake import DeltaTable

from seg_assets.checks.drift import columns_of
from seg_assets.checks.mix import placed
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.monitoring_schemas import CHANGED, DRIFT_METRICS, GRANULARITY, MONITOR_VERSION, PROFILE_METRICS, WINDOW
from seg_assets.segmentation.monitoring.counts import Column, cells
from seg_assets.segmentation.monitoring.drift import drift
from seg_assets.segmentation.monitoring.profile import TABLE, profiled
from seg_assets.segmentation.monitoring.tally import Tally, tally
from seg_assets.segmentation.scaling import gate_of

KEYS = ["slice_key", "slice_value", "column_name"]
BASELINE, CONSECUTIVE = "BASELINE", "CONSECUTIVE"


@dataclass(frozen=True)
class Metrics:
    """The rows of one week; drift has none before there is a champion and where nothing can be compared."""

    profile: pl.DataFrame
    drift: pl.DataFrame


def metrics(week: Week) -> Metrics:
    """The rows of a week over everyone, the catalogue's slices and the segments that its champion's definitions make.

    Every snapshot is put into segments by the same definitions, so that a refresh is no drift; each is sorted once.
    """
    champion = week.champion
    now = _tallied(week, week.snapshot)
    version = DeltaTable(week.lakehouse.uri(SNAPSHOTS)).version()
    profile = _placed(week, profiled(now)).with_columns(
        log_type=pl.lit("INPUT"), logging_table_commit_version=pl.lit(version, pl.Int64)
    )
    rows = profile.select(PROFILE_METRICS.schema.names())
    training = None if champion is None else week.accounts_of(champion.trained_on)
    if champion is None or training is None:
        return Metrics(rows, pl.DataFrame(schema=DRIFT_METRICS.schema))
    columns = columns_of(week, champion, training)
    parts = [_compared(columns, now, _tallied(week, training), BASELINE, None)]
    if week.before is not None:
        monday = week.monday - dt.timedelta(weeks=1)
        parts.append(_compared(columns, now, _tallied(week, week.before), CONSECUTIVE, monday))
    drifted = pl.concat(parts).with_columns(definition_version=pl.lit(champion.version))
    return Metrics(rows, _placed(week, drifted).select(DRIFT_METRICS.schema.names()))


def _tallied(week: Week, accounts: pl.DataFrame) -> Tally:
    slices = list(week.slices)
    if week.champion is not None:
        accounts = accounts.with_columns(placed(week.champion.segmentation, accounts)["segment_id"])
        slices.append("segment_id")
    catalogue = week.catalogue
    gates = {one.name: gate_of(one, catalogue) for one in catalogue.features if one.name in accounts.columns}
    return tally(accounts, gates, slices)


def _compared(
    columns: Sequence[Column], now: Tally, before: Tally, drift_type: str, monday: dt.date | None
) -> pl.DataFrame:
    """Rows of one drift type: changes of the profile, and distances where the champion knows the feature."""
    distances = drift(cells(before, columns), cells(now, columns), columns)
    both = profiled(now).join(profiled(before), on=KEYS, suffix="_before")
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
