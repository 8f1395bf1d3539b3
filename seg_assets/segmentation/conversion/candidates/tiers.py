"""The incumbent: tiers as they are, with thresholds tuned, and its two scores cut as finely as segments are.

Belongs here: tiers and their scores as classes. Does not: computing tiers (sql/tiers.py of the package above).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.conversion.candidates.candidate import (
    Accounts,
    Candidate,
    Ground,
    LeftOut,
    as_they_are,
    codes_of,
)
from seg_assets.segmentation.conversion.candidates.merging import merging, shrunk_rates, summed
from seg_assets.segmentation.lift import Codes, auc_of_counts

AS_THEY_ARE, RETUNED, SCORES = "tiers", "tiers_retuned", "tier_scores"
TITLES = {
    AS_THEY_ARE: "Tiers as they are",
    RETUNED: "Tiers, thresholds re-tuned",
    SCORES: "Tier scores, cut as finely as segments",
}
TIERS = ("A", "B", "C", "D", "none")
TIER, PROFITABILITY, ADHERENCE = "__tier", "__profitability", "__adherence"
# Both scores run from 0 to 100, and are looked at in steps of 10.
STEP, STEPS = 10, 10


def with_tiers(accounts: pl.LazyFrame, tiers: pl.LazyFrame) -> pl.LazyFrame:
    """Account rows with TIER, PROFITABILITY and ADHERENCE; tiers: account_id, tier, profitability, adherence."""
    names = {"tier": TIER, "profitability": PROFITABILITY, "adherence": ADHERENCE}
    return accounts.join(tiers.select("account_id", *names).rename(names), on="account_id", how="left")


def tiers(ground: Ground) -> list[Candidate | LeftOut]:
    """As they are, with the two thresholds that rank training months best, and any classes of the two scores."""
    if TIER not in ground.newest.frame.columns:
        reason = "no tiers: revenue_events has not landed for a training month"
        return [LeftOut(name, title, reason) for name, title in TITLES.items()]
    shrinkage = ground.catalogue.lift_report.shrinkage
    return [
        Candidate(AS_THEY_ARE, TITLES[AS_THEY_ARE], TIERS, _tier, as_they_are),
        Candidate(RETUNED, TITLES[RETUNED], _grid_labels(), _grid, _tuned(shrinkage)),
        Candidate(SCORES, TITLES[SCORES], _grid_labels(), _grid, merging(ground.count, shrinkage)),
    ]


def _tier(accounts: Accounts) -> Codes:
    tier = pl.col(TIER).fill_null(TIERS[-1])
    return codes_of(accounts.frame, tier.replace_strict(TIERS, range(len(TIERS)), return_dtype=pl.Int64))


def _grid(accounts: Accounts) -> Codes:
    """(n,) the cell of both scores, row by row of profitability; the last cell without scores."""
    row, column = (
        (pl.col(score) / STEP).floor().clip(0, STEPS - 1).cast(pl.Int64) for score in (PROFITABILITY, ADHERENCE)
    )
    untiered = (pl.col(TIER).fill_null(TIERS[-1]) == TIERS[-1]) | row.is_null() | column.is_null()
    cell = pl.when(untiered).then(STEPS * STEPS).otherwise(row * STEPS + column)
    return codes_of(accounts.frame, cell)


def _grid_labels() -> tuple[str, ...]:
    spans = [f"{STEP * step} to {STEP * (step + 1)}" for step in range(STEPS)]
    cells = [f"profitability {row}, adherence {column}" for row in spans for column in spans]
    return (*cells, "no tier")


def _tuned(shrinkage: float) -> Callable[[Matrix], Codes]:
    """Four tiers and none, by the two thresholds whose classes rank the training accounts best (AUC)."""

    def classes(counts: Matrix) -> Codes:
        found = [_cut(row, column) for row in range(1, STEPS) for column in range(1, STEPS)]
        return max(found, key=lambda cut: _auc(summed(counts, cut), shrinkage))

    return classes


def _cut(row: int, column: int) -> Codes:
    """(cells,) tiers with thresholds at `row` and `column` steps, numbered as TIERS."""
    profitable = np.repeat(np.arange(STEPS) >= row, STEPS)
    adherent = np.tile(np.arange(STEPS) >= column, STEPS)
    return np.append(np.where(profitable, np.where(adherent, 0, 1), np.where(adherent, 2, 3)), 4)


def _auc(counts: Matrix, shrinkage: float) -> float:
    order = np.argsort(shrunk_rates(counts, shrinkage), kind="stable")
    return auc_of_counts(counts[order, 1], counts[order, 0])
