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

GRACE = dt.timedelta(hours=2)
"""How long a week may wait for its scores before on-call hears of it."""


@dataclass(frozen=True)
class Waiting:
    """The newest landed week, not scored; since: when it was first seen so."""

    week: dt.date
    since: dt.datetime


def newest_unscored(
    landed: Mapping[str, Collection[dt.date]], required: Sequence[str], scored: Collection[dt.date]
) -> dt.date | None:
    """The newest Monday on which every required source has landed, where it has no scores; None where it has.

    landed: source to its usable Mondays; scored: Mondays with scores.
    """
    complete, _ = complete_weeks(landed, required, None)
    return complete[-1] if complete and complete[-1] not in scored else None


def waiting(week: dt.date | None, before: Waiting | None, now: dt.datetime) -> Waiting | None:
    """What waits at this look. before: what waited at the last one; a newer week begins to wait anew."""
    if week is None:
        return None
    return before if before is not None and before.week == week else Waiting(week, now)


def overdue(found: Waiting | None, now: dt.datetime) -> bool:
    """Whether a week has waited for longer than the grace."""
    return found is not None and now - found.since >= GRACE
