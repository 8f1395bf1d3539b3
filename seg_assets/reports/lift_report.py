"""What the page of a conversion-lift report is made of: the stored tables of one data month, as frames.

Belongs here: the frames, and what every section of the page asks of them.
Does not: reading tables (assets/lift_page.py), the page (conversion_lift.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.reports.ledger import Ledger, Population, apart
from seg_assets.segmentation.conversion.candidates import tiers
from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.figures import AUC
from seg_assets.segmentation.conversion.population import HEADLINE
from seg_assets.segmentation.conversion.report import INCUMBENTS


@dataclass(frozen=True, eq=False)
class LiftReport:
    """Frames as their tables have them (lift_schemas.py, schemas.py), all of one data month.

    profiles: segment_profiles of the champion that served the month, empty where there are none. labels: segment_id,
    label, accounts of the as-of week, None where no labels are defined or the week was not scored; reach: segment_id,
    channel, share of that week, None where account_master has not landed.
    """

    catalogue: Catalogue
    data_month: dt.date
    figures: pl.DataFrame
    classes: pl.DataFrame
    funnel: pl.DataFrame
    controls: pl.DataFrame
    verdicts: pl.DataFrame
    profiles: pl.DataFrame
    labels: pl.DataFrame | None = None
    reach: pl.DataFrame | None = None

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.figures)

    @cached_property
    def main(self) -> Population | None:
        """The population that the verdict is about; None where nobody was judged."""
        known = {one.name: one for one in self.ledger.populations}
        return known.get(HEADLINE) or next(iter(known.values()), None)

    @cached_property
    def incumbent(self) -> str:
        """The candidate that the verdict is against; tiers where no verdict was tried."""
        return tiers.AS_THEY_ARE if self.main is None else self.incumbent_of(self.main.name)

    def incumbent_of(self, population: str) -> str:
        """The candidate that segments are judged against in a population; where none is, that of the verdict."""
        for asked in (population, None if self.main is None else self.main.name):
            row = self._decided.get(asked)
            if row is not None:
                return str(row["versus"])
        return tiers.AS_THEY_ARE

    @property
    def incumbent_title(self) -> str:
        """The same in words."""
        return self.ledger.title(self.incumbent)

    @property
    def incumbent_apart(self) -> bool:
        """Whether this month's 95 % interval alone tells segments from the incumbent."""
        if self.main is None:
            return False
        return apart(self.ledger.difference(self.main.name, SEGMENTS, self.incumbent, AUC)) != 0

    @cached_property
    def hardest(self) -> str | None:
        """The rule that ranks the verdict's population best, the incumbent maybe; None where none was judged."""
        if self.main is None:
            return None
        found = {one: self.ledger.figure(self.main.name, one, AUC) for one in INCUMBENTS}
        ranked = {name: told.value for name, told in found.items() if told is not None}
        return max(ranked, key=lambda name: ranked[name], default=None)

    @cached_property
    def deciding(self) -> dict[str, Any] | None:
        """The row of the verdict, or of its monitoring; None where there is none."""
        return None if self.main is None else self._decided.get(self.main.name)

    @cached_property
    def _decided(self) -> dict[str | None, dict[str, Any]]:
        return {row["population"]: row for row in self.verdicts.filter(pl.col("deciding")).to_dicts()}

    @property
    def as_of(self) -> dt.date | None:
        """The Monday at which accounts were ranked."""
        return self.figures["as_of"][0] if self.figures.height else None

    @property
    def trained_on(self) -> Sequence[dt.date]:
        """The Mondays whose outcomes rates were learned from, ascending."""
        return sorted(self.figures["trained_on"][0]) if self.figures.height else []

    @property
    def version(self) -> str:
        """The definitions that were judged."""
        return str(self.figures["definition_version"][0]) if self.figures.height else "none"

    def classes_of(self, population: str, candidate: str = SEGMENTS) -> list[dict[str, Any]]:
        """The classes of a candidate, the one with the highest expected rate first."""
        own = self.classes.filter(pl.col("population") == population, pl.col("candidate") == candidate)
        return own.sort("rank").to_dicts()


def month_words(month: dt.date) -> str:
    """`April 2026`."""
    return f"{month:%B %Y}"


def day_words(day: dt.date) -> str:
    """`27 April 2026`."""
    return f"{day.day} {day:%B %Y}"
