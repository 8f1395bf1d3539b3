"""The mix of segments: whether it moved beyond what the accounts' ordinary movement explains.

Belongs here: the verdict and its words. Both Mondays are assigned by this week's definitions, so that a refresh or a
rollback is no movement of accounts. Does not: the figures (monitoring/mix.py).
"""

from __future__ import annotations

from functools import partial

import polars as pl

from seg_assets.checks.commands import history
from seg_assets.checks.finding import Finding
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.monitoring.causes import SliceShare, likely_causes
from seg_assets.segmentation.monitoring.mix import segment_mix
from seg_assets.segmentation.monitoring.placed import placed
from seg_assets.segmentation.monitoring.reading import in_batches

WARNS = 0.02
"""Of all accounts, unexplained, over all segments; the sample's ordinary weeks stay below 0.001."""
BLOCKS = 0.10


def mix_of_segments(week: Week) -> Finding:
    """The verdict on one week."""
    expected = f"the mix moves by at most {WARNS:.0%} of accounts beyond ordinary movement; {BLOCKS:.0%} blocks"
    champion, before = week.champion, week.before
    if champion is None or before is None:
        return Finding("the week before has not landed", expected, "not compared")
    segmentation = champion.segmentation
    then, now = (_placed(segmentation, accounts) for accounts in (before, week.snapshot))
    table = segment_mix(then, now)
    beyond = float(table["unexplained"].sum() / 2)
    seen = f"{beyond:.2%} of accounts beyond, {table['moved_in'].sum():,} moved, {table['came'].sum():,} came"
    if beyond <= WARNS:
        return Finding("no more moved than accounts do by themselves", expected, seen)
    worst = table.sort("unexplained", "segment_id", descending=[True, False]).row(0, named=True)
    names = {segment.segment_id: segment.name for segment in segmentation.segments}
    stayed = then.join(now, on=["account_id", "segment_id"], how="semi")
    affected = week.accounts.join(stayed, on="account_id", how="anti")
    return Finding(
        told=f"{names[worst['segment_id']]} went from {worst['share_before']:.1%} to {worst['share']:.1%} of accounts; "
        f"ordinary movement explains {worst['explained']:.1%}",
        expected=expected,
        seen=seen,
        passed=False,
        blocks=beyond > BLOCKS,
        since=week.monday,
        accounts=affected.height,
        arr=week.value_of(affected),
        causes=_causes(week, affected, int(table["came"].sum())),
        look_closer=history(SEGMENT_SCORES.name, "segment_name"),
        table=_table(table, names),
    )


def _placed(segmentation: Segmentation, accounts: pl.LazyFrame) -> pl.DataFrame:
    needed = accounts.select(sorted({"account_id", *segmentation.required_columns}))
    return in_batches(needed, partial(placed, segmentation))


def _causes(week: Week, affected: pl.DataFrame, came: int) -> tuple[str, ...]:
    shares = [SliceShare(SNAPSHOTS, "accounts that are new this week", came / max(affected.height, 1), 0.0)]
    for key in week.slices:
        every = dict(week.accounts.group_by(key).len().drop_nulls().iter_rows())
        for value, number in affected.group_by(key).len().drop_nulls().sort(key).iter_rows():
            of_accounts = every[value] / week.accounts.height
            shares.append(SliceShare(key, value, number / max(affected.height, 1), of_accounts))
    return likely_causes((), {}, shares)


def _table(table: pl.DataFrame, names: dict[str, str]) -> str:
    lines = ["| segment | before | now | moved in | moved out | came | went | unexplained |", "| --- |" + " ---: |" * 7]
    for row in table.iter_rows(named=True):
        moved = f"{row['moved_in']:,} | {row['moved_out']:,} | {row['came']:,} | {row['went']:,}"
        shares = f"{row['share_before']:.1%} | {row['share']:.1%}"
        lines.append(f"| {names[row['segment_id']]} | {shares} | {moved} | {row['unexplained']:.2%} |")
    return "\n".join(lines)
