"""What happens in the half year: the weeks, the events and how each has to be caught.

Belongs here: the plan, as values. Does not: making the data (supplier.py), living through it (half_year.py).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from seg_assets.calendar import mondays

FIRST_WEEK = dt.date(2026, 1, 5)
HISTORY = (dt.date(2025, 11, 24), dt.date(2025, 12, 29))
"""Month-ends that lie there when the deployment is started; it reads, refreshes and scores them by itself."""
WEEKS = 26
FEWEST_WEEKS = 8
PLACES = {
    "duplicated_load": 2,
    "outage": 6,
    "late_source": 9,
    "unit_change": 12,
    "new_kind": 15,
    "price_change": 19,
    "timezone_shift": 23,
}
"""Event to its week, counted from 0, in a soak of WEEKS. unit_change meets a training snapshot."""
KILLED = 10
"""In which week the daemon is killed."""
TRUE_CHANGES = ("new_kind", "price_change")
"""What is so and stays; everything else is a mistake of a source, which lands the week again once it was told."""
CAUGHT_BY = {
    "duplicated_load": r"landing_contract of raw/account_value, {week}",
    "outage": r"missingness of account_snapshots, {week} blocks",
    "late_source": r"marketing_engagement is late",
    "unit_change": r"landing_contract of raw/marketing_engagement, {week} blocks",
    "new_kind": r"rows_against_last_week of account_snapshots, {week}",
    "price_change": r"steps of account_snapshots, {week}",
    "timezone_shift": r"steps of account_snapshots, {week}",
}
"""Event to the title of the message that the check made for it sends (docs/checks.md), as a regular expression."""
NAMED = {
    "duplicated_load": "contradict",
    "outage": "email_open_rate_90d",
    "late_source": "marketing_engagement",
    "unit_change": "email_open_rate_90d",
    "new_kind": "came",
    "price_change": "discount_rate",
    "timezone_shift": "days_since_last_engagement",
}
"""Event to what the message has to name: the feature, or what the rows did."""


@dataclass(frozen=True)
class Planned:
    """One event and the week that it begins in."""

    event: str
    week: dt.date

    @property
    def is_true(self) -> bool:
        """Whether it is so and stays, and nobody lands the week again."""
        return self.event in TRUE_CHANGES

    def is_caught_by(self, title: str) -> bool:
        """Whether a message of that title is of the check made for this event."""
        return re.match(CAUGHT_BY[self.event].format(week=self.week), title) is not None


@dataclass(frozen=True)
class Story:
    """The plan of a soak of `weeks` Mondays from FIRST_WEEK on."""

    weeks: tuple[dt.date, ...]
    events: tuple[Planned, ...]
    killed: dt.date

    @property
    def months(self) -> tuple[dt.date, ...]:
        """The service months that begin in it and have weeks in it."""
        return tuple(sorted({week.replace(day=1) for week in self.weeks}))

    def event_of(self, week: dt.date) -> Planned | None:
        """What begins in that week."""
        return next((one for one in self.events if one.week == week), None)


def story(weeks: int = WEEKS) -> Story:
    """The plan of that many weeks; fewer than WEEKS have the same events, closer together.

    Raises ValueError for fewer than FEWEST_WEEKS, where two events would meet, and more than WEEKS.
    """
    if not FEWEST_WEEKS <= weeks <= WEEKS:
        raise ValueError(f"weeks is {weeks}: a soak has {FEWEST_WEEKS} to {WEEKS}")
    all_weeks = mondays(FIRST_WEEK, FIRST_WEEK + dt.timedelta(weeks=weeks - 1))
    events = tuple(Planned(name, all_weeks[place * weeks // WEEKS]) for name, place in PLACES.items())
    return Story(tuple(all_weeks), events, all_weeks[KILLED * weeks // WEEKS])
