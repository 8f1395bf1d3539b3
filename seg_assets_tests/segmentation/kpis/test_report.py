"""A report puts periods together into series, and says in a sentence what moved."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from seg_assets.catalogs.kpi import Grain, Kpi
from seg_assets.kpi_schemas import SEGMENT_KPIS
from seg_assets.segmentation.kpis.periods import Period
from seg_assets.segmentation.kpis.report import Definitions, PeriodSums, report
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

NAMES = {"SEG-02": "Busy", "SEG-01": "Quiet"}
SCHEMA = pl.Schema({name: dtype for name, dtype in SEGMENT_KPIS.schema.items() if name != "data_month"})


def kpi(name: str, **values: Any) -> Kpi:
    given = {"name": name, "title": name.title(), "description": "", "owner": "team:shop", "of": "true"}
    return Kpi.model_validate(given | {"direction": "down", "periods": ["month"]} | values)


LOST = kpi("lost", kind="outcome", counts="gone")
KEPT = kpi("kept", kind="gross_retention", value="orders", direction="up")


def period(month: int, sums: dict[str, list[Any]], version: str | None = "2026-01.1") -> PeriodSums:
    first = dt.date(2026, month, 1)
    lies = Period(Grain.MONTH, f"{first:%Y-%m}", first, first - dt.timedelta(days=3), first + dt.timedelta(days=25))
    n = len(sums["kpi"])
    filled = {"audience": [""] * n, "unknown": [0] * n, "gone": [0] * n, **sums}
    floats = dict.fromkeys(("x", "y", "xx", "xy", "yy"), pl.Float64)
    return PeriodSums(lies, pl.DataFrame(filled, schema_overrides=floats), version)


def lost(month: int, *counted: int, of: int = 1000, **changes: Any) -> PeriodSums:
    """`counted` accounts of each segment are lost."""
    n = len(counted)
    sums = {"kpi": ["lost"] * n, "segment_id": ["SEG-01", "SEG-02"][:n], "accounts": [of] * n, "x": [of] * n}
    return period(month, sums | {"y": counted, "xx": [of] * n, "xy": counted, "yy": counted}, **changes)


def told(periods: list[PeriodSums], *kpis: Kpi) -> pl.DataFrame:
    catalogue = small_catalogue().model_copy(update={"kpis": kpis})
    return report(catalogue, Definitions("2026-09.1", NAMES), periods, SCHEMA)


def test_all_accounts_come_first_then_segments_in_their_order_then_time():
    rows = told([lost(2, 40, 50), lost(1, 30, 20)], LOST)
    assert rows.select("segment_name", "period").rows() == [
        (name, month) for name in ("all accounts", "Busy", "Quiet") for month in ("2026-01", "2026-02")
    ]
    first = rows.row(0, named=True)
    assert (first["numerator"], first["denominator"], first["accounts"]) == (50.0, 2000.0, 2000)
    assert first["says"] == (
        "Lost, all accounts, 2026-01: 2.50 % (1.90 to 3.28 %), 50 of 2,000 accounts. "
        "No limits: 2 of the 8 periods that limits need"
    )
    assert first["signal"] is None and first["lower_limit"] is None


def test_a_jump_is_a_signal_and_worse_where_less_is_good():
    rows = told([*(lost(month, 50 + month % 3) for month in range(1, 9)), lost(9, 110)], LOST)
    whole = rows.filter(pl.col("segment_name") == "all accounts")
    assert whole["signal"].to_list() == [False] * 8 + [True]
    assert whole["turn"].to_list() == [None] * 8 + ["worse"]
    assert whole["says"][8].endswith("worse, above its limits")
    assert whole["says"][0].endswith("no signal")


def test_what_served_then_tells_what_is_restated():
    rows = told([lost(1, 9, version=None), lost(2, 9), lost(3, 9, version="2026-09.1")], LOST)
    whole = rows.filter(pl.col("segment_name") == "all accounts")
    assert whole["version_then"].to_list() == [None, "2026-01.1", "2026-09.1"]
    assert whole["restated"].to_list() == [True, True, False]


def test_nothing_known_is_no_figure_and_said_so():
    nobody = {"kpi": ["lost"], "segment_id": ["SEG-01"], "accounts": [0], "unknown": [7]}
    sums = nobody | {name: [0.0] for name in ("x", "y", "xx", "xy", "yy")}
    (row, _) = told([period(1, sums)], LOST).iter_rows(named=True)
    assert (row["value"], row["low"], row["unknown"]) == (None, None, 7)
    assert row["says"] == "Lost, all accounts, 2026-01: nothing is known of the 7 accounts that it is of"


def test_gross_retention_ends_at_all_of_it():
    sums = {"kpi": ["kept"], "segment_id": ["SEG-01"], "accounts": [40], "x": [400.0], "y": [398.0]}
    (row, _) = told([period(1, sums | {"xx": [9000.0], "xy": [8900.0], "yy": [8950.0]})], KEPT).iter_rows(named=True)
    assert row["high"] == 1.0 and row["low"] < row["value"] == pytest.approx(0.995)
    assert "398 after 400 of 40 accounts" in row["says"]
