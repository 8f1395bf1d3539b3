"""Tiers through the real asset: real Delta tables, real Dagster, the events that had landed and no later ones."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.assets.raw import raw_table
from seg_assets.assets.tiers import build_tiers
from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.load import parse_catalogue
from seg_assets.partitions import Partitions
from seg_assets.schemas import account_snapshots
from seg_assets_tests.catalogs.small import TEXT
from seg_assets_tests.segmentation.sql.tier_cases import events_of

CATALOGUE = parse_catalogue(TEXT + "active_when: stage = 'open'\n", "mine.yaml")
JUNE, MONDAY = dt.date(2026, 6, 1), dt.date(2026, 6, 29)
WEEK = dt.timedelta(days=7)


class Place:
    """Landed tables in a lakehouse, and the asset over them."""

    def __init__(self, folder: Path) -> None:
        self.lakehouse = Lakehouse(str(folder))
        self.land_accounts(A1="open", A2="open", A3="lost", A4="open")

    def land_accounts(self, week: dt.date = MONDAY, **stages: str) -> None:
        table = account_snapshots(CATALOGUE)
        frame = pl.DataFrame({"account_id": list(stages), "stage": list(stages.values()), "spend": 10.0})
        self.lakehouse.replace(
            table, pl.concat([frame, pl.DataFrame(schema=table.schema)], how="diagonal_relaxed"), week
        )

    def land_master(self, **statuses: str) -> None:
        table = raw_table(CATALOGUE, "account_master")
        frame = pl.DataFrame({"account_id": list(statuses), "status": list(statuses.values())})
        self.lakehouse.replace(
            table, pl.concat([frame, pl.DataFrame(schema=table.schema)], how="diagonal_relaxed"), MONDAY
        )

    def land_events(self, week: dt.date, *rows: dict[str, object]) -> None:
        day = {"event_date": week - dt.timedelta(days=3)}
        self.lakehouse.replace(raw_table(CATALOGUE, "revenue_events"), events_of(*(day | row for row in rows)), week)

    def materialize(self, catalogue: Catalogue = CATALOGUE) -> dict[str, object]:
        """Make June; what its materialization tells."""
        result = dg.materialize(
            [build_tiers(catalogue, Partitions(catalogue.first_month))],
            partition_key=str(JUNE),
            resources={"lakehouse": self.lakehouse},
        )
        assert result.success
        (made,) = result.asset_materializations_for_node("account_tiers")
        return {name: value.value for name, value in made.metadata.items()}

    def tiers(self) -> dict[str, str]:
        rows = self.lakehouse.scan("account_tiers", [JUNE]).collect()
        assert rows["snapshot_date"].unique().to_list() == [MONDAY]
        return dict(rows.select("account_id", "tier").sort("account_id").iter_rows())


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


KIEL = {"customer_name": "Kiel", "account_id": "A1", "total_revenue": 900.0, "total_gross_margin": 500.0}
LUND = {"customer_name": "Lund", "account_id": "A2"}
MALMO = {"customer_name": "Malmo", "account_id": "A3"}


def test_every_account_of_the_snapshot_has_a_tier_or_none(place):
    place.land_events(MONDAY - WEEK, LUND)
    place.land_events(MONDAY, KIEL, KIEL | {"product": "Q"}, MALMO, KIEL | {"account_id": "A9"})
    told = place.materialize()
    assert place.tiers() == {"A1": "A", "A2": "D", "A3": "none", "A4": "none"}
    assert told["dagster/row_count"] == 4
    assert "| A | strategic | 1 | 0.25 | 1 | 10 |" in told["tiers"]
    assert "| none | no tier | 2 | 0.5 | 0 | 20 |" in told["tiers"]
    assert "| C | high adherence cost | 0 | 0.0 | 0 | 0 |" in told["tiers"]
    assert told["revenue_events"] == "events looked at: 5, from 2026-06-19 to 2026-06-26; landed weeks: 2"
    assert (told["active_told_by"], told["events_of_unknown_accounts"]) == ("active_when 4", 1)
    customers = place.lakehouse.scan("customer_tiers", [JUNE]).collect()
    assert customers["customer_name"].to_list() == ["Kiel", "Lund"]
    assert customers["tier"].to_list() == ["TIER A - STRATEGIC", "TIER D - BASIC/ATTENTION"]


def test_the_account_master_goes_before_the_condition_and_two_rows_count_once(place):
    place.land_events(MONDAY, KIEL, MALMO)
    place.land_master(A1="inactive", A3="active")
    assert place.materialize()["active_told_by"] in (
        "account_master 2, active_when 2",
        "active_when 2, account_master 2",
    )
    assert place.tiers() == {"A1": "none", "A2": "none", "A3": "D", "A4": "none"}


def test_a_month_without_any_event_gives_none_to_all_and_says_so(place):
    told = place.materialize()
    assert set(place.tiers().values()) == {"none"}
    assert told["revenue_events"] == "no revenue events have landed up to 2026-06-29: every account is `none`"
    assert place.lakehouse.scan("customer_tiers", [JUNE]).collect().is_empty()


def test_what_lands_later_changes_nothing(place):
    """The events of the reference day land a week after it: a backfill would have seen what the month could not."""
    place.land_events(MONDAY, LUND)
    place.materialize()
    before = place.lakehouse.scan("account_tiers", [JUNE]).collect()
    place.land_events(MONDAY + WEEK, KIEL | {"event_date": MONDAY})
    place.materialize()
    assert place.lakehouse.scan("account_tiers", [JUNE]).collect().equals(before)


def test_weeks_that_did_not_land_are_counted(place):
    place.land_events(MONDAY - 5 * WEEK, LUND)
    place.land_events(MONDAY, LUND)
    assert place.materialize()["revenue_events"].endswith(
        "landed weeks: 2; weeks of the window that have not landed: 4"
    )


def test_the_earliest_week_holds_all_history(place):
    place.land_events(MONDAY, LUND | {"event_date": dt.date(2025, 6, 29)}, KIEL | {"event_date": dt.date(2025, 6, 28)})
    told = place.materialize()
    assert told["revenue_events"] == "events looked at: 1, from 2025-06-29 to 2025-06-29; landed weeks: 1"
    assert place.tiers()["A1"] == "none"


def test_rules_of_the_catalogue_are_the_ones_that_hold(place):
    text = TEXT + "active_when: stage = 'open'\ntiers: {profitability_at_least: 0, adherence_at_least: 0}\n"
    place.land_events(MONDAY, LUND, MALMO)
    place.materialize(parse_catalogue(text, "mine.yaml"))
    assert place.tiers()["A2"] == "A"


def test_the_newest_monday_of_the_month_is_the_reference_date(place):
    place.land_accounts(MONDAY - WEEK, A1="open")
    assert place.materialize()["reference_date"] == "2026-06-29"


def test_a_month_without_a_snapshot_is_an_error_that_says_what_to_do(place):
    with pytest.raises(dg.Failure, match="no snapshot of 2026-05 has landed: materialize account_snapshots"):
        dg.materialize(
            [build_tiers(CATALOGUE, Partitions(CATALOGUE.first_month))],
            partition_key="2026-05-01",
            resources={"lakehouse": place.lakehouse},
        )


def test_money_beyond_the_decimals_is_an_error_that_says_where(place):
    place.land_events(MONDAY, KIEL | {"total_revenue": 1e15})
    with pytest.raises(dg.Failure, match="each has to be below 10"):
        place.materialize()
