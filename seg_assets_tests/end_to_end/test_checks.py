"""A bad week through `seg run`: told, not scored, measured, and scored once it has landed well."""

from __future__ import annotations

import polars as pl

from seg_assets_tests.end_to_end.conftest import JULY, OPTIONS
from seg_assets_tests.end_to_end.landed import accounts_of, land


def test_a_week_without_a_features_values_is_not_scored_until_it_lands_again(home):
    before = home.files("segment_scores")
    well = accounts_of(JULY)["marketing_engagement"]
    land(home.landing, JULY, {"marketing_engagement": well.with_columns(web_visits_30d=pl.lit(None, pl.Int64))})
    told = home.seg_run(*OPTIONS)
    assert told.exit_code != 0
    assert home.files("segment_scores") == before
    assert told.runs == [(job, str(JULY)) for job in ("land_snapshot", "score", "monitor")]
    failed = [check for check in told.object["checks"] if check["blocking"] and not check["passed"]]
    assert {check["check"] for check in failed} == {"missingness"}
    assert all("web_visits_30d" in check["description"] for check in failed)
    drift = home.table("drift_metrics", JULY)
    column = drift.filter(pl.col("column_name") == "web_visits_30d", pl.col("slice_key").is_null())
    assert column.filter(pl.col("drift_type") == "BASELINE")["percent_null_delta"].item() > 80
    land(home.landing, JULY, {"marketing_engagement": well})
    again = home.seg_run(*OPTIONS)
    assert again.exit_code == 0
    assert home.files("segment_scores")[JULY] != before[JULY]
    assert home.seg_run(*OPTIONS).runs == []
