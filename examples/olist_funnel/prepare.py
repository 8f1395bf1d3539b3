"""The Olist marketing funnel as a landing table: one source, one Monday, the outcome given.

Belongs here: what the public files lack or say in a way of their own (a date each way, the deal within 60 days).
Does not: choosing features, checking values; the catalogue beside this file and `seg run` do that.

    python examples/olist_funnel/prepare.py FOLDER landing
    python examples/olist_funnel/prepare.py FOLDER landing --without-outcome
"""

from __future__ import annotations

import argparse
from pathlib import Path

import polars as pl

LEADS, DEALS = "olist_marketing_qualified_leads_dataset.csv", "olist_closed_deals_dataset.csv"
# First contacts end in May 2018 and deals in November: the file is taken as what was known on that May's last Monday.
SNAPSHOT_DATE = "2018-05-28"
HORIZON_DAYS = 60
PAGE_WINDOW_DAYS = 30
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CONTACTED = "first_contact_date"


def read_leads(folder: Path) -> pl.DataFrame:
    """The leads in `folder`, with the date of their deal (null: none), as the files have them.

    Raises SystemExit where one of the two files is absent.
    """
    try:
        leads, deals = (pl.read_csv(folder / name) for name in (LEADS, DEALS))
    except FileNotFoundError as error:
        raise SystemExit(f"{folder}: expected are {LEADS} and {DEALS} of the Olist marketing funnel") from error
    won = deals.select("mql_id", pl.col("won_date").str.to_datetime("%Y-%m-%d %H:%M:%S").dt.date())
    return leads.with_columns(pl.col(CONTACTED).str.to_date("%d-%m-%Y")).join(won, on="mql_id", how="left")


def landed(leads: pl.DataFrame, *, outcome_known: bool) -> pl.DataFrame:
    """One row a lead, in order of first contact, with the columns that the catalogue names and `first_contact_date`.

    Everything is known at the first contact: what the deals file tells of a lead (business segment, lead type, ...)
    exists only because there is a deal, and is left out. A deal dated before its contact does not count.
    """
    days = (pl.col("won_date") - pl.col(CONTACTED)).dt.total_days()
    converted = days.is_between(0, HORIZON_DAYS).fill_null(False)
    return (
        page_leads(leads)
        .sort(CONTACTED, "mql_id")
        .select(
            pl.col("mql_id").alias("account_id"),
            known("origin"),
            pl.col("landing_page_id").str.head(8).alias("landing_page"),
            pl.col("page_leads_30d"),
            weekday(),
            pl.int_range(1, pl.len() + 1).alias("row_order"),
            (converted if outcome_known else pl.lit(None, dtype=pl.Boolean)).alias("converted"),
            pl.col(CONTACTED),
        )
    )


def page_leads(leads: pl.DataFrame) -> pl.DataFrame:
    """`leads` with how many others its landing page brought in the 30 days before the day of contact."""
    days = leads.group_by("landing_page_id", CONTACTED).agg(pl.len().alias("page_leads_30d")).sort(CONTACTED)
    before = days.rolling(CONTACTED, period=f"{PAGE_WINDOW_DAYS}d", closed="left", group_by="landing_page_id").agg(
        pl.col("page_leads_30d").sum()
    )
    return leads.join(before, on=["landing_page_id", CONTACTED], how="left")


def weekday() -> pl.Expr:
    """The day of the week of the first contact, in words."""
    number = pl.col(CONTACTED).dt.weekday()
    return number.replace_strict(dict(enumerate(WEEKDAYS, start=1)), return_dtype=pl.String).alias("contact_weekday")


def known(column: str) -> pl.Expr:
    """The column, with "unknown" as null: the same as no entry."""
    return pl.when(pl.col(column) != "unknown").then(pl.col(column)).alias(column)


def main() -> None:
    """Write the landing table `leads`, and say what was written."""
    parser = argparse.ArgumentParser(description="The Olist marketing funnel as a landing table.")
    parser.add_argument("source", type=Path, help="the folder with the two files, as Olist gives them")
    parser.add_argument("out", type=Path, help="the folder of landing tables")
    parser.add_argument("--without-outcome", action="store_true", help="leave `converted` empty")
    given = parser.parse_args()
    frame = landed(read_leads(given.source), outcome_known=not given.without_outcome).drop(CONTACTED)
    file = given.out / "leads" / f"snapshot_date={SNAPSHOT_DATE}" / "part-0.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(file)
    print(f"{frame.height:,} leads in {file}")


if __name__ == "__main__":
    main()
