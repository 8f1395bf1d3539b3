"""The refreshes that gave new kinds of account the segments that the champion still has.

Belongs here: following a champion back through the versions it came from. Does not: what refits make of it
(segmentation/stability/births.py).
"""

from __future__ import annotations

import datetime as dt
import json

from resources.lakehouse import Lakehouse
from seg_assets.schemas import SEGMENT_MODEL
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.refresh import BORN
from seg_assets.segmentation.stability.births import Birth
from seg_assets.steps.models import read_accounts_of, read_segmentation


def read_births(lakehouse: Lakehouse, version: str | None, champion: Segmentation | None) -> tuple[Birth, ...]:
    """The births behind the segments of `champion`, the oldest first. version: the champion's own.

    Left out are births whose segments have ended, and those whose snapshots are no longer there: they are then judged
    without knowing who came when.
    """
    if version is None or champion is None:
        return ()
    alive = {segment.segment_id for segment in champion.segments}
    found = [_birth(lakehouse, *step, alive) for step in _lineage(lakehouse, version)]
    return tuple(birth for birth in reversed(found) if birth is not None)


def _lineage(lakehouse: Lakehouse, version: str) -> list[tuple[str, str]]:
    """Each version that had a birth, and the one that it started from; the newest first."""
    snapshots: set[dt.date] = set(lakehouse.partitions("account_snapshots"))
    rows = lakehouse.scan(SEGMENT_MODEL.name).select("definition_version", "champion_before", "metrics", "trained_on")
    known = {row["definition_version"]: row for row in rows.collect().to_dicts()}
    found = []
    while (before := known[version]["champion_before"]) is not None:
        there = {known[one]["trained_on"] for one in (version, before)} <= snapshots
        if there and json.loads(known[version]["metrics"]).get(BORN):
            found.append((version, before))
        version = before
    return found


def _birth(lakehouse: Lakehouse, version: str, before: str, alive: set[str]) -> Birth | None:
    """The birth that `version` had; None where no segment that it began lives."""
    parents, children = (
        {segment.segment_id for segment in read_segmentation(lakehouse, one).segments} for one in (before, version)
    )
    if not alive & (children - parents):
        return None
    known, present = (read_accounts_of(lakehouse, one) for one in (before, version))
    return Birth(len(parents), known, present)
