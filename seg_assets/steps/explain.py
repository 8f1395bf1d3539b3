"""Reading what is stored of one account, and explaining it: what `seg explain` calls.

Belongs here: which weeks, columns and versions are read, and what is told where there is nothing to explain.
Does not: the explanation itself (segmentation/explaining.py), how it reads on a screen (console.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from difflib import get_close_matches

import polars as pl

from resources.lakehouse import Lakehouse, TableError
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.account_history import Scores, StoredAccount
from seg_assets.segmentation.explaining import Explanation, columns_explained, explain
from seg_assets.steps.models import read_segmentation

SNAPSHOTS = "account_snapshots"
ACCOUNT_MASTER = "raw/account_master"
READ = (
    "snapshot_date",
    "segment_id",
    "segment_name",
    "rule_segment_id",
    "held",
    "override_owner",
    "confidence",
    "definition_version",
    "before_first_model",
)
TEXTS = ("reasons", "labels", "action", "action_from", "action_reason")
MOST_NAMED = 12


class ExplanationError(RuntimeError):
    """There is nothing to explain; the message says why, and what there is."""


def explain_account(lakehouse: Lakehouse, account_id: str, week: dt.date | None, history_weeks: int) -> Explanation:
    """Why the account is in its segment in `week`, by default the newest in which it was scored.

    Its history goes back `history_weeks` scored weeks from `week`, by default from the newest that was scored. Reads
    the account's rows only. Raises ExplanationError for an account or a week that was not scored, TableError where a
    table that it needs is damaged or gone.
    """
    scored = sorted(lakehouse.partitions(SEGMENT_SCORES.name))
    if not scored:
        raise ExplanationError(f"no week has been scored below {lakehouse.root} yet: run `seg run`")
    if week is not None and week not in scored:
        raise ExplanationError(f"week {week} has not been scored; scored are {_listed(scored)}")
    present = _weeks_of(lakehouse, account_id)
    if not present:
        raise ExplanationError(_unknown(lakehouse, account_id, scored[-1]))
    if week is not None and week not in present:
        raise ExplanationError(
            f"account {account_id} is not among the accounts of week {week}; it was in {_listed(present)}"
        )
    told = [monday for monday in scored if week is None or monday <= week][-history_weeks:]
    week = week or present[-1]
    before = [monday for monday in present if monday < told[0]][-1:]
    needed = {week, *before, *(monday for monday in present if told[0] <= monday <= told[-1])}
    account = _stored(lakehouse, account_id, needed, week, scored, present)
    texts = _texts(lakehouse, account_id, week)
    return explain(account, week, told, texts=texts, name=_name(lakehouse, account_id, week))


def _weeks_of(lakehouse: Lakehouse, account_id: str) -> list[dt.date]:
    """The weeks in which the account was scored, ascending."""
    rows = lakehouse.scan(SEGMENT_SCORES.name).filter(pl.col("account_id") == account_id)
    return sorted(rows.select("snapshot_date").collect().to_series())


def _stored(
    lakehouse: Lakehouse,
    account_id: str,
    needed: Collection[dt.date],
    week: dt.date,
    scored: Sequence[dt.date],
    present: Sequence[dt.date],
) -> StoredAccount:
    """The account's scores, values and definitions of the weeks `needed`; those of `week` have to be there."""
    own = pl.col("account_id") == account_id
    scores = lakehouse.scan(SEGMENT_SCORES.name, needed).filter(own).select(*_read(lakehouse)).collect()
    versions = dict(zip(scores["snapshot_date"], scores["definition_version"], strict=True))
    segmentations = {versions[week]: _segmentation(lakehouse, versions[week])}
    for version in sorted(set(versions.values()) - {versions[week]}):
        try:
            segmentations[version] = _segmentation(lakehouse, version)
        except ExplanationError:
            continue
    landed = set(needed) & set(lakehouse.partitions(SNAPSHOTS))
    columns = {column for found in segmentations.values() for column in columns_explained(found)}
    snapshots = lakehouse.scan(SNAPSHOTS, landed | {week}).filter(own).select(sorted(columns)).collect()
    if week not in set(snapshots["snapshot_date"]):
        raise ExplanationError(
            f"account {account_id} was scored in week {week}, but is no longer among the accounts of "
            f"{SNAPSHOTS}: score {week} again"
        )
    return StoredAccount(account_id, scores, snapshots, segmentations, scored, present)


def _read(lakehouse: Lakehouse) -> list[pl.Expr]:
    """READ; null for what came later than the newest scored week."""
    there = lakehouse.scan(SEGMENT_SCORES.name).collect_schema().names()
    return [pl.col(name) if name in there else pl.lit(None, SEGMENT_SCORES.schema[name]).alias(name) for name in READ]


def _segmentation(lakehouse: Lakehouse, version: str) -> Segmentation:
    """Raises ExplanationError where it is gone, or of a format that this version does not read."""
    try:
        return read_segmentation(lakehouse, version)
    except (TableError, ValueError) as error:
        raise ExplanationError(f"the definitions {version} cannot be read: {error}") from error


def _texts(lakehouse: Lakehouse, account_id: str, week: dt.date) -> Scores:
    """Of one week only: texts are most of what the table holds. Null where that week has no such column yet."""
    rows = lakehouse.scan(SEGMENT_SCORES.name, [week]).filter(pl.col("account_id") == account_id)
    there = rows.collect_schema().names()
    told = rows.select(name if name in there else pl.lit(None).alias(name) for name in TEXTS)
    return told.collect().row(0, named=True)


def _name(lakehouse: Lakehouse, account_id: str, week: dt.date) -> str | None:
    """What the newest account master up to `week` calls the account."""
    landed = [monday for monday in lakehouse.partitions(ACCOUNT_MASTER) if monday <= week]
    if not landed:
        return None
    rows = lakehouse.scan(ACCOUNT_MASTER, [max(landed)]).filter(pl.col("account_id") == account_id)
    names = rows.select("account_name").collect().to_series()
    return None if names.is_empty() else names[0]


def _unknown(lakehouse: Lakehouse, account_id: str, newest: dt.date) -> str:
    ids = lakehouse.scan(SEGMENT_SCORES.name, [newest]).select("account_id").collect().to_series()
    near = nearest_ids(account_id, ids)
    told = f"account {account_id!r} was never scored; the newest week, {newest}, holds {len(ids):,} accounts"
    return f"{told}. Spelled most like it: {', '.join(near)}" if near else told


def nearest_ids(account_id: str, ids: pl.Series) -> list[str]:
    """Up to three of `ids` (String) that are spelled much like `account_id`, the most alike first.

    Looks at those that share its first or its last half, whatever the case: one slip leaves one of them whole.
    """
    asked = account_id.strip().lower()
    half = (len(asked) + 1) // 2
    small = pl.col("small")
    table = pl.DataFrame({"id": ids}).with_columns(pl.col("id").str.to_lowercase().alias("small"))
    alike = table.filter(small.str.starts_with(asked[:half]) | small.str.ends_with(asked[-half:]))
    alike = alike.filter((small.str.len_chars().cast(pl.Int64) - len(asked)).abs() <= 2)
    by_small = dict(zip(alike["small"], alike["id"], strict=True))
    return [by_small[small_id] for small_id in get_close_matches(asked, sorted(by_small), n=3, cutoff=0.75)]


def _listed(weeks: Sequence[dt.date]) -> str:
    """All of a few weeks; of many the newest, and how many there are."""
    named = ", ".join(map(str, weeks[-MOST_NAMED:]))
    return named if len(weeks) <= MOST_NAMED else f"{named} (the newest of {len(weeks)})"
