"""What automation decides by: what has landed, been read and made, what runs and what failed, as plain values.

Belongs here: the shapes. Does not: asking for them (evidence.py), deciding (due.py, choose.py, alarms.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from seg_assets.automation.plan import Made
from seg_assets.segmentation.conversion.design import Landed
from seg_assets.segmentation.promotion import Promotion, champion_of

MOST_ATTEMPTS = 3
"""A run that failed so often for the same reason is left to a person."""

NOTHING: Made = MappingProxyType({})


@dataclass(frozen=True)
class Work:
    """One run that is due: a job's assets over the partitions from `first` to `last`.

    makes: the asset that will be there afterwards. cause: changes when what it is made of does, so that new input is
    tried afresh. priority: larger goes first.
    """

    job: str
    makes: str
    first: dt.date
    last: dt.date
    cause: str
    priority: int
    assets: tuple[str, ...] | None = None
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def partition(self) -> str:
        """The partition, or the range of partitions, in words."""
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def key(self) -> str:
        """What its attempts are counted by."""
        return f"{self.makes} {self.partition} {self.cause}"


@dataclass(frozen=True)
class Running:
    """A run that is queued or under way, whoever started it. key: of the work, where automation did."""

    assets: frozenset[str]
    first: dt.date
    last: dt.date
    key: str | None

    def makes(self, asset: str, first: dt.date, last: dt.date) -> bool:
        """Whether it makes `asset` for any partition from `first` to `last`."""
        return asset in self.assets and self.first <= last and first <= self.last


@dataclass(frozen=True)
class Failed:
    """Runs of one work that failed or were cancelled. makes, first, last: asset and partitions of the work.

    refused: a check refused what landed, which another attempt does not change, and on-call heard of from the check.
    """

    attempts: int
    last_ended: dt.datetime
    run_id: str
    makes: str
    first: dt.date
    last: dt.date
    refused: bool = False


@dataclass(frozen=True)
class Stop:
    """A blocking check that failed on a partition, and when it was asked."""

    check: str
    at: dt.datetime


@dataclass(frozen=True)
class World:
    """Everything that decisions look at, as of `now` (with a time zone).

    landed, read: source to Monday to the identity of what lies there, and of what was last read. made: asset to its
    newest materializations. snapshot_made_at: Monday to when its account snapshot was made. stopped: asset to partition
    to the blocking check that failed when it was asked last. unreadable: source to why its landing cannot be opened.
    described: service month to the version that its profiles are of. overridden: scored weeks for which other overrides
    hold than their scores show, with when the newest of all overrides was recorded.
    """

    now: dt.datetime
    landed: Mapping[str, Mapping[dt.date, str]]
    read: Mapping[str, Mapping[dt.date, str]]
    made: Mapping[str, Made]
    snapshot_made_at: Mapping[dt.date, dt.datetime]
    promotions: tuple[Promotion, ...]
    for_lift: Landed
    stopped: Mapping[str, Mapping[dt.date, Stop]] = field(default_factory=dict)
    running: tuple[Running, ...] = ()
    failed: Mapping[str, Failed] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    described: Mapping[dt.date, str] = field(default_factory=dict)
    overridden: Mapping[dt.date, str] = field(default_factory=dict)

    @property
    def today(self) -> dt.date:
        """The date in UTC: weeks and months begin by it everywhere, so that no clock change moves them."""
        return self.now.astimezone(dt.UTC).date()

    def newest(self, asset: str) -> Made:
        """Partition to its newest materialization."""
        return self.made.get(asset, NOTHING)

    def stopped_by(self, asset: str, partition: dt.date, week: dt.date) -> str | None:
        """The blocking check that failed on a partition of `asset`; None where it passed, or has to be asked again.

        Checks compare with the champion of `week`: where that came later, as in a backfill, they say nothing of it.
        """
        stop = self.stopped.get(asset, {}).get(partition)
        if stop is None:
            return None
        champion = champion_of(self.promotions, week)
        since = [row.at for row in self.promotions if champion and row.to_version == champion.definition_version]
        return None if any(at > stop.at for at in since) else stop.check

    def gave_up(self, work: Work) -> bool:
        """Whether a work has failed too often to be tried again, or would fail alike."""
        failed = self.failed.get(work.key)
        return failed is not None and (failed.refused or failed.attempts >= MOST_ATTEMPTS)

    def is_running(self, asset: str, first: dt.date, last: dt.date) -> bool:
        """Whether a run that is under way makes `asset` for any partition from `first` to `last`."""
        return any(run.makes(asset, first, last) for run in self.running)
