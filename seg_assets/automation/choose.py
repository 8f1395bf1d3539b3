"""Which of the due works start now: not what runs already, not what failed a moment ago, not more than there is room.

Belongs here: attempts and their bound, room, order. Does not: what is due (due.py), asking Dagster (evidence.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from seg_assets.automation.priorities import REFRESH
from seg_assets.automation.world import Work, World

BACKFILL_ROOM = 8
"""How many of automation's runs may wait or run before backfill asks for more: enough to keep two busy for a while."""

RETRY_AFTER = dt.timedelta(minutes=5)
"""After the first failure; twice as long after the second."""


@dataclass(frozen=True)
class Launch:
    """A work to start, and which attempt at it this is, from 1."""

    work: Work
    attempt: int

    @property
    def run_key(self) -> str:
        """Dagster launches a run key once, whatever became of its run: so the attempt is in it."""
        return f"{self.work.key} attempt {self.attempt}"


def choose(world: World, works: Sequence[Work]) -> list[Launch]:
    """What to start now, the most important first; within one priority by date."""
    room = BACKFILL_ROOM - sum(run.key is not None for run in world.running)
    chosen: list[Launch] = []
    for work in sorted(works, key=lambda one: (-one.priority, one.first, one.makes)):
        if world.gave_up(work) or _is_under_way(world, work) or _failed_just_now(world, work):
            continue
        if work.priority < REFRESH and len(chosen) >= room:
            continue
        failed = world.failed.get(work.key)
        chosen.append(Launch(work, 1 + (failed.attempts if failed else 0)))
    return chosen


def given_up(world: World, works: Sequence[Work]) -> list[Work]:
    """The due works that failed too often to be tried again."""
    return [work for work in works if world.gave_up(work)]


def _is_under_way(world: World, work: Work) -> bool:
    return any(world.is_running(asset, work.first, work.last) for asset in {work.makes, *(work.assets or ())})


def _failed_just_now(world: World, work: Work) -> bool:
    failed = world.failed.get(work.key)
    return failed is not None and world.now < failed.last_ended + RETRY_AFTER * failed.attempts
