"""Which matured months fit, select and judge, so that no number of segments is judged on the months that chose it.

Belongs here: splitting snapshots in time, with the embargo between the parts.
Does not: which snapshots have matured (calendar.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

SHARE_TO_SELECT = 5


@dataclass(frozen=True)
class MonthSplit:
    """Snapshots in time: what is learned, what chooses, what judges the choice. None of the three is empty."""

    fit: tuple[dt.date, ...]
    select: tuple[dt.date, ...]
    verdict: tuple[dt.date, ...]


def split_months(snapshots: Sequence[dt.date], horizon_days: int) -> MonthSplit | None:
    """The newest fifth judges, as many before them select, the rest fits; None where that leaves nothing to fit on.

    A part's snapshots lie at least `horizon_days` before the next part's: an outcome that one of them learned from
    had happened before the next was taken. Snapshots in between are left out.
    """
    days = sorted(snapshots)
    each = max(1, len(days) // SHARE_TO_SELECT)
    verdict = days[-each:]
    select = _before(days, verdict, horizon_days)[-each:]
    fit = _before(days, select, horizon_days)
    return MonthSplit(tuple(fit), tuple(select), tuple(verdict)) if fit else None


def _before(days: Sequence[dt.date], later: Sequence[dt.date], horizon_days: int) -> list[dt.date]:
    return [day for day in days if later and day + dt.timedelta(days=horizon_days) <= later[0]]
