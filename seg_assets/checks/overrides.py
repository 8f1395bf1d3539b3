"""Overrides: whether people overrule a segment's rules often, for long, or towards a segment that has ended.

Belongs here: the verdict and its words. It warns and never blocks: a person's decision is shown, whatever it says of
the rules. Does not: which override holds (segmentation/overrides.py), what scores show (segmentation/overridden.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.checks.affected import affected
from seg_assets.checks.finding import Finding
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation.overridden import OWNER
from seg_assets.segmentation.overrides import Override, in_force
from seg_assets.steps.models import read_segmentation
from seg_assets.steps.overrides import read_overrides

OVERRIDES = "overrides"
WARNS = 0.05
"""Of a segment's accounts, overridden: beyond that its definition does not say what people know."""
QUARTER = dt.timedelta(weeks=13)
WEEKS_BACK = 12
LISTED = 20
EXPECTED = (
    f"at most {WARNS:.0%} of a segment's accounts are set by people, none against the rule for more than "
    f"{QUARTER.days // 7} weeks, all to segments that there are"
)


def overrides_of(lakehouse: Lakehouse, catalogue: Catalogue, monday: dt.date) -> Finding:
    """The verdict on one scored week."""
    held = in_force(read_overrides(lakehouse), monday)
    if not held:
        return Finding("nobody has set an account's segment", EXPECTED, "no override holds")
    scores = _scores(lakehouse, [monday]).collect()
    names = dict(scores.select("segment_id", "segment_name").unique().iter_rows())
    rates = _rates(scores)
    often = rates.filter(pl.col("rate") > WARNS)
    shown = scores.filter(pl.col(OWNER).is_not_null())
    against = {row["account_id"]: row["rule_segment_id"] for row in _against(shown).iter_rows(named=True)}
    since = _against_since(lakehouse, monday, {account: held[account] for account in against if account in held})
    long = {account: first for account, first in since.items() if monday - first > QUARTER}
    ruled = _ruled(lakehouse, scores, held)
    seen = f"{shown.height:,} accounts are set by people, {len(against):,} of them against the rule"
    if often.is_empty() and not long and not ruled:
        return Finding("few accounts are set by people, and none for long", EXPECTED, seen, table=_table(rates, names))
    # Those that are set by people to a segment, or away from it, where that is often.
    busy = often["segment_id"].implode()
    in_often = shown.filter(pl.col("segment_id").is_in(busy) | pl.col("rule_segment_id").is_in(busy))["account_id"]
    who = affected(lakehouse, catalogue, pl.Series([*in_often, *long, *ruled], dtype=pl.String), monday)
    return Finding(
        told="; ".join([*_often_told(often, names), *_long_told(long, held, against), *_ruled_told(ruled, held)]),
        expected=EXPECTED,
        seen=seen,
        passed=False,
        since=min([monday, *long.values(), *([_often_since(lakehouse, monday)] if not often.is_empty() else [])]),
        accounts=who.accounts,
        arr=who.arr,
        causes=_causes(often, shown, long, ruled, names),
        look_closer=f"seg override list --week {monday}",
        table="\n\n".join([_table(rates, names), _list(long, held, against)]),
    )


def _scores(lakehouse: Lakehouse, weeks: Sequence[dt.date]) -> pl.LazyFrame:
    """Segments of the weeks; where nobody had been set yet, the table has no column of owners."""
    rows = lakehouse.scan(SEGMENT_SCORES.name, weeks)
    there = OWNER in rows.collect_schema().names()
    owner = pl.col(OWNER) if there else pl.lit(None, pl.String).alias(OWNER)
    return rows.select(
        "account_id", "snapshot_date", "segment_id", "segment_name", "rule_segment_id", owner, "definition_version"
    )


def _against(shown: pl.DataFrame) -> pl.DataFrame:
    return shown.filter(pl.col("segment_id") != pl.col("rule_segment_id"))


def _ruled(lakehouse: Lakehouse, scores: pl.DataFrame, held: Mapping[str, Override]) -> list[str]:
    """The accounts that are set to what is no segment of the week's definitions, sorted."""
    not_shown = scores.filter(pl.col(OWNER).is_null(), pl.col("account_id").is_in(list(held)))
    if not_shown.is_empty():
        return []
    segments = read_segmentation(lakehouse, not_shown["definition_version"][0]).segments
    there = {segment.segment_id for segment in segments}
    return [account for account in not_shown["account_id"].sort() if held[account].segment_id not in there]


