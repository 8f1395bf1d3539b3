"""What is learned from and what is judged: two parts of a population that share no outcome.

Belongs here: drawing parts by account and by time. Does not: where populations come from (sample.py, public.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
import polars as pl

from seg_assets.segmentation import Outcomes
from seg_assets.segmentation.intent.rows import FAMILY
from seg_assets.segmentation.lift import Codes, Flags
from seg_assets.segmentation.outcomes import CONVERTED

# The first 60 % are learned from, at random or in time.
SHARE_LEARNED = 0.6


@dataclass(frozen=True, eq=False)
class Split:
    """snapshot: the accounts that segments are made of; outcomes: what had matured then, with the same columns;
    judged: account rows with `converted` that nothing has learned from. All have `parent_account_id` or none has.
    """

    snapshot: pl.DataFrame
    outcomes: Outcomes
    judged: pl.DataFrame

    @property
    def converted(self) -> Flags:
        """(n,) of the judged rows."""
        return self.judged[CONVERTED].to_numpy()

    @property
    def families(self) -> pl.Series:
        """(n,) the parent of each judged row, or the account itself."""
        known = FAMILY in self.judged.columns
        return self.judged.select(pl.coalesce(FAMILY, "account_id") if known else pl.col("account_id")).to_series()

    def learned(self) -> Iterator[pl.DataFrame]:
        """The matured rows, a snapshot at a time: all of them would outgrow memory as points."""
        days: tuple[dt.date | None, ...] = self.outcomes.snapshots or (None,)
        for day in days:
            rows = self.outcomes.frame
            yield (rows if day is None else rows.filter(pl.col("snapshot_date") == day)).collect()

    def permuted(self, seed: int) -> Split:
        """The same rows, with all outcomes dealt out again by chance, on either side."""
        random = np.random.default_rng(seed)
        learned = pl.concat(list(self.learned()))
        return replace(
            self,
            outcomes=Outcomes(_dealt(learned, random).lazy(), self.outcomes.snapshots),
            judged=_dealt(self.judged, random),
        )


def _dealt(frame: pl.DataFrame, random: np.random.Generator) -> pl.DataFrame:
    return frame.with_columns(pl.Series(CONVERTED, random.permutation(frame[CONVERTED].to_numpy())))


def at_random(accounts: pl.DataFrame, number: int) -> Split:
    """60 % of `accounts` (rows with `converted`) by a hash of account_id, another draw for every `number`."""
    learned = luck(accounts["account_id"], f"split {number}") < SHARE_LEARNED
    first, rest = accounts.filter(learned), accounts.filter(~learned)
    return Split(first, Outcomes(first.lazy()), rest)


def luck(accounts: pl.Series, salt: str) -> pl.Series:
    """(n,) a number from 0 to 1 for each account_id, another one for another salt.

    Not by CRC-32, as samples are drawn elsewhere: there another salt only turns the same bits, and halves would be
    the same halves again.
    """
    digests = [blake2b(f"{salt}:{account}".encode(), digest_size=8).digest() for account in accounts]
    return pl.Series([int.from_bytes(digest) / 2**64 for digest in digests], dtype=pl.Float64)


def in_time(accounts: pl.DataFrame, began: str, known: str) -> Split:
    """The first 60 % of `accounts` by the column `began` against the others.

    Outcomes are learned from where they were known, by the column `known`, before the first judged account began.
    """
    cut = accounts[began].sort()[int(SHARE_LEARNED * accounts.height)]
    first, rest = accounts.filter(pl.col(began) < cut), accounts.filter(pl.col(began) >= cut)
    return Split(first, Outcomes(first.lazy().filter(pl.col(known) < cut)), rest)


def codes_of(rows: pl.DataFrame, expression: pl.Expr) -> Codes:
    """(n,) the whole number that `expression` gives each row."""
    return rows.select(expression).to_series().to_numpy().astype(np.intp)
