"""The later file of bank marketing as a landing table: one source, one Monday, the outcome given.

Belongs here: what the public file lacks or says in a way of its own (ids, a date, unknown and never contacted).
Does not: choosing features, checking values; the catalogue beside this file and `seg run` do that.

    python examples/bank_additional/prepare.py bank-additional.zip landing
    python examples/bank_additional/prepare.py bank-additional.zip landing --without-outcome
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import polars as pl

MEMBER = "bank-additional/bank-additional-full.csv"
# Rows are in date order and end in November 2010: the file is taken as what was known on that month's last Monday.
SNAPSHOT_DATE = "2010-11-29"
NO_DAYS = 999


def read_clients(source: Path) -> pl.DataFrame:
    """The clients of `bank-additional-full.csv` in the zip at `source`, as the file has them.

    Raises SystemExit where there is no such zip, or no such file in it.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            text = archive.read(MEMBER)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise SystemExit(
            f"{source}: expected is bank-additional.zip of UCI Bank Marketing, with {MEMBER} in it ({error})"
        ) from error
    return pl.read_csv(io.BytesIO(text), separator=";", infer_schema_length=None)


def landed(clients: pl.DataFrame, *, outcome_known: bool) -> pl.DataFrame:
    """One row a client, with the columns that the catalogue names.

    `duration` is left out: it is known only after the call that it is about. Month, weekday and the five figures of
    the economy are left out too: on a day they are the same for every client, so they say when the bank called.
    """
    number = pl.int_range(1, pl.len() + 1)
    converted = pl.col("y") == "yes" if outcome_known else pl.lit(None, dtype=pl.Boolean)
    return clients.select(
        pl.format("C{}", number.cast(pl.String).str.zfill(5)).alias("account_id"),
        pl.col("age"),
        known("job").str.strip_chars("."),
        known("marital").alias("marital_status"),
        known("education"),
        (known("default") == "yes").alias("in_default"),
        (known("housing") == "yes").alias("housing_loan"),
        (known("loan") == "yes").alias("personal_loan"),
        pl.col("contact").alias("contact_channel"),
        pl.col("campaign").alias("calls_this_campaign"),
        campaign_history(),
        pl.when(pl.col("previous") > 0).then("previous").alias("earlier_calls"),
        pl.when(pl.col("pdays") != NO_DAYS).then("pdays").alias("days_since_earlier_call"),
        number.alias("row_order"),
        converted.alias("converted"),
    )


def campaign_history() -> pl.Expr:
    """Whether an earlier campaign called the client, and what came of it."""
    words = {"nonexistent": "first_campaign", "failure": "declined_before", "success": "subscribed_before"}
    return pl.col("poutcome").replace_strict(words, return_dtype=pl.String).alias("campaign_history")


def known(column: str) -> pl.Expr:
    """The column, with "unknown" as null."""
    return pl.when(pl.col(column) != "unknown").then(pl.col(column)).alias(column)


def main() -> None:
    """Write the landing table `clients`, and say what was written."""
    parser = argparse.ArgumentParser(description="The later file of UCI Bank Marketing as a landing table.")
    parser.add_argument("source", type=Path, help="bank-additional.zip, as UCI gives it")
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
