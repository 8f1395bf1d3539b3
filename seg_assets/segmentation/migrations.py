"""Accounts that changed segment between two refreshes, and whether they moved or the definitions did.

Belongs here: the migration matrix by kind, how long accounts stay, how far two sets of definitions agree.
Does not: what became of the segments themselves (events.py), what the definitions ask now (threshold_drift.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import polars as pl

from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.matching import Counts, overlaps
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.rates import wilson
from seg_assets.segmentation.stability.estimate import INTERVAL, Estimate
from seg_assets.segmentation.stability.resample_agreement import adjusted_rand

BEHAVIOUR, DEFINITION, NEW, LOST = "behaviour", "definition", "new", "lost"
MIGRATIONS = pl.Schema(
    {
        "kind": pl.String(),
        "from_segment_id": pl.String(),
        "to_segment_id": pl.String(),
        "accounts": pl.Int64(),
        "arr": pl.Float64(),
    }
)
AGREEMENT_DRAWS = 500


@dataclass(frozen=True, eq=False)
class Memberships:
    """Who is where at two refreshes; each a frame as `memberships` gives.

    was: the definitions before, on the snapshot before; meant: the definitions before, on the snapshot now; now: the
    definitions now, on the snapshot now. At a first refresh only `now` is known, and the others are empty.
    """

    was: pl.DataFrame
    meant: pl.DataFrame
    now: pl.DataFrame

    def meant_of(self, known: bool) -> pl.DataFrame:
        """account_id, segment_id (now), arr, before (by the definitions before) of the accounts of the snapshot now.

        known: of those that the snapshot before has too; else of those that it lacks.
        """
        both = self.now.join(self.meant.select("account_id", before="segment_id"), on="account_id", how="left")
        return both.join(self.was, on="account_id", how="semi" if known else "anti")


@dataclass(frozen=True)
class HalfLife:
    """How long accounts stay in a segment, or in any (segment_id None). months: None where nobody left.

    accounts: those at the snapshot before; stayed: those of them still in the same segment, by the same definitions;
    low, high: the ends of the 95 % interval in months, high None where it has no end.
    """

    segment_id: str | None
    accounts: int
    stayed: int
    months: float | None
    low: float | None
    high: float | None


def memberships(segmentation: Segmentation, snapshot: pl.DataFrame, value_feature: str | None) -> pl.DataFrame:
    """account_id, segment_id, arr (Float64, USD a year; 0 where unknown, null without a value feature)."""
    ids = pl.Series([segment.segment_id for segment in segmentation.segments], dtype=pl.String)
    value = pl.lit(None, pl.Float64)
    if value_feature is not None:
        value = pl.when(pl.col(value_feature).is_finite()).then(pl.col(value_feature)).otherwise(0.0)
    code = coded(segmentation, snapshot)[1]
    return snapshot.select("account_id", ids.gather(code).alias("segment_id"), value.cast(pl.Float64).alias("arr"))


def migrations(members: Memberships) -> pl.DataFrame:
    """How many accounts went from where to where, and why, with those that stayed: columns as MIGRATIONS.

    behaviour: the definitions before, on two snapshots; definition: one snapshot, two sets of definitions; both of the
    accounts that are in both snapshots. new: from nowhere; lost: to nowhere. arr: of the snapshot now, of lost
    accounts of the snapshot before. So every account of either snapshot is in it: a segment's behaviour and lost rows
    sum to what it was, its definition and new rows to what it is.
    """
    went = members.was.select("account_id", "segment_id").join(
        members.meant.select("account_id", "arr", to="segment_id"), on="account_id"
    )
    nowhere = pl.lit(None, pl.String)
    parts = [
        _counted(BEHAVIOUR, went, pl.col("segment_id"), pl.col("to")),
        _counted(DEFINITION, members.meant_of(known=True), pl.col("before"), pl.col("segment_id")),
        _counted(NEW, members.now.join(members.was, on="account_id", how="anti"), nowhere, pl.col("segment_id")),
        _counted(LOST, members.was.join(members.now, on="account_id", how="anti"), pl.col("segment_id"), nowhere),
    ]
    return pl.concat(parts)


def moved(table: pl.DataFrame, kind: str) -> tuple[int, int]:
    """(accounts that changed segment, all accounts) of one kind of a table of `migrations`."""
    rows = table.filter(pl.col("kind") == kind)
    apart = rows.filter(pl.col("from_segment_id").ne_missing(pl.col("to_segment_id")))
    return int(apart["accounts"].sum()), int(rows["accounts"].sum())


def half_lives(table: pl.DataFrame, months: float) -> list[HalfLife]:
    """The half-life of membership of all segments together, then of each.

    table: as `migrations` gives, between two snapshots `months` apart. Accounts that are in no snapshot any more have
    left. Half-life: ln 0.5 / ln of the share that stays a month; its interval is Wilson's, of that share.
    """
    before = table.filter(pl.col("kind").is_in([BEHAVIOUR, LOST]))
    stays = pl.col("to_segment_id").eq_missing(pl.col("from_segment_id"))
    counted = (
        before.group_by("from_segment_id")
        .agg(pl.col("accounts").sum(), pl.col("accounts").filter(stays).sum().alias("stayed"))
        .sort("from_segment_id")
    )
    if counted.is_empty():
        return []
    return [
        _half_life(None, int(counted["accounts"].sum()), int(counted["stayed"].sum()), months),
        *(_half_life(segment, of, stayed, months) for segment, of, stayed in counted.iter_rows()),
    ]


def together(members: Memberships, before: Sequence[str], now: Sequence[str], *, known: bool) -> tuple[Counts, Counts]:
    """(accounts, ARR) of the snapshot now by (definitions before, definitions now), segments in the order given.

    known: of accounts that the snapshot before has too; else of those that it lacks.
    """
    both = members.meant_of(known)
    shape = (len(before), len(now))
    rows, columns = (
        both[name].replace_strict({segment: n for n, segment in enumerate(ids)}, return_dtype=pl.Int64).to_numpy()
        for name, ids in (("before", before), ("segment_id", now))
    )
    arr = np.zeros(shape)
    np.add.at(arr, (rows, columns), both["arr"].fill_null(0.0).to_numpy())
    return overlaps(rows, columns, shape), arr


def agreement(counts: Counts, *, seed: int = 0) -> Estimate:
    """The adjusted Rand index of two sets of definitions on the same accounts, 1 where they are equal.

    counts: accounts by (the one, the other). The 95 % interval is of 500 bootstrap draws of the accounts (Efron 1979):
    what other accounts of the same population would give. Raises ValueError for no account.
    """
    total = int(counts.sum())
    if total == 0:
        raise ValueError("two definitions cannot be compared on no account")
    drawn = np.random.default_rng(seed).multinomial(total, (counts / total).ravel(), AGREEMENT_DRAWS)
    found = [adjusted_rand(draw.reshape(counts.shape).astype(np.float64)) for draw in drawn]
    low, high = np.quantile(found, INTERVAL)
    return Estimate(adjusted_rand(counts), float(low), float(high))


def _counted(kind: str, accounts: pl.DataFrame, came_from: pl.Expr, went_to: pl.Expr) -> pl.DataFrame:
    known = pl.col("arr").count() > 0
    return (
        accounts.group_by(came_from.alias("from_segment_id"), went_to.alias("to_segment_id"))
        .agg(
            pl.len().cast(pl.Int64).alias("accounts"),
            pl.when(known).then(pl.col("arr").sum()).alias("arr"),
        )
        .with_columns(pl.lit(kind).alias("kind"))
        .select(pl.col(name).cast(dtype) for name, dtype in MIGRATIONS.items())
        .sort("from_segment_id", "to_segment_id", nulls_last=True)
    )


def _half_life(segment_id: str | None, accounts: int, stayed: int, months: float) -> HalfLife:
    low, high = (_months_to_half(share, months) for share in wilson(stayed, accounts))
    return HalfLife(segment_id, accounts, stayed, _months_to_half(stayed / accounts, months), low, high)


def _months_to_half(share: float, months: float) -> float | None:
    """Months until half have left, where `share` stays over `months`; None where nobody leaves."""
    if share >= 1.0:
        return None
    return months * log(0.5) / log(share) if share > 0 else 0.0
