"""Every landed row is accounted for, whatever mixture of defects lands."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.landing import QUARANTINE_SCHEMA, ContractError, validate, validate_events

WEEK = dt.date(2026, 6, 29)

ROW = st.fixed_dictionaries(
    {
        "account_id": st.sampled_from(["1", "2", "3", "4", "5", "6", "7", "8", "9", "", None]),
        "snapshot_date": st.sampled_from(["2026-06-29"] * 8 + ["2026-06-22", "", "yesterday"]),
        "open_rate": st.sampled_from(["0.5", "1", "0", "", "nan", "50", "-1", "inf", "half"]),
        "visits": st.sampled_from(["3", "3.0", None, "-1", "-inf", "x"]),
        "stage": st.sampled_from(["lead", "trial", "unheard of", None]),
        "country": st.sampled_from(["DE", None]),
        "is_trial": st.sampled_from(["true", "FALSE", "0", "maybe", None]),
    }
)
SOUND = {
    "snapshot_date": "2026-06-29",
    "open_rate": "0.5",
    "visits": "3",
    "stage": "lead",
    "country": "DE",
    "is_trial": "false",
}


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=12), sound=st.integers(0, 12))
def test_accepted_quarantined_and_dropped_are_all_landed_rows(catalogue, rows, sound):
    rows = rows + [SOUND | {"account_id": f"sound {i}"} for i in range(sound)]
    landed = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    try:
        result = validate(landed, "engagement", catalogue, WEEK)
    except ContractError as error:
        assert 2 * error.quarantined.height > landed.height
        assert error.quarantined.schema == QUARANTINE_SCHEMA
        return
    report = result.report
    assert report.accepted + report.quarantined + report.dropped == report.landed == landed.height
    assert (report.accepted, report.quarantined) == (result.accepted.height, result.quarantined.height)

    # The quarantine holds the rows as they landed, and with them gone nothing is left but what was accepted.
    whole = Counter(json.dumps(row, sort_keys=True) for row in rows)
    aside = Counter(json.dumps(json.loads(row), sort_keys=True) for row in result.quarantined["row"])
    assert aside <= whole
    assert result.quarantined.select("reason", "column").null_count().sum_horizontal().item() == 0
    left = [json.loads(row) for row in (whole - aside).elements()]
    assert result.accepted["account_id"].is_unique().all()
    assert set(result.accepted["account_id"]) == {row["account_id"] for row in left}
    assert result.accepted["open_rate"].drop_nulls().is_between(0, 1).all()
    assert result.accepted["visits"].drop_nulls().ge(0).all()

    # Accepted rows are sound: holding them to the contract again changes nothing.
    if report.accepted:
        again = validate(result.accepted, "engagement", catalogue, WEEK)
        assert again.accepted.equals(result.accepted)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", None]), st.sampled_from(["2026-06-22", "2026-06-28", "2026-06-29", "", "x"])
        )
    )
)
def test_events_are_accounted_for_and_unique(rows):
    landed = pl.DataFrame(rows, schema={"account_id": pl.String, "qualified_at": pl.String}, orient="row")
    try:
        result = validate_events(landed, "pipeline_conversions", WEEK, earliest=False)
    except ContractError as error:
        assert 2 * error.quarantined.height > landed.height
        return
    report = result.report
    assert report.accepted + report.quarantined + report.dropped == report.landed == len(rows)
    assert set(result.accepted.select("account_id", pl.col("qualified_at").cast(pl.String)).rows()) == {
        row for row in rows if row[0] and row[1] in ("2026-06-22", "2026-06-28")
    }
    assert result.accepted.is_unique().all()
