"""Completeness: every account of a week has exactly one score, and nothing that a score needs is null.

Belongs here: the verdict. Does not: whether the newest week is scored at all (automation/newest_week.py).
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.checks.affected import affected
from seg_assets.checks.commands import history
from seg_assets.checks.finding import Finding
from seg_assets.checks.week import SNAPSHOTS
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation.overridden import SHOWN as OVERRIDDEN

COMPLETENESS = "completeness"
MAY_BE_NULL = frozenset({"confidence", "second_segment_id", "action", "action_from", "action_reason", *OVERRIDDEN})
"""Columns whose null says something; see the table's own descriptions."""
WEEKS_BACK = 12


def completeness(lakehouse: Lakehouse, catalogue: Catalogue, monday: dt.date) -> Finding:
    """The verdict on one scored week."""
    bad, accounts, scores = _unlike_one(lakehouse, monday)
    expected = f"{accounts:,} accounts, each with one whole score"
    if bad.is_empty():
        return Finding("every account has one whole score", expected, f"{scores:,} whole scores")
    kinds = dict(bad["trouble"].value_counts(sort=True).iter_rows())
    who = affected(lakehouse, catalogue, bad["account_id"], monday)
    return Finding(
        told=f"of {accounts:,} accounts "
        + ", ".join(f"{number:,} {trouble}" for trouble, number in kinds.items())
        + f", such as {', '.join(bad['account_id'].sort().head(3))}",
        expected=expected,
        seen=f"{scores:,} scores; accounts without exactly one whole score: {bad.height:,}",
        passed=False,
        blocks=True,
        since=_since(lakehouse, monday),
        accounts=who.accounts,
        arr=who.arr,
        causes=(*(CAUSES[trouble] for trouble in kinds), *who.causes),
        look_closer=history(SEGMENT_SCORES.name, "definition_version"),
    )


NO_SCORE, SEVERAL, NO_ACCOUNT, NULLS = (
    "without a score",
    "with several scores",
    "scored without being in account_snapshots",
    "with nulls in their score",
)
CAUSES = {
    NO_SCORE: "account_snapshots was made again after the week was scored, or scoring left accounts out",
    SEVERAL: "segment_scores was written to by something else than the job, or account_snapshots holds accounts twice",
    NO_ACCOUNT: "account_snapshots was made again after the week was scored",
    NULLS: "a program of another version scored the week, or the table was changed by hand",
}
"""What each most likely comes from."""


def _unlike_one(lakehouse: Lakehouse, monday: dt.date) -> tuple[pl.DataFrame, int, int]:
    """account_id and trouble of what is wrong; how many accounts and scores there are."""
    accounts = lakehouse.scan(SNAPSHOTS, [monday]).select("account_id").collect()
    needed = [name for name in SEGMENT_SCORES.schema if name not in MAY_BE_NULL]
    scores = lakehouse.scan(SEGMENT_SCORES.name, [monday]) if _scored(lakehouse, monday) else None
    if scores is None:
        return accounts.with_columns(trouble=pl.lit(NO_SCORE)), accounts.height, 0
    nulls = pl.any_horizontal(pl.col(name).is_null() for name in needed)
    counted = scores.group_by("account_id").agg(scores=pl.len(), nulls=nulls.any()).collect()
    both = accounts.unique().with_columns(there=True).join(counted, on="account_id", how="full", coalesce=True)
    trouble = (
        pl.when(pl.col("scores").is_null())
        .then(pl.lit(NO_SCORE))
        .when(pl.col("there").is_null())
        .then(pl.lit(NO_ACCOUNT))
        .when(pl.col("scores") > 1)
        .then(pl.lit(SEVERAL))
        .when(pl.col("nulls"))
        .then(pl.lit(NULLS))
    )
    bad = both.select("account_id", trouble=trouble).drop_nulls("trouble")
    return bad, accounts.height, int(counted["scores"].sum())


def _scored(lakehouse: Lakehouse, monday: dt.date) -> bool:
    return monday in lakehouse.partitions(SEGMENT_SCORES.name)


def _since(lakehouse: Lakehouse, monday: dt.date) -> dt.date:
    """The first of the scored Mondays in a row, this one the last, that are not whole."""
    first = monday
    for back in range(1, WEEKS_BACK + 1):
        earlier = monday - dt.timedelta(weeks=back)
        stored = earlier in lakehouse.partitions(SNAPSHOTS) and _scored(lakehouse, earlier)
        if not stored or _unlike_one(lakehouse, earlier)[0].is_empty():
            break
        first = earlier
    return first
