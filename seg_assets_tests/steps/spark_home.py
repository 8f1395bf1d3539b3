"""A lakehouse for scoring on Spark: weeks with odd values, tiers, an override, and what Polars makes of them.

Belongs here: what is scored on pysail and on the JVM alike. Does not: what is asked of it (the tests).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.schemas import SEGMENT_SCORES, account_snapshots
from seg_assets.segmentation import Preprocessor, Reference, Segmentation, fit
from seg_assets.segmentation.labels import Labels
from seg_assets.segmentation.overrides import Override
from seg_assets.steps.inputs import WeekToScore
from seg_assets.steps.overrides import append_override
from seg_assets.steps.score import score_week
from seg_assets.tier_schemas import ACCOUNT_TIERS
from seg_assets_tests.segmentation.label_examples import label
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
MONDAYS = [dt.date(2026, 6, 1) + dt.timedelta(weeks=week) for week in range(5)]
LAST = MONDAYS[-1]
VERSION = "2026-07.1"
LABELS = Labels.of(
    (label("strategic", 10, "tier = 'A'"), label("keen", 20, "visits >= 20 AND visits / orders > 0.5 OR strategic"))
)


def task(week: dt.date = LAST) -> WeekToScore:
    return WeekToScore(week=week, definition_version=VERSION, before_first_model=False)


def accounts_of(monday: dt.date) -> pl.DataFrame:
    """Accounts of whom some are away, with values that are no numbers."""
    frame = population(CATALOGUE, 800, monday=monday, drift=0.2)
    random = np.random.default_rng(monday.toordinal())
    odd = pl.Series(random.random(frame.height) < 0.05)
    value = pl.Series(random.choice([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0], frame.height))
    numbers = [name for name, dtype in frame.schema.items() if dtype == pl.Float64]
    frame = frame.with_columns(pl.when(odd).then(value).otherwise(pl.col(name)).alias(name) for name in numbers)
    return frame.filter(pl.Series(random.random(frame.height) < 0.95))


@dataclass(frozen=True)
class Home:
    """Snapshots, of which one has not landed, tiers, an override; and what Polars makes of the last week."""

    lakehouse: Lakehouse
    segmentation: Segmentation
    wanted: pl.DataFrame

    def scores(self, week: dt.date = LAST) -> pl.DataFrame:
        return self.lakehouse.scan(SEGMENT_SCORES.name, [week]).collect().sort("account_id")


def fitted() -> Segmentation:
    """Definitions with a table of confidence."""
    before, frame = (population(CATALOGUE, 800, monday=monday, drift=0.2) for monday in MONDAYS[:2])
    preprocessor = Preprocessor.fit(frame, CATALOGUE, Reference.fit(frame, CATALOGUE))
    return fit(frame, CATALOGUE, None, None, preprocessor=preprocessor, previous=before)


def stored(folder: Path, segmentation: Segmentation) -> Home:
    """The home below `folder`, its first and last week scored by Polars."""
    lakehouse = Lakehouse(str(folder / "lakehouse"))
    for monday in MONDAYS:
        if monday != MONDAYS[2]:
            lakehouse.replace(account_snapshots(CATALOGUE), accounts_of(monday), monday)
    tiers = pl.DataFrame({"account_id": [f"A{n:07d}" for n in range(0, 900, 3)], "tier": "A"})
    others = [pl.lit(None, dtype).alias(n) for n, dtype in ACCOUNT_TIERS.schema.items() if n not in tiers.columns]
    lakehouse.replace(ACCOUNT_TIERS, tiers.with_columns(others).drop("data_month"), dt.date(2026, 5, 1))
    last = segmentation.segments[-1].segment_id
    since, recorded = MONDAYS[-2], dt.datetime(2026, 6, 23, tzinfo=dt.UTC)
    append_override(lakehouse, Override("A0000007", "set", last, "ada", "a merger", since, LAST, recorded))
    score_week(lakehouse, task(), segmentation, 2, LABELS)
    wanted = lakehouse.scan(SEGMENT_SCORES.name, [LAST]).collect().sort("account_id")
    score_week(lakehouse, task(MONDAYS[0]), segmentation, 2, LABELS)
    return Home(lakehouse, segmentation, wanted)
