"""Score a week on Spark, of any size: codes by SQL where the accounts lie, texts batch by batch.

Belongs here: the same as score.py for a week that outgrows one machine, through Spark Connect. Does not: the SQL
(segmentation/sql/codes.py), the session (resources/spark.py), what is read (week_reads.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import polars as pl

from resources.lakehouse import Lakehouse
from resources.spark import SparkTables, spark_schema
from seg_assets.catalogs.model import TIER
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.labels import NO_LABELS, Labels
from seg_assets.segmentation.overridden import with_overrides
from seg_assets.segmentation.sql.codes import codes_sql
from seg_assets.segmentation.sql.held_codes import remembered_names, remembered_sql
from seg_assets.steps.arrow_batches import gathered, spark_arrow
from seg_assets.steps.inputs import WeekToScore
from seg_assets.steps.overrides import week_overrides
from seg_assets.steps.score import Scored, known_accounts, refuse_incomplete
from seg_assets.steps.week_reads import SNAPSHOTS, WeekReads, week_reads
from seg_assets.tier_schemas import ACCOUNT_TIERS

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    Batches = Iterator[pa.RecordBatch]

ROWS_AT_ONCE = 65_536
"""Engines hand over some thousands of rows at a time; texts are cheaper for many."""
ACCOUNTS, EARLIER = "accounts_to_score", "accounts_remembered"


def score_week_on_spark(
    tables: SparkTables,
    lakehouse: Lakehouse,
    task: WeekToScore,
    segmentation: Segmentation,
    hold_weeks: int,
    labels: Labels = NO_LABELS,
) -> Scored:
    """Assign and store one week as `score_week` does, every account alike.

    Raises RuntimeError, with nothing stored, where the scores would not be one row an account, and pyspark's
    PythonException where an account has no segment.
    """
    reads = week_reads(lakehouse, task.week, segmentation, hold_weeks, labels)
    accounts = _accounts(tables, lakehouse, task, segmentation, hold_weeks, reads)
    _refuse_doubled(tables, lakehouse, task, accounts)
    types = {**reads.columns, **({} if reads.tiers_of is None else {TIER: pl.String()})}
    types |= dict.fromkeys(remembered_names(hold_weeks), pl.Int32())
    accounts.createOrReplaceTempView(ACCOUNTS)
    codes = tables.session.sql(codes_sql(segmentation, labels, ACCOUNTS, types, hold_weeks))
    overrides = week_overrides(lakehouse, task.week, known_accounts(lakehouse, task.week, reads), segmentation, labels)
    telling = _telling(segmentation, labels, hold_weeks, task, overrides.patch)
    scores = codes.mapInArrow(telling, spark_schema(SEGMENT_SCORES))
    tables.replace(SEGMENT_SCORES, lakehouse.uri(SEGMENT_SCORES.name), scores, task.week)
    rows, held, counts = _stored(tables, lakehouse, task, labels)
    return Scored(rows, held, reads.landed, counts, reads.tiers_of, reads.unanswered, overrides.told)


def _accounts(
    tables: SparkTables,
    lakehouse: Lakehouse,
    task: WeekToScore,
    segmentation: Segmentation,
    hold_weeks: int,
    reads: WeekReads,
) -> DataFrame:
    """The week's accounts with all that codes are made of: features, tier, where they were near to before."""
    from pyspark.sql import functions as f

    snapshots = tables.scan(lakehouse.uri(SNAPSHOTS))
    accounts = snapshots.filter(f.col("snapshot_date") == f.lit(task.week)).select(*reads.columns)
    if reads.tiers_of is not None:
        tiers = tables.scan(lakehouse.uri(ACCOUNT_TIERS.name)).filter(f.col("data_month") == f.lit(reads.tiers_of))
        accounts = accounts.join(tiers.select("account_id", TIER), "account_id", "left")
    if not hold_weeks:
        return accounts
    if not reads.landed:
        return accounts.select("*", *(f.lit(None).cast("int").alias(name) for name in remembered_names(hold_weeks)))
    earlier = snapshots.filter(f.col("snapshot_date").isin(*reads.landed))
    columns = [*segmentation.remembered_columns, "snapshot_date"]
    earlier.select(*columns).createOrReplaceTempView(EARLIER)
    types = {name: reads.columns[name] for name in columns}
    remembered = tables.session.sql(remembered_sql(segmentation, EARLIER, types, reads.mondays))
    return accounts.join(remembered, "account_id", "left")


def _refuse_doubled(tables: SparkTables, lakehouse: Lakehouse, task: WeekToScore, accounts: DataFrame) -> None:
    """Ids and joins alone are read; what a batch refuses (an account without a segment) needs no look before."""
    from pyspark.sql import functions as f

    snapshots = tables.scan(lakehouse.uri(SNAPSHOTS))
    expected = snapshots.filter(f.col("snapshot_date") == f.lit(task.week)).count()
    (found,) = accounts.agg(f.count("*").alias("rows"), f.countDistinct("account_id").alias("accounts")).collect()
    refuse_incomplete(task.week, expected, found["rows"], found["accounts"], 0)


def _telling(
    segmentation: Segmentation, labels: Labels, hold_weeks: int, task: WeekToScore, patch: pl.DataFrame
) -> Callable[[Batches], Batches]:
    """What Spark calls with batches of codes, on whatever machine: batches of rows of `segment_scores`.

    patch: the overrides of the week.
    """

    def told(batches: Batches) -> Batches:
        for codes in gathered(batches, ROWS_AT_ONCE):
            by_rule = segmentation.told(codes.lazy(), hold_weeks, labels)
            scores = with_overrides(by_rule, patch).with_columns(
                definition_version=pl.lit(task.definition_version), before_first_model=pl.lit(task.before_first_model)
            )
            frame = scores.select(*SEGMENT_SCORES.schema).collect()
            without = frame.filter(pl.col("segment_id").is_null())["account_id"]
            if len(without):
                raise RuntimeError(f"week {task.week}: no definition holds for accounts {', '.join(without.head(3))}")
            yield from spark_arrow(frame).to_batches()

    return told


def _stored(
    tables: SparkTables, lakehouse: Lakehouse, task: WeekToScore, labels: Labels
) -> tuple[int, int, dict[str, int]]:
    """How many rows the week has now, how many of them are held, and how many have each label."""
    from pyspark.sql import functions as f

    scores = tables.scan(lakehouse.uri(SEGMENT_SCORES.name)).filter(f.col("snapshot_date") == f.lit(task.week))
    asked = {"held": f.col("held")} | {f"label_{n}": f.array_contains("labels", n) for n in labels.names}
    sums = [f.coalesce(f.sum(holds.cast("bigint")), f.lit(0)).alias(name) for name, holds in asked.items()]
    (found,) = scores.agg(f.count("*").alias("rows"), *sums).collect()
    return found["rows"], found["held"], {name: found[f"label_{name}"] for name in labels.names}
