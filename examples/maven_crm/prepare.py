"""The Maven CRM opportunities as a landing table: one row an opportunity, as it was on the day it began.

Belongs here: what the public files lack or say in a way of their own (misspelt names, the history until then).
Does not: choosing features, checking values; the catalogue beside this file and `seg run` do that.

    python examples/maven_crm/prepare.py FOLDER landing
    python examples/maven_crm/prepare.py FOLDER landing --without-outcome
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

PIPELINE, FILES = "sales_pipeline.csv", ("accounts.csv", "products.csv", "sales_teams.csv")
# Opportunities end in December 2017: the file is taken as what was known on that month's last Monday.
SNAPSHOT_DATE = "2017-12-25"
# The pipeline writes one product without its blank.
PRODUCTS = {"GTXPro": "GTX Pro"}
SECTORS = {"technolgy": "technology"}
FIRST_YEAR = 2017
BEGAN, ENDED = "engage_date", "close_date"


def read_opportunities(folder: Path) -> pl.DataFrame:
    """All opportunities in `folder` that have begun, with their account, product and sales team; open ones too.

    Raises SystemExit where one of the four files is absent.
    """
    try:
        pipeline, accounts, products, teams = (pl.read_csv(folder / name) for name in (PIPELINE, *FILES))
    except FileNotFoundError as error:
        raise SystemExit(f"{folder}: expected are {PIPELINE}, {', '.join(FILES)} of Maven's CRM data") from error
    return (
        pipeline.with_columns(pl.col("product").replace(PRODUCTS), pl.col(BEGAN, ENDED).str.to_date("%m/%d/%Y"))
        .filter(pl.col(BEGAN).is_not_null())
        .join(accounts.with_columns(pl.col("sector").replace(SECTORS)), on="account", how="left")
        .join(products, on="product", how="left")
        .join(teams, on="sales_agent", how="left")
    )


def landed(opportunities: pl.DataFrame, *, outcome_known: bool) -> pl.DataFrame:
    """One row a closed opportunity, in order of its beginning, with the catalogue's columns and its two dates.

    Only what was known when it began: stage, value and end of the opportunity itself are left out, and of others of
    the same account or agent only those count that had ended, or were open, on that day.
    """
    won = pl.col("deal_stage") == "Won"
    closed_before = (pl.col("wins_before") + pl.col("losses_before")).replace(0, None)
    return (
        history(opportunities)
        .filter(pl.col(ENDED).is_not_null())
        .sort(BEGAN, "opportunity_id")
        .select(
            pl.col("opportunity_id").alias("account_id"),
            pl.coalesce("subsidiary_of", "account").alias("parent_account_id"),
            pl.col("product", "series"),
            pl.col("sales_price").alias("list_price"),
            pl.col("sector"),
            (FIRST_YEAR - pl.col("year_established")).clip(0).alias("firm_age"),
            (pl.col("revenue") * 1e6).alias("revenue"),
            pl.col("employees"),
            (pl.col("office_location") == "United States").alias("in_the_united_states"),
            pl.col("subsidiary_of").is_not_null().alias("is_subsidiary"),
            pl.col("wins_before", "losses_before"),
            (pl.col("wins_before") / closed_before).alias("share_won_before"),
            pl.col("days_since_last_win", "open_at_account", "open_at_agent"),
            pl.col("sales_agent", "manager", "regional_office"),
            pl.int_range(1, pl.len() + 1).alias("row_order"),
            (won if outcome_known else pl.lit(None, dtype=pl.Boolean)).alias("converted"),
            pl.col(BEGAN, ENDED),
        )
    )


def history(opportunities: pl.DataFrame) -> pl.DataFrame:
    """`opportunities` with what account and agent had behind them and under way on the day each one began."""
    each = opportunities.select("opportunity_id", "account", "sales_agent", "deal_stage", BEGAN, ENDED)
    others = each.rename({name: f"other_{name}" for name in each.columns})
    ended = pl.col(f"other_{ENDED}") < pl.col(BEGAN)
    under_way = (pl.col(f"other_{BEGAN}") < pl.col(BEGAN)) & (pl.col(f"other_{ENDED}") >= pl.col(BEGAN)).fill_null(True)
    won = ended & (pl.col("other_deal_stage") == "Won")
    last_win = pl.col(f"other_{ENDED}").filter(won).max()
    at_account = (
        each.join(others, left_on="account", right_on="other_account")
        .group_by("opportunity_id")
        .agg(
            won.sum().alias("wins_before"),
            (ended & (pl.col("other_deal_stage") == "Lost")).sum().alias("losses_before"),
            (pl.col(BEGAN).first() - last_win).dt.total_days().alias("days_since_last_win"),
            under_way.sum().alias("open_at_account"),
        )
    )
    at_agent = (
        each.join(others, left_on="sales_agent", right_on="other_sales_agent")
        .group_by("opportunity_id")
        .agg(under_way.sum().alias("open_at_agent"))
    )
    joined = opportunities.join(at_account, on="opportunity_id", how="left")
    return joined.join(at_agent, on="opportunity_id", how="left")


def main() -> None:
    """Write the landing tables `opportunities` and `account_master`, and say what was written."""
    parser = argparse.ArgumentParser(description="Maven's CRM opportunities as landing tables.")
    parser.add_argument("source", type=Path, help="the folder with the four files, as Maven gives them")
    parser.add_argument("out", type=Path, help="the folder of landing tables")
    parser.add_argument("--without-outcome", action="store_true", help="leave `converted` empty, as it is at the start")
    given = parser.parse_args()
    frame = landed(read_opportunities(given.source), outcome_known=not given.without_outcome)
    tables = {
        "opportunities": frame.drop(BEGAN, ENDED, "parent_account_id"),
        "account_master": frame.select("account_id", "parent_account_id"),
    }
    for name, table in tables.items():
        file = given.out / name / f"snapshot_date={SNAPSHOT_DATE}" / "part-0.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        table.write_parquet(file)
        print(f"{table.height:,} rows in {file}")


if __name__ == "__main__":
    main()
