"""Freshness that knows partitions: is the newest week that landed scored?

Belongs here: which week that is, and since when it waits. Dagster's own freshness looks at the newest materialization
of any partition, so that the backfill of an old week hides that the newest one is missing.
Does not: weeks that did not land (lateness.py), telling anybody (on_call.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from seg_assets.automation.plan import complete_weeks

NEWEST_WEEK_SCORED = "newest_week_scored"
"""The check that tells it."""
GRACE = dt.timedelta(hours=2)
"""How long a week may wait for its scores before on-call hears of it."""


@dataclass(frozen=True)
class Waiting:
    """The newest landed week, not scored; since: when it was first seen so."""

    week: dt.date
    since: dt.datetime


def newest_landed(landed: Mapping[str, Collection[dt.date]], required: Sequence[str]) -> dt.date | None:
    """The newest Monday on which every required source has landed. landed: source to its usable Mondays."""
    complete, _ = complete_weeks(landed, required, None)
    return complete[-1] if complete else None


def waiting(
    week: dt.date | None, scored: Collection[dt.date], before: Waiting | None, now: dt.datetime
) -> Waiting | None:
    """What waits at this look: `week`, the newest that landed, where it is not scored.

    before: what waited at the last one; a newer week begins to wait anew.
    """
    if week is None or week in scored:
        return None
    return before if before is not None and before.week == week else Waiting(week, now)


def overdue(found: Waiting | None, now: dt.datetime) -> bool:
    """Whether a week has waited for longer than the grace."""
    return found is not None and now - found.since >= GRACE