def _rates(scores: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Segments with how many accounts are shown in each, how many people set to it and away from it, and the rate.

    Columns: snapshot_date, segment_id, accounts, set_to, set_away, rate: the greater of what was set to it, of the
    accounts shown, and of what was set away from it, of the accounts that the rule puts there.
    """
    by_people = pl.col(OWNER).is_not_null()
    away = by_people & (pl.col("segment_id") != pl.col("rule_segment_id"))
    keys = ["snapshot_date", "segment_id"]
    to = scores.lazy().group_by(keys).agg(accounts=pl.len(), set_to=by_people.sum())
    of_rule = scores.lazy().group_by("snapshot_date", segment_id="rule_segment_id")
    ruled = of_rule.agg(ruled=pl.len(), set_away=away.sum())
    both = to.join(ruled, on=keys, how="full", coalesce=True).with_columns(pl.col(pl.UInt32).fill_null(0))
    shares = (pl.col("set_to") / pl.col("accounts"), pl.col("set_away") / pl.col("ruled"))
    rate = pl.max_horizontal(share.fill_nan(0.0) for share in shares)
    return both.with_columns(rate=rate).sort(keys).collect()


def _often_since(lakehouse: Lakehouse, monday: dt.date) -> dt.date:
    """The first of the scored weeks in a row, this one the last, in which a segment's rate is too high."""
    scored = [week for week in sorted(lakehouse.partitions(SEGMENT_SCORES.name)) if week <= monday]
    rates = _rates(_scores(lakehouse, scored[-WEEKS_BACK:]))
    high = dict(rates.group_by("snapshot_date").agg((pl.col("rate") > WARNS).any()).iter_rows())
    first = monday
    for week in reversed(scored[-WEEKS_BACK:]):
        if not high[week]:
            break
        first = week
    return first


def _against_since(lakehouse: Lakehouse, monday: dt.date, held: Mapping[str, Override]) -> dict[str, dt.date]:
    """Account to the first of the scored weeks in a row, `monday` the last, in which it is set against its rule.

    Only accounts that are set for so long already that they can be over the limit are looked at.
    """
    old = {account: row.from_week for account, row in held.items() if monday - row.from_week > QUARTER}
    if not old:
        return {}
    first = min(old.values())
    weeks = [week for week in lakehouse.partitions(SEGMENT_SCORES.name) if first <= week <= monday]
    rows = _scores(lakehouse, weeks).filter(pl.col("account_id").is_in(list(old)))
    against = pl.col(OWNER).is_not_null() & (pl.col("segment_id") != pl.col("rule_segment_id"))
    stories = (
        rows.sort("snapshot_date", descending=True).select("account_id", "snapshot_date", against=against).collect()
    )
    found: dict[str, dt.date] = {}
    over: set[str] = set()
    for account, week, is_against in stories.iter_rows():
        if not is_against:
            over.add(account)
        elif account not in over:
            found[account] = week
    return found


def _often_told(often: pl.DataFrame, names: Mapping[str, str]) -> list[str]:
    return [
        f"{row['rate']:.1%} of {row['segment_id']} {names.get(row['segment_id'], '')} are set by people, "
        f"{row['set_to']:,} to it and {row['set_away']:,} away from it"
        for row in often.sort("rate", descending=True).iter_rows(named=True)
    ]


def _long_told(long: Mapping[str, dt.date], held: Mapping[str, Override], against: Mapping[str, str]) -> list[str]:
    return [
        f"{account} is set to {held[account].segment_id} by {held[account].owner} while its values meet "
        f"{against[account]}, for more than a quarter: since {first}"
        for account, first in sorted(long.items(), key=lambda pair: pair[1])[:LISTED]
    ]


def _ruled_told(ruled: Sequence[str], held: Mapping[str, Override]) -> list[str]:
    return [
        f"{account} was set to {held[account].segment_id} by {held[account].owner}, which is not a segment of this "
        "week's definitions: the rule applies"
        for account in ruled[:LISTED]
    ]


def _causes(
    often: pl.DataFrame,
    shown: pl.DataFrame,
    long: Mapping[str, dt.date],
    ruled: Sequence[str],
    names: Mapping[str, str],
) -> tuple[str, ...]:
    causes = []
    for segment in often.sort("rate", descending=True)["segment_id"]:
        own = shown.filter((pl.col("segment_id") == segment) | (pl.col("rule_segment_id") == segment))
        most = own.group_by("rule_segment_id", "segment_id", OWNER).len().sort("len", OWNER, descending=[True, False])
        rule, to, owner, number = most.row(0)
        causes.append(f"the definition of {segment} misses something: {number:,} from {rule} to {to} by {owner}")
    if long:
        causes.append("an override that nobody has looked at again, or a definition that does not see what it is for")
    if ruled:
        causes.append("a refresh ended the segment")
    return tuple(causes)


def _table(rates: pl.DataFrame, names: Mapping[str, str]) -> str:
    lines = ["| segment | | accounts | set to it | set away from it | rate |", "| --- | --- |" + " ---: |" * 4]
    for row in rates.iter_rows(named=True):
        name = names.get(row["segment_id"], "")
        figures = f"{row['accounts']:,} | {row['set_to']:,} | {row['set_away']:,} | {row['rate']:.1%}"
        lines.append(f"| {row['segment_id']} | {name} | {figures} |")
    return "\n".join(lines)


def _list(long: Mapping[str, dt.date], held: Mapping[str, Override], against: Mapping[str, str]) -> str:
    """Those against the rule for more than a quarter, the oldest first."""
    if not long:
        return ""
    lines = ["| account | set to | rule | since | until | owner | reason |", "| --- |" + " --- |" * 6]
    for account, first in sorted(long.items(), key=lambda pair: pair[1]):
        one = held[account]
        reason = one.reason.replace("|", "\\|")
        cells = (account, one.segment_id, against[account], first, one.expires_on, one.owner, reason)
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)
