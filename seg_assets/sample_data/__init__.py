"""The embedded default: 18 months of a synthetic B2B population, honest enough to be hard to segment.

Belongs here: generating the population and writing it as landing tables.
Does not: reading landing tables, or anything that the graph does with them.
"""

from seg_assets.sample_data.events import EVENT_NAMES, Event, parse_event
from seg_assets.sample_data.population import (
    FIRST_MONDAY,
    LAST_MONDAY,
    SNAPSHOT_SOURCES,
    conversions,
    revenue_events,
    snapshot,
)
from seg_assets.sample_data.write import FolderTaken, LandingSummary, write_landing

__all__ = [
    "EVENT_NAMES",
    "FIRST_MONDAY",
    "LAST_MONDAY",
    "SNAPSHOT_SOURCES",
    "Event",
    "FolderTaken",
    "LandingSummary",
    "conversions",
    "parse_event",
    "revenue_events",
    "snapshot",
    "write_landing",
]
