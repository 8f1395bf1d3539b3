"""Public data become account rows that know nothing of what came later."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.quality.public import EXAMPLES, PUBLIC_SETS, PublicSet, public_populations
from seg_assets_tests.shared import shared_file

LEADS = """mql_id,first_contact_date,landing_page_id,origin
a1,01-02-2018,page0001x,social
a2,01-02-2018,page0001x,unknown
a3,02-03-2018,page0001x,
a4,05-03-2018,page0002x,email
a5,06-03-2018,page0001x,email
"""
DEALS = """mql_id,seller_id,won_date
a1,s1,2018-04-02 10:00:00
a2,s2,2018-04-03 10:00:00
a3,s3,2018-03-01 10:00:00
a4,s4,2018-03-05 23:00:00
"""
PIPELINE = """opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value
O1,Ann,GTXPro,Acme,Won,1/2/2017,1/9/2017,100
O2,Ann,GTX Basic,Acme,Lost,1/3/2017,1/20/2017,0
O3,Bob,GTX Basic,Acme,Engaging,1/4/2017,,
O4,Ann,GTX Basic,Acme,Won,1/10/2017,2/1/2017,50
O5,Ann,GTX Basic,Other,Won,1/20/2017,2/1/2017,50
O6,Bob,GTX Basic,Acme,Prospecting,,,
"""


def script(example: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / example / "prepare.py"))


@pytest.fixture
def olist(tmp_path: Path) -> pl.DataFrame:
    prepare = script("olist_funnel")
    (tmp_path / prepare["LEADS"]).write_text(LEADS, encoding="utf-8")
    (tmp_path / prepare["DEALS"]).write_text(DEALS, encoding="utf-8")
    frame: pl.DataFrame = prepare["landed"](prepare["read_leads"](tmp_path), outcome_known=True)
    return frame


@pytest.fixture
def maven(tmp_path: Path) -> pl.DataFrame:
    prepare = script("maven_crm")
    (tmp_path / "sales_pipeline.csv").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "accounts.csv").write_text(
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        "Acme,technolgy,1996,10.5,100,Kenya,\nOther,retail,2017,1,5,United States,Acme\n",
        encoding="utf-8",
    )
    (tmp_path / "products.csv").write_text(
        "product,series,sales_price\nGTX Pro,GTX,4821\nGTX Basic,GTX,550\n", encoding="utf-8"
    )
    (tmp_path / "sales_teams.csv").write_text(
        "sales_agent,manager,regional_office\nAnn,Cora,West\nBob,Cora,East\n", encoding="utf-8"
    )
    frame: pl.DataFrame = prepare["landed"](prepare["read_opportunities"](tmp_path), outcome_known=True)
    return frame


def test_a_deal_counts_within_60_days_of_the_contact_and_not_before_it(olist: pl.DataFrame) -> None:
    assert dict(olist.select("account_id", "converted").iter_rows()) == {
        "a1": True,  # day 60
        "a2": False,  # day 61
        "a3": False,  # a day before its contact
        "a4": True,  # the same day
        "a5": False,  # no deal
    }


def test_a_landing_page_counts_leads_of_the_30_days_before_and_not_of_the_day(olist: pl.DataFrame) -> None:
    leads = dict(olist.select("account_id", "page_leads_30d").iter_rows())
    assert leads == {"a1": 0, "a2": 0, "a3": 2, "a4": 0, "a5": 1}


def test_an_unknown_channel_is_a_missing_one(olist: pl.DataFrame) -> None:
    assert olist["origin"].to_list() == ["social", None, None, "email", "email"]


def test_closed_opportunities_are_rows_with_the_names_of_the_other_files(maven: pl.DataFrame) -> None:
    assert maven["account_id"].to_list() == ["O1", "O2", "O4", "O5"]
    assert maven["list_price"].to_list() == [4821, 550, 550, 550]
    assert maven["converted"].to_list() == [True, False, True, True]
    assert maven["parent_account_id"].to_list() == ["Acme"] * 4


def test_an_opportunity_knows_what_had_ended_and_what_was_open_when_it_began(maven: pl.DataFrame) -> None:
    last = maven.filter(account_id="O4").row(0, named=True)
    assert (last["wins_before"], last["losses_before"], last["share_won_before"]) == (1, 0, 1.0)
    assert last["days_since_last_win"] == 1
    assert last["open_at_account"] == 2  # O2 has not ended, O3 never did
    assert last["open_at_agent"] == 1  # O2
    first = maven.filter(account_id="O1").row(0, named=True)
    assert (first["wins_before"], first["share_won_before"], first["days_since_last_win"]) == (0, None, None)


@pytest.mark.parametrize("frame", ["olist", "maven"])
def test_catalogue_and_prepare_name_the_same_columns(frame: str, request: pytest.FixtureRequest) -> None:
    one = next(one for one in PUBLIC_SETS if one.name.startswith(frame))
    landed = request.getfixturevalue(frame)
    assert set(one.catalogue.feature_names) <= set(landed.columns)


@pytest.mark.parametrize("one", PUBLIC_SETS, ids=lambda one: one.name)
def test_each_set_is_what_its_source_page_says(one: PublicSet) -> None:
    file = shared_file(one.path)
    shared = file.parents[len(Path(one.path).parts) - 1]
    random, late = public_populations(one, shared, 1)
    accounts, converted = {
        "bank_full": (45_211, 5_289),
        "bank_additional": (41_188, 4_640),
        "olist_funnel": (8_000, 646),
        "maven_crm": (6_711, 4_238),
    }[one.name]
    split = next(random.splits())
    learned = split.outcomes.frame.collect()
    assert learned.height + split.judged.height == accounts
    assert learned["converted"].sum() + split.judged["converted"].sum() == converted
    in_time = next(late.splits())
    assert in_time.judged.height == pytest.approx(0.4 * accounts, rel=0.02)
    assert not set(in_time.snapshot["account_id"]) & set(in_time.judged["account_id"])
