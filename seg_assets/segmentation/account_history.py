"""An account's segments week by week, and what each change came from.

Belongs here: causes, found by evaluating stored values under both sets of definitions, never guessed.
Does not: why the account is where it is now (explaining.py), counts over all accounts (migrations.py).

As migrations are split: what the account did is the definitions before on two snapshots, what the definitions did is
one snapshot under two sets of definitions. Both together lead from the segment before to the one now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from seg_assets.segmentation.migrations import BEHAVIOUR, DEFINITION, LOST, NEW
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.placement import Placement, placements

AWAY, BACK, HELD, OVERRIDE, UNKNOWN = "away", "back", "held", "override", "not known"

Scores = Mapping[str, Any]


@dataclass(frozen=True)
class Cause:
    """One step of a change. kind: behaviour, definition, new, lost, away, back, held, override or not
    known.

    from_segment_id, to_segment_id: None where the step does not lead from one segment to another.
    """

    kind: str
    text: str
    from_segment_id: str | None = None
    to_segment_id: str | None = None


@dataclass(frozen=True)
class ScoredWeek:
    """An account in one scored week; everything but the week and its causes is None or false where it was not there.

    rule_segment_id: what its values say; segment_id differs where the account was held at a border, and where
    override_owner, if there is one, set it.
    """

    week: dt.date
    segment_id: str | None = None
    segment_name: str | None = None
    rule_segment_id: str | None = None
    held: bool = False
    override_owner: str | None = None
    definition_version: str | None = None
    before_first_model: bool = False
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, eq=False)
class StoredAccount:
    """What is stored of one account.

    scores: its rows of segment_scores, of the weeks to tell of and of the one that it was scored in before them;
    snapshots: its rows of account_snapshots in those weeks; segmentations: by definition_version, without those that
    can no longer be read; scored: every week that was scored; present: those in which the account was.
    """

    account_id: str
    scores: pl.DataFrame
    snapshots: pl.DataFrame
    segmentations: Mapping[str, Segmentation]
    scored: Sequence[dt.date]
    present: Sequence[dt.date]

    @cached_property
    def rows(self) -> dict[dt.date, Scores]:
        """The scores by week."""
        return {row["snapshot_date"]: row for row in self.scores.iter_rows(named=True)}

    @cached_property
    def placements(self) -> dict[str, dict[dt.date, Placement]]:
        """Where the account stands by each version, in each week."""
        return {version: placements(found, self.snapshots) for version, found in self.segmentations.items()}

    def last_before(self, week: dt.date) -> dt.date | None:
        """The last week before `week` in which the account was scored."""
        return max((present for present in self.present if present < week), default=None)


def history(account: StoredAccount, weeks: Sequence[dt.date]) -> tuple[ScoredWeek, ...]:
    """The account in each of `weeks`, which were scored, newest first; weeks before it came are left out."""
    first = min(account.present)
    return tuple(_scored_week(account, week) for week in sorted(weeks, reverse=True) if week >= first)


def _scored_week(account: StoredAccount, week: dt.date) -> ScoredWeek:
    row = account.rows.get(week)
    if row is None:
        gone = week > max(account.present)
        text = f"no longer among the accounts since {_first_after(account, week)}" if gone else "not among the accounts"
        return ScoredWeek(week, causes=(Cause(LOST if gone else AWAY, text),))
    return ScoredWeek(
        week=week,
        segment_id=row["segment_id"],
        segment_name=row["segment_name"],
        rule_segment_id=row["rule_segment_id"],
        held=row["held"],
        override_owner=row["override_owner"],
        definition_version=row["definition_version"],
        before_first_model=row["before_first_model"],
        causes=(*_arrival(account, week), *_change(account, week)),
    )


def _first_after(account: StoredAccount, week: dt.date) -> dt.date:
    """The first scored week of the absence that `week` is in."""
    last = account.last_before(week)
    return min(other for other in account.scored if last is None or other > last)


def _arrival(account: StoredAccount, week: dt.date) -> tuple[Cause, ...]:
    """Why the account was not in the scored week before; () where it was, or where nothing was scored before."""
    earlier = [other for other in account.scored if other < week]
    before = account.last_before(week)
    if not earlier or before == max(earlier):
        return ()
    if before is None:
        return (Cause(NEW, f"not among the accounts of {max(earlier)} or of any week scored before"),)
    return (Cause(BACK, f"not among the accounts since {_first_after(account, max(earlier))}"),)


def _change(account: StoredAccount, week: dt.date) -> tuple[Cause, ...]:
    """The steps from the segment that the account was in before to the one now; () where it stayed."""
    before = account.last_before(week)
    if before is None:
        return ()
    old, new = account.rows[before], account.rows[week]
    if all(old[name] == new[name] for name in ("segment_id", "rule_segment_id")):
        return ()
    by_old, by_new = old["definition_version"], new["definition_version"]
    was, meant, now = (
        account.placements.get(version, {}).get(day)
        for version, day in ((by_old, before), (by_old, week), (by_new, week))
    )
    unread = [version for version in (by_old, by_new) if version not in account.segmentations]
    if unread:
        return (Cause(UNKNOWN, f"the definitions {unread[0]} can no longer be read"),)
    if was is None or meant is None or now is None:
        missing = before if was is None else week
        return (Cause(UNKNOWN, f"the account's values of {missing} are no longer stored"),)
    for day, scores, found in ((before, old, was), (week, new, now)):
        if scores["rule_segment_id"] != found.segment.segment_id:
            return (Cause(UNKNOWN, f"the account's values of {day} have changed since {day} was scored"),)
    steps = [
        _behaved(was, meant),
        _redefined(account.segmentations[by_new], meant, now, by_old, by_new),
    ]
    if not any(_kept_by(old)) or _kept_by(old) != _kept_by(new) or old["segment_id"] != new["segment_id"]:
        steps = [_released(old, was, before), *steps, _held(now, new)]
    return tuple(step for step in steps if step is not None)


def _kept_by(row: Scores) -> tuple[bool, str | None]:
    """What may show an account elsewhere than its values say: the hold, or a person."""
    return row["held"], row["override_owner"]


def _released(row: Scores, was: Placement, before: dt.date) -> Cause | None:
    met, shown = was.segment.segment_id, row["segment_id"]
    if shown == met:
        return None
    if row["override_owner"] is not None:
        text = f"no longer set to {shown} by {row['override_owner']}; its values of {before} met {met}"
        return Cause(OVERRIDE, text, shown, met)
    return Cause(HELD, f"no longer held in {shown}; its values of {before} met {met} already", shown, met)


def _behaved(was: Placement, meant: Placement) -> Cause | None:
    """Values that crossed a border of the definitions before: what the account meets now and did not then."""
    old, new = was.segment.segment_id, meant.segment.segment_id
    if old == new:
        return None
    met = zip(meant.reasons, was.boxes[meant.box], strict=True)
    crossed = [f"{reason}, was {then.said}" for reason, then in met if not then.holds]
    return Cause(BEHAVIOUR, "; ".join(crossed), old, new)


def _redefined(segmentation: Segmentation, meant: Placement, now: Placement, by_old: str, by_new: str) -> Cause | None:
    old, new = meant.segment.segment_id, now.segment.segment_id
    if old == new:
        return None
    text = f"by {by_old} the same values are {old}, by {by_new} they are {new}"
    fate = [tombstone.words for tombstone in segmentation.tombstones if tombstone.segment_id == old]
    return Cause(DEFINITION, f"{text}; {old} has ended: {fate[0]}" if fate else text, old, new)


def _held(now: Placement, row: Scores) -> Cause | None:
    met, shown = now.segment.segment_id, row["segment_id"]
    if shown == met:
        return None
    if row["override_owner"] is not None:
        return Cause(OVERRIDE, f"set to {shown} by {row['override_owner']}, while its values meet {met}", met, shown)
    return Cause(HELD, f"held in {shown} at a border, while its values meet {met}", met, shown)
