"""A lakehouse with a model and scored weeks, put there without a refresh, for assets that come after scoring.

Belongs here: the tables that those assets read. Does not: running them (the tests).
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl

from resources.account_lists import AccountList
from resources.exports import Exports
from resources.lakehouse import Lakehouse
from seg_assets.assets.raw import raw_table
from seg_assets.calendar import mondays
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_MODEL, SEGMENT_PROFILES, SEGMENT_SCORES, TIMESTAMP, account_snapshots
from seg_assets.segmentation import Preprocessor, Reference, Segmentation, fit
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue(
    first_month="2026-06-01",
    indices=[
        {
            "name": "activity",
            "title": "activity",
            "words": {"low": "quiet", "high": "busy"},
            "features": ["visits", "orders"],
        }
    ],
)
PARTITIONS = Partitions(CATALOGUE.first_month)
JULY, VERSION = dt.date(2026, 7, 1), "2026-07.1"
WEEKS = mondays(dt.date(2026, 7, 6), dt.date(2026, 7, 20))
ACCOUNTS = 3_000


class ScoredHome:
    """A home in the folder `home`, and the tables of its lakehouse."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.lakehouse = Lakehouse(str(home / "lakehouse"))

    def fill(self) -> None:
        """3,000 accounts and ten more each week, scored on all WEEKS by one model of July."""
        table = account_snapshots(CATALOGUE)
        people = population(CATALOGUE, ACCOUNTS + 10 * len(WEEKS), monday=WEEKS[0]).select(table.schema.names())
        segmentation = _fitted(people)
        for number, week in enumerate(WEEKS):
            frame = people.head(ACCOUNTS + 10 * number).with_columns(snapshot_date=week)
            self.lakehouse.replace(table, frame, week)
            self._score(segmentation, week)
        self._store_model(segmentation)

    def _score(self, segmentation: Segmentation, week: dt.date) -> None:
        """Score a week by the model; account A0000000 has a label."""
        frame = self.lakehouse.scan("account_snapshots", [week])
        label = pl.when(pl.col("account_id") == "A0000000").then(pl.lit(["new_trial"])).otherwise(pl.col("labels"))
        scores = segmentation.assign(frame).with_columns(
            labels=label, definition_version=pl.lit(VERSION), before_first_model=pl.lit(False)
        )
        missing = [pl.lit(None, dtype).alias(n) for n, dtype in SEGMENT_SCORES.schema.items()]
        absent = set(SEGMENT_SCORES.schema) - set(scores.collect_schema())
        filled = scores.with_columns(one for one in missing if one.meta.output_name() in absent)
        self.lakehouse.replace(SEGMENT_SCORES, filled.select(SEGMENT_SCORES.schema.names()), week)

    def accounts(self, week: dt.date) -> pl.DataFrame:
        """The week's scores, sorted by account."""
        return self.lakehouse.scan("segment_scores", [week]).sort("account_id").collect()

    def land_master(self, week: dt.date, family: int = 3, **changes: pl.Expr) -> None:
        """Accounts with parents in families of `family`, who all agree to everything but for `changes`."""
        ids = self.accounts(week).select("account_id")
        numbers = pl.col("account_id").str.slice(1).cast(pl.Int64)
        parent = pl.format("A{}", (numbers - numbers % family).cast(pl.String).str.zfill(7))
        frame = ids.with_columns(
            account_name=pl.format("{} Ltd", "account_id"),
            parent_account_id=parent,
            status=pl.lit("active"),
            email_consent=pl.lit(True),
            ads_consent=pl.lit(True),
            sales_contactable=pl.lit(True),
            owner=pl.lit(None, pl.String),
        ).with_columns(**changes)
        self.lakehouse.replace(raw_table(CATALOGUE, "account_master"), frame, week)

    def land_conversions(self, last: dt.date, converted: pl.DataFrame | None = None) -> None:
        """A week of conversions for every Monday up to `last`; converted: account_id, qualified_at of some."""
        table = raw_table(CATALOGUE, "pipeline_conversions")
        rows = pl.DataFrame(schema=table.schema) if converted is None else converted
        for week in mondays(dt.date(2026, 6, 1), last):
            day = pl.col("qualified_at")
            part = rows.filter(day >= week - dt.timedelta(7), day < week).select("account_id", "qualified_at")
            self.lakehouse.replace(table, part.with_columns(snapshot_date=week), week)

    def materialize(
        self, asset: dg.AssetsDefinition, partition: dt.date, config: dict[str, object] | None = None
    ) -> dg.ExecuteInProcessResult:
        """One asset of one partition, as a run in the home would."""
        name = asset.key.path[-1]
        return dg.materialize(
            [asset],
            partition_key=partition.isoformat(),
            resources={
                "lakehouse": self.lakehouse,
                "exports": Exports(str(self.home / "exports")),
                "suppressed": AccountList(str(self.home / "suppressed.csv"), "reason"),
                "contacted": AccountList(str(self.home / "contacted.csv"), "contacted_on"),
            },
            run_config={"ops": {name: {"config": config}}} if config else {},
            raise_on_error=False,
        )

    def _store_model(self, segmentation: Segmentation) -> None:
        row = dict.fromkeys(SEGMENT_MODEL.schema) | {
            "definition_version": VERSION,
            "trained_on": WEEKS[0],
            "fitted_at": dt.datetime(2026, 7, 1, tzinfo=dt.UTC),
            "segmentation": segmentation.to_json(),
        }
        self.lakehouse.replace(
            SEGMENT_MODEL, pl.DataFrame([row], schema={**SEGMENT_MODEL.schema, "fitted_at": TIMESTAMP}), JULY
        )
        told = [
            dict.fromkeys(SEGMENT_PROFILES.schema)
            | {"segment_id": one.segment_id, "conversion_rate": 0.1 * (n + 1), "definition_version": VERSION}
            for n, one in enumerate(segmentation.segments)
        ]
        self.lakehouse.replace(SEGMENT_PROFILES, pl.DataFrame(told, schema=SEGMENT_PROFILES.schema), JULY)


def why_failed(result: dg.ExecuteInProcessResult) -> str:
    """What the asset raised."""
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    data = failed.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return str(data.user_failure_data.description)
    return str(data.error)


def _fitted(people: pl.DataFrame) -> Segmentation:
    preprocessor = Preprocessor.fit(people, CATALOGUE, Reference.fit(people, CATALOGUE))
    return fit(people, CATALOGUE, None, None, preprocessor=preprocessor)
