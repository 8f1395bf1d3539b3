"""The data that all stages share: where it lies, and which weeks it holds.

Belongs here: places and dates. Does not: making the data (preparing.py).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from resources.lakehouse import Lakehouse
from seg_assets.landing import Landing
from seg_assets.segmentation import Segmentation
from seg_assets.steps.models import read_segmentation

# The model is trained on the last, which is scored. When it landed, the outcomes of the first seven were known: enough
# months that some fit, others select and others judge the number of segments.
MONDAYS = tuple(
    dt.date.fromisoformat(day)
    for day in (
        *("2025-10-27", "2025-11-24", "2025-12-29", "2026-01-26", "2026-02-23", "2026-03-30", "2026-04-27"),
        *("2026-05-25", "2026-06-29"),
    )
)
WEEK = MONDAYS[-1]
DATA_MONTH = dt.date(2026, 6, 1)
SERVICE_MONTH = dt.date(2026, 7, 1)
DEFINITION_VERSION = "2026-07.1"


@dataclass(frozen=True)
class Prepared:
    """A folder of landing tables and a lakehouse, of a sample of `accounts`."""

    folder: Path
    accounts: int

    @property
    def landing(self) -> Landing:
        return Landing(str(self.folder / "landing"))

    @property
    def lakehouse(self) -> Lakehouse:
        return Lakehouse(str(self.folder / "lakehouse"))

    @property
    def segmentation(self) -> Segmentation:
        """The one model, read from the lakehouse."""
        return read_segmentation(self.lakehouse, DEFINITION_VERSION)

    @property
    def plain_scores(self) -> Path:
        """The file that the plain scoring writes."""
        return self.folder / "plain_scores.parquet"

    def scratch(self, name: str) -> Path:
        """A place for what a stage writes and nobody else reads."""
        return self.folder / "scratch" / name

    def file_of(self, table: str) -> Path:
        """The one file of `table` that holds WEEK."""
        (file,) = self.lakehouse.partitions(table)[WEEK]
        return Path(file)
