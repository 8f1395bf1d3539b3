"""Living through the story: weeks land, months begin, mistakes are put right, the daemon dies once.

Belongs here: the order of things, and what was noted on the way. Does not: what it means (verdicts.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.soak.clock import SimulatedClock
from benchmarks.soak.deployment import Deployment
from benchmarks.soak.story import Planned, Story
from benchmarks.soak.supplier import Supplier
from benchmarks.soak.watch import Watch
from seg_assets.automation import jobs

LANDS_AFTER = dt.timedelta(days=1, hours=5)
"""From a Monday's beginning in UTC to the landing of its data."""
RIGHT_AFTER = dt.timedelta(hours=6)
"""From a wrong landing to the right one: the owner of a source reads the alert and loads again."""
LOOKED_AT_AFTER = dt.timedelta(hours=2, minutes=5)
"""The sensors look in between: a newest week that is not scored is told after two hours."""
LATE_UNTIL = dt.timedelta(days=2)
"""The deadline of a source, after which a late one is told; it lands LATE_LANDS_AFTER."""
LATE_LANDS_AFTER = dt.timedelta(days=2, hours=10)
RESTARTED_AFTER = dt.timedelta(minutes=2)
Say = Callable[[str], None]


@dataclass(frozen=True)
class Landing:
    """One landing of one week: when, and how (right, or the name of an event)."""

    week: dt.date
    at: dt.datetime
    how: str


@dataclass
class Journal:
    """What was done from outside, by the simulated clock. ends: week to when it was left; waits: what was said then."""

    landings: list[Landing] = field(default_factory=list)
    killed_at: dt.datetime | None = None
    back_at: dt.datetime | None = None
    ends: dict[dt.date, dt.datetime] = field(default_factory=dict)
    waits: dict[dt.date, str] = field(default_factory=dict)


class HalfYear:
    """Everything that a soak needs at hand."""

    def __init__(
        self, story: Story, clock: SimulatedClock, deployment: Deployment, supplier: Supplier, watch: Watch, say: Say
    ) -> None:
        self._story, self._clock, self._say = story, clock, say
        self._deployment, self._supplier, self._watch = deployment, supplier, watch
        self.journal = Journal()

    def live(self) -> None:
        """All weeks, one after the other. Raises Stuck where automation does not come to rest."""
        self._watch.settle()
        self._say("history read, refreshed and scored")
        for week in self._story.weeks:
            self._begin_month(week)
            self._live_week(week)
            self.journal.ends[week] = self._clock.now()
            event = self._story.event_of(week)
            self._say(f"{week}{f' ({event.event})' if event else ''}: {self.journal.waits[week]}")

    def _begin_month(self, week: dt.date) -> None:
        """A month's refresh comes before its first week lands."""
        first = dt.datetime.combine(week.replace(day=1), dt.time(1), dt.UTC)
        if self._clock.now() < first:
            self._clock.leap_to(first)
            self._watch.settle()

    def _live_week(self, week: dt.date) -> None:
        self._clock.leap_to(dt.datetime.combine(week, dt.time(), dt.UTC) + LANDS_AFTER)
        event = self._story.event_of(week)
        wrong = event if event is not None and not event.is_true else None
        self._supplier.land(week, wrong.event if wrong else None)
        self._note(week, wrong.event if wrong else "right")
        if week == self._story.killed:
            self._kill(week)
        said = self._watch.settle()
        if wrong is not None:
            said = self._put_right(wrong)
        self.journal.waits[week] = said

    def _put_right(self, wrong: Planned) -> str:
        """The owner of the source lands the week again; a source that is late is waited for before."""
        monday = dt.datetime.combine(wrong.week, dt.time(), dt.UTC)
        if wrong.event == "late_source":
            self._clock.leap_to(monday + LATE_UNTIL)
            self._watch.settle()
            self._clock.leap_to(monday + LATE_LANDS_AFTER)
        else:
            self._clock.leap_to(monday + LANDS_AFTER + LOOKED_AT_AFTER)
            self._watch.settle()
            self._clock.leap_to(monday + LANDS_AFTER + RIGHT_AFTER)
        self._supplier.land_again(wrong.week, wrong.event)
        self._note(wrong.week, "right")
        return self._watch.settle()

    def _kill(self, week: dt.date) -> None:
        self._watch.wait_for(jobs.SCORE, week)
        self._deployment.kill()
        self.journal.killed_at = self._clock.now()
        self._clock.leap_to(self.journal.killed_at + RESTARTED_AFTER)
        self._deployment.start()
        self.journal.back_at = self._clock.now()

    def _note(self, week: dt.date, how: str) -> None:
        self.journal.landings.append(Landing(week, self._clock.now(), how))
