"""Which accounts a refresh learns from where all of them are too many: every stratum in proportion.

Belongs here: strata, an order of accounts whose every beginning is a stratified sample, how many were taken of each.
Does not: the smaller samples that computations take of what they are given (sampling.py), what the sample leaves
uncertain (sampling_error.py).

Sources: accounts are taken in turn by the largest (accounts of the stratum) / (2 taken + 1), Webster's rule. A larger
sample so contains a smaller one, which rounding each stratum's quota by itself does not give (Balinski and Young 1982,
Fair Representation). Shares in proportion need no weights: what is counted in the sample holds for the population.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue

VALUE_DIGITS = "__value_digits"
MOST_DIGITS = 10
HASHED_AT_ONCE = 500_000
# Seven bytes: what a signed 64-bit integer of any engine holds.
BYTES = 7


@dataclass(frozen=True, eq=False)
class Sampled:
    """A sample. ids: its account_ids; strata: a row a stratum: its columns, `accounts` in the population, `sampled`."""

    ids: pl.Series
    strata: pl.DataFrame

    @property
    def population(self) -> int:
        """How many accounts it was taken from."""
        return int(self.strata["accounts"].sum())


def strata_expressions(catalogue: Catalogue) -> list[pl.Expr]:
    """What an account's stratum is told by: the features that names open with, and the digits of its value."""
    strata = [pl.col(name) for name in catalogue.name_features]
    if catalogue.value_feature is not None:
        value = pl.col(catalogue.value_feature).cast(pl.Float64)
        # Comparisons, not a logarithm: engines differ in its last bit.
        digits = pl.sum_horizontal((value >= 10.0**power).fill_null(False) for power in range(MOST_DIGITS))
        strata.append(pl.when(value.is_finite()).then(digits).cast(pl.UInt8).alias(VALUE_DIGITS))
    return strata


def stratified_sample(accounts: pl.DataFrame, most: int) -> Sampled:
    """`most` accounts (all where there are fewer), the same for any order of the rows.

    accounts: account_id, each once; every other column is part of the stratum, a null a level like another. Within a
    stratum accounts come in the order of `id_codes`. For some number t, each stratum of n accounts has t n of them in
    the sample, rounded.
    """
    strata = [pl.col(name) for name in accounts.columns if name != "account_id"] or [pl.lit(0)]
    ordered = accounts.with_columns(id_codes(accounts["account_id"]).alias("__code")).sort("__code", "account_id")
    place, size = pl.int_range(pl.len()).over(strata), pl.len().over(strata)
    # One division of whole numbers: exact enough that equal quotients are equal everywhere.
    turn = ((2 * place + 1) / (2 * size)).alias("__turn")
    ordered = ordered.with_columns(turn).sort("__turn", "__code", "account_id")
    taken = ordered.select(*strata, "account_id", (pl.int_range(pl.len()) < most).alias("__taken"))
    counted = taken.group_by(strata).agg(pl.len().alias("accounts"), pl.col("__taken").sum().alias("sampled"))
    return Sampled(ordered["account_id"].head(most), counted.drop("literal", strict=False))


def id_codes(ids: pl.Series) -> pl.Series:
    """(n,) Int64: the first 14 hexadecimal digits of the MD5 of each id in UTF-8, as a number.

    Python, DuckDB, Spark and Databricks have MD5; what each calls `hash` is its own. DuckDB:
    `('0x' || substr(md5(account_id), 1, 14))::BIGINT`; Spark: `conv(substr(md5(account_id), 1, 14), 16, 10)`.
    """
    parts = [_codes(ids.slice(start, HASHED_AT_ONCE).to_list()) for start in range(0, len(ids), HASHED_AT_ONCE)]
    return pl.Series(np.concatenate(parts) if parts else [], dtype=pl.Int64)


def _codes(ids: Sequence[str]) -> np.ndarray:
    digests = (hashlib.md5(account.encode(), usedforsecurity=False).digest()[:BYTES] for account in ids)
    return np.fromiter((int.from_bytes(digest, "big") for digest in digests), dtype=np.int64, count=len(ids))
