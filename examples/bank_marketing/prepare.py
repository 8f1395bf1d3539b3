"""Bank marketing as a landing table: one source, one Monday, the outcome given.

Belongs here: what the public file lacks or says in a way of its own (ids, a date, unknown and never contacted).
Does not: choosing features, checking values; the catalogue beside this file and `seg run` do that.

    python examples/bank_marketing/prepare.py bank.zip landing
    python examples/bank_marketing/prepare.py bank.zip landing --without-outcome
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import polars as pl

MEMBER = "bank-full.csv"
# Rows are in date order and end in November 2010: the file is taken as what was known on that month's last Monday.
SNAPSHOT_DATE = "2010-11-29"
CALLED_BEFORE = pl.col("pdays") >= 0


def read_clients(source: Path) -> pl.DataFrame:
    """The clients of `bank-full.csv` in the zip at `source`, as the file has them.

    Raises SystemExit where there is no such zip, or no such file in it.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            text = archive.read(MEMBER)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise SystemExit(
            f"{source}: expected is bank.zip of UCI Bank Marketing, with {MEMBER} in it ({error})"
        ) from error
    return pl.read_csv(io.BytesIO(text), separator=";")


def landed(clients: pl.DataFrame, *, outcome_known: bool) -> pl.DataFrame:
    """One row a client, with the columns that the catalogue names.

    `duration` is left out: it is known only after the call that it is about, when the outcome is known too. `day` and
    `month` say when the bank called and not who the client is; `row_order` keeps the order in time. "unknown" and, for
    clients of no earlier campaign, -1 days become null.
    """
    number = pl.int_range(1, pl.len() + 1)
    converted = pl.col("y") == "yes" if outcome_known else pl.lit(None, dtype=pl.Boolean)
    return clients.select(
        pl.format("C{}", number.cast(pl.String).str.zfill(5)).alias("account_id"),
        pl.col("age"),
        known("job").str.strip_chars("."),
        pl.col("marital").alias("marital_status"),
        known("education"),
        pl.col("balance"),
        (pl.col("default") == "yes").alias("in_default"),
        loans(),
        known("contact").alias("contact_channel"),
        pl.col("campaign").alias("calls_this_campaign"),
        campaign_history(),
        pl.when(CALLED_BEFORE).then("previous").alias("earlier_calls"),
        pl.when(CALLED_BEFORE).then("pdays").alias("days_since_earlier_call"),
        number.alias("row_order"),
        converted.alias("converted"),
    )


def loans() -> pl.Expr:
    """`housing` and `loan`, two yes or no, as one level that people can say."""
    housing, personal = pl.col("housing") == "yes", pl.col("loan") == "yes"
    return (
        pl.when(housing & personal)
        .then(pl.lit("both_loans"))
        .when(housing)
        .then(pl.lit("housing_loan"))
        .when(personal)
        .then(pl.lit("personal_loan"))
        .otherwise(pl.lit("no_loan"))
        .alias("loans")
    )


def campaign_history() -> pl.Expr:
    """Whether an earlier campaign called the client, and what came of it ("other" and "unknown": only that)."""
    outcome = pl.col("poutcome").replace_strict(
        {"success": "subscribed_before", "failure": "declined_before"}, default="called_before"
    )
    return pl.when(CALLED_BEFORE).then(outcome).otherwise(pl.lit("first_campaign")).alias("campaign_history")


def known(column: str) -> pl.Expr:
    """The column, with "unknown" as null."""
    return pl.when(pl.col(column) != "unknown").then(pl.col(column)).alias(column)


def main() -> None:
    """Write the landing table `clients`, and say what was written."""
    parser = argparse.ArgumentParser(description="UCI Bank Marketing as a landing table.")
    parser.add_argument("source", type=Path, help="bank.zip, as UCI gives it")
    parser.add_argument("out", type=Path, help="the folder of landing tables")
    parser.add_argument(
        "--without-outcome", action="store_true", help="leave `converted` empty, as it is before a campaign"
    )
    given = parser.parse_args()
    frame = landed(read_clients(given.source), outcome_known=not given.without_outcome)
    file = given.out / "clients" / f"snapshot_date={SNAPSHOT_DATE}" / "part-0.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(file)
    print(f"{frame.height:,} clients in {file}")


if __name__ == "__main__":
    main()
